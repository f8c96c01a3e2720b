"""ANSI ASC X12: interchanges of functional groups of transaction sets."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Literal

from tieout.formats.layouts.base import Content
from tieout.formats.layouts.interchange import InterchangeLayout
from tieout.formats.layouts.message_writing import Outgoing, render_x12
from tieout.formats.layouts.segments import (
    Envelopes,
    Level,
    Segment,
    Separators,
    cut_segments,
)
from tieout.formats.results import Fact
from tieout.formats.source import Source

LEVELS = (
    Level("interchange", "ISA", "IEA", 13),
    Level("group", "GS", "GE", 6),
    Level("set", "ST", "SE", 2),
)
_ISA_ELEMENTS = 16
_ISA_LONGEST = 200
_MOMENTS = (("%Y%m%d%H%M%S", 14), ("%Y%m%d%H%M", 12), ("%y%m%d%H%M", 10))


class X12Layout(InterchangeLayout):
    """ASC X12 in any version: `messages` are transaction sets by their number.

    The separators are those that each ISA shows: its fourth character, its eleventh element (a
    repetition separator where it is no letter or digit) and what follows its sixteenth. Components
    are not cut: none of the retail sets needs them, and texts contain their separator.
    """

    type: Literal["x12"]

    @property
    def ties(self) -> tuple[str, ...]:
        """What files of the layout say of themselves that must be so."""
        return ("counts and control numbers of ISA, GS and ST as stated",)

    @property
    def standard(self) -> str:
        """What the standard is called."""
        return "X12"

    def separators(self, source: Source) -> Separators | None:
        """Those of the first ISA."""
        text = source.text.lstrip()
        if not text.startswith("ISA"):
            return None
        declared = _declared(source, text, 0, True, strict=False)
        return declared[0] if declared else None

    def segments(self, source: Source) -> Iterator[Segment]:
        """The segments of a file."""
        return cut_segments(source, partial(_declared, strict=True), "IEA")

    def envelopes(self, source: Source) -> Envelopes:
        """ISA, GS and ST; TA1 stands outside of groups."""
        return Envelopes(source, LEVELS, False, lambda st: st.whole(1), frozenset({"TA1"}))

    def header_facts(self, around: Mapping[str, Segment]) -> dict[str, Fact]:
        """Numbers, parties and the moment of the first interchange and group."""
        isa, group = around["ISA"], around.get("GS")
        facts: dict[str, Fact] = {
            "control_no": isa.whole(13),
            "sender_id": isa.whole(6),
            "receiver_id": isa.whole(8),
            "created_at": moment(isa.whole(9) + isa.whole(10)),
            "usage": isa.whole(15),
        }
        if group is not None:
            stated = moment(group.whole(4) + group.whole(5)[:6])
            facts["created_at"] = stated or facts["created_at"]
            facts |= {"group_control_no": group.whole(6), "version": group.whole(8)}
        return facts

    def rendered(self, words: Outgoing, content: Content) -> bytes:
        """An interchange with one group, a transaction set for each document."""
        return render_x12(words, content, self.messages[0])


def _declared(
    source: Source, text: str, at: int, is_first: bool, *, strict: bool
) -> tuple[Separators, int] | None:
    """The separators of the ISA that starts here; the next segment to be cut is the ISA itself."""
    del is_first
    if not text.startswith("ISA", at):
        return None
    element = text[at + 3 : at + 4]
    stop = at + 3
    for _ in range(_ISA_ELEMENTS - 1):
        stop = text.find(element, stop + 1, at + _ISA_LONGEST) if element else -1
        if stop < 0:
            break
    terminator = text[stop + 2 : stop + 3] if stop >= 0 else ""
    if not terminator or terminator.isalnum() or terminator == " " or element.isalnum():
        if not strict:
            return None
        raise source.misplaced(1, "an ISA of 16 elements and its terminator", repr(text[at:][:40]))
    repetition = text[at:stop].split(element)[11]
    is_mark = len(repetition) == 1 and not repetition.isalnum() and repetition != " "
    marks = Separators(element, terminator, None, repetition if is_mark else None)
    return marks, at


def moment(text: str) -> datetime | None:
    """A date with a time as X12 and EDIFACT write them, taken as UTC; None for other text."""
    for pattern, size in _MOMENTS:
        if len(text) == size and text.isascii() and text.isdigit():
            try:
                return datetime.strptime(text, pattern).replace(tzinfo=UTC)
            except ValueError:
                return None
    return None
