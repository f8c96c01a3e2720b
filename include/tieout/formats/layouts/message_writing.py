"""Rows -> interchanges of X12 and EDIFACT, by templates of segments."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby

from tieout.formats.fields import Strict
from tieout.formats.layouts.base import Content
from tieout.formats.layouts.message_cells import number_of, text_of
from tieout.formats.results import CannotWrite, Fact

_PLACE = re.compile(r"\{([^{}]+)\}")
_GROUP = re.compile(r"<([^<>]+)>")
_ELEMENTS, _COMPONENTS, _ENDS = "*|^\x1d\x1c", ">:<\x1f", "~'\n\x1e"
_USUAL = ("*", ">", "~")
LONGEST_PARTY = {"x12": 15, "edifact": 35}
"""How many characters an envelope has for who sends and who receives (ISA06, UNB 0010)."""


class Outgoing(Strict):
    """How rows are written: segments with the cells to be filled in, as `BEG*00*SA*{BEG03}`.

    Elements are separated as in the standard's examples (`*` in X12, `+` and `:` in EDIFACT).
    `header` starts a message, wherever a cell of it is another than in the row before; `row` is
    written for each row, `summary` at the end, with `{count}` rows and `{sum NAME}` of a cell over
    them. A segment whose cells are all blank is left out, and so is a part of one between `<` and
    `>`. `group` and `version` are those of the envelope (GS01 and GS08, or what UNH says after the
    type), `sender_id` is who we are there.
    """

    version: str
    sender_id: str
    group: str = ""
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"
    usage: str = "P"
    header: tuple[str, ...]
    row: tuple[str, ...]
    summary: tuple[str, ...] = ()

    def messages(self, content: Content) -> Iterator[list[str]]:
        """The segments of each message as templates that are filled in, without those around."""
        wanted = sorted(_names((*self.header, *self.summary)))
        rows = [
            {name: texts[index] for name, texts in content.cells.items() if texts[index]}
            for index in range(content.size)
        ]
        known = _names((*self.header, *self.row, *self.summary))
        if lost := {name for row in rows for name in row} - known:
            raise CannotWrite(
                f"{content.format_id} has no place for {min(lost)!r}.",
                remedy="Leave it out, or add it to the words of `write`.",
                format=content.format_id,
            )
        for _, group in groupby(rows, key=lambda row: [row.get(name) for name in wanted]):
            yield self._filled(list(group))

    def _filled(self, rows: Sequence[Mapping[str, str]]) -> list[str]:
        totals = {**rows[0], "count": str(len(rows))}
        for name in _names(self.summary):
            if name.startswith("sum "):
                parts = (number_of(row.get(name.removeprefix("sum "), "")) for row in rows)
                totals[name] = text_of(sum((part for part in parts if part), Decimal(0)))
        segments = [_fill(template, rows[0]) for template in self.header]
        segments += [_fill(template, row) for row in rows for template in self.row]
        segments += [_fill(template, totals) for template in self.summary]
        return [segment for segment in segments if segment]


def _names(templates: Sequence[str]) -> set[str]:
    return {name for template in templates for name in _PLACE.findall(template)}


_OPEN, _CLOSE = "\ue000", "\ue001"
"""Around what is filled in, so that it is told from the separators of the template."""


def _fill(template: str, cells: Mapping[str, str]) -> str:
    template = _GROUP.sub(
        lambda found: found[1] if any(cells.get(name) for name in _PLACE.findall(found[1])) else "",
        template,
    )
    names = _PLACE.findall(template)
    if names and not any(cells.get(name) for name in names):
        return ""
    return _PLACE.sub(lambda found: f"{_OPEN}{cells.get(found[1], '')}{_CLOSE}", template)


_VALUE = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")


def render_x12(words: Outgoing, content: Content, kind: str) -> bytes:
    """An interchange with one group. Its separators are such as occur in no text of it."""
    messages = list(words.messages(content))
    texts = "".join(value for each in messages for text in each for value in _VALUE.findall(text))
    element, component, end = _free(texts)
    number, receiver, created = _envelope(content, LONGEST_PARTY["x12"])
    group = str(int(number))
    segments = []
    for index, message in enumerate(messages, 1):
        control = f"{index:04d}"
        body = [_x12_segment(text, element) for text in message]
        segments += [
            element.join(("ST", kind, control)),
            *body,
            element.join(("SE", str(len(body) + 2), control)),
        ]
    if messages:
        stamp = [created.strftime("%Y%m%d"), created.strftime("%H%M%S")]
        opens = ["GS", words.group, words.sender_id, receiver, *stamp, group, "X", words.version]
        segments = [
            element.join(opens),
            *segments,
            element.join(("GE", str(len(messages)), group)),
        ]
    isa = (
        *("ISA", "00", " " * 10, "00", " " * 10),
        *(words.sender_qualifier, f"{words.sender_id:<15}"),
        *(words.receiver_qualifier, f"{receiver:<15}"),
        *(created.strftime("%y%m%d"), created.strftime("%H%M"), "U", words.version[:5].zfill(5)),
        *(number, "0", words.usage, component),
    )
    closes = ("IEA", "1" if messages else "0", number)
    whole = [element.join(isa), *segments, element.join(closes)]
    return "".join(f"{segment}{end}" for segment in whole).encode("utf-8")


def _free(texts: str) -> tuple[str, str, str]:
    """The first element and component separators and terminator that occur in no text."""
    found = []
    for candidates in (_ELEMENTS, _COMPONENTS, _ENDS):
        free = [each for each in candidates if each not in texts]
        if not free:
            raise CannotWrite(
                "The texts contain every character that could separate them.",
                remedy="Take the control characters out of the texts.",
            )
        found.append(free[0])
    return found[0], found[1], found[2]


def _x12_segment(text: str, element: str) -> str:
    parts = _VALUE.sub(lambda found: found[1].replace("*", _OPEN), text).split("*")
    return element.join(part.replace(_OPEN, "*") for part in parts).rstrip(element)


def render_edifact(words: Outgoing, content: Content, kind: str) -> bytes:
    """An interchange of syntax UNOC version 3, with the usual separators."""
    number, receiver, created = _envelope(content, LONGEST_PARTY["edifact"])
    number = str(int(number))
    messages = list(words.messages(content))
    segments = []
    for index, message in enumerate(messages, 1):
        body = [_edifact_segment(text) for text in message]
        control = str(index)
        segments += [
            f"UNH+{control}+{kind}:{words.version}",
            *body,
            f"UNT+{len(body) + 2}+{control}",
        ]
    parties = f"{_released(words.sender_id)}:{words.sender_qualifier}"
    parties += f"+{_released(receiver)}:{words.receiver_qualifier}"
    stamp = created.strftime("%y%m%d:%H%M")
    whole = [
        f"UNB+UNOC:3+{parties}+{stamp}+{number}",
        *segments,
        f"UNZ+{len(messages)}+{number}",
    ]
    return ("UNA:+.? '" + "".join(f"{segment}'" for segment in whole)).encode("utf-8")


def _edifact_segment(text: str) -> str:
    filled = _VALUE.sub(lambda found: _released(found[1]), text)
    return re.sub(r"(?<!\?)((?:\?\?)*)[+:]+$", r"\1", filled)


def _released(text: str) -> str:
    return re.sub(r"([?+:'])", r"?\1", text)


def _envelope(content: Content, longest: int) -> tuple[str, str, datetime]:
    """The control number (9 digits), the receiver (so long at most) and the moment in UTC."""
    number = _fact(content, "control_no")
    receiver = content.facts.get("receiver_id") or _fact(content, "vendor_id")
    created = _fact(content, "created_at")
    if not str(number).isdigit() or len(str(number)) > 9:
        raise CannotWrite("A control number has at most 9 digits.", remedy="Give another one.")
    if len(str(receiver)) > longest or not str(receiver).isascii():
        raise CannotWrite(
            f"The envelope has no place for the receiver's id {receiver!r}.",
            remedy=f"Give one of at most {longest} letters and digits.",
        )
    if not isinstance(created, datetime):
        raise CannotWrite("The moment is no timestamp.", remedy="Give one in `created_at`.")
    return str(number).zfill(9), str(receiver), created.astimezone(UTC)


def _fact(content: Content, name: str) -> Fact:
    found = content.facts.get(name)
    if found is None:
        raise CannotWrite(f"{content.format_id} needs the fact {name!r}.", remedy="Give it.")
    return found
