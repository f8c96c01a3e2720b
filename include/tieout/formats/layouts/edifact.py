"""UN/EDIFACT (ISO 9735): interchanges of messages, with or without functional groups."""

from collections.abc import Iterator, Mapping
from typing import Literal

from tieout.formats.layouts.base import Content
from tieout.formats.layouts.interchange import InterchangeLayout
from tieout.formats.layouts.message_writing import Outgoing, render_edifact
from tieout.formats.layouts.segments import (
    BLANKS,
    Envelopes,
    Level,
    Segment,
    Separators,
    cut_segments,
)
from tieout.formats.layouts.x12 import moment
from tieout.formats.results import Fact
from tieout.formats.source import Source

LEVELS = (
    Level("interchange", "UNB", "UNZ", 5),
    Level("group", "UNG", "UNE", 5),
    Level("message", "UNH", "UNT", 1),
)
_USUAL = ":+.? '"
_PLACES = (0, 1, 3, 4, 5)
"""Where a UNA has the separators; its third character is the decimal mark."""
_UNA_LENGTH = 9
_WITH_REPETITION = ("4", "5", "6", "7", "8", "9")
"""The versions of the syntax (UNB, second component) in which elements can be repeated."""


class EdifactLayout(InterchangeLayout):
    """UN/EDIFACT in any syntax version and directory, EANCOM too: `messages` by their type.

    Each interchange's UNA, where it has one, names its separators.
    """

    type: Literal["edifact"]

    @property
    def ties(self) -> tuple[str, ...]:
        """What files of the layout say of themselves that must be so."""
        return ("counts and references of UNB, UNG and UNH as stated",)

    @property
    def standard(self) -> str:
        """What the standard is called."""
        return "EDIFACT"

    def separators(self, source: Source) -> Separators | None:
        """Those of the first interchange."""
        text = source.text.lstrip()
        if not text.startswith(("UNA", "UNB", "UNH")):
            return None
        declared = _declared(source, text, 0, True)
        return declared[0] if declared else _marks(_USUAL, "")

    def segments(self, source: Source) -> Iterator[Segment]:
        """The segments of a file."""
        return cut_segments(source, _declared, "UNZ")

    def envelopes(self, source: Source) -> Envelopes:
        """UNB, UNG where there is one, and UNH."""
        return Envelopes(source, LEVELS, True, lambda unh: unh.text(2))

    def header_facts(self, around: Mapping[str, Segment]) -> dict[str, Fact]:
        """Numbers, parties and the moment of the first interchange."""
        unb, unh = around["UNB"], around["UNH"]
        return {
            "control_no": unb.text(5),
            "sender_id": unb.text(2),
            "receiver_id": unb.text(3),
            "created_at": moment(unb.component(4, 1) + unb.component(4, 2)),
            "version": unh.component(2, 2) + unh.component(2, 3),
        }

    def rendered(self, words: Outgoing, content: Content) -> bytes:
        """An interchange with a message for each document."""
        return render_edifact(words, content, self.messages[0])


def _declared(source: Source, text: str, at: int, is_first: bool) -> tuple[Separators, int] | None:
    """The separators of an interchange that starts here, and where its first segment starts."""
    if text.startswith("UNA", at):
        characters = text[at + 3 : at + _UNA_LENGTH]
        if len(characters) < _UNA_LENGTH - 3:
            raise source.truncated("a UNA of nine characters", repr(text[at:]))
        start = at + _UNA_LENGTH
        follows = text[start : start + 40].lstrip(BLANKS)
        return _marks(characters, follows), start
    if text.startswith("UNB", at) or (is_first and text.startswith("UNH", at)):
        return _marks(_USUAL, text[at : at + 40]), at
    return None


def _marks(characters: str, unb: str) -> Separators:
    """The separators by the characters of a UNA, and the start of the UNB that follows it."""
    component, element, release, repetition, terminator = (characters[at] for at in _PLACES)
    syntax = unb.split(element)[1:2] if unb.startswith("UNB") else []
    version = syntax[0].split(component)[1:2] if syntax else []
    repeats = bool(version) and version[0].startswith(_WITH_REPETITION)
    return Separators(
        element,
        terminator,
        component,
        (repetition if repetition != " " else "*") if repeats else None,
        release if release != " " else None,
    )
