"""The segments of a message as named cells: by tag, qualifier and the loops they stand in.

A cell is called by its segment's tag and its element's number (`BEG03`), with the qualifier where
the format says which element is one (`DTM.002.02`, `REF.CN.02`). A composite's first component has
the element's own name, the others add theirs (`QTY.21.01-2`). What stands in a loop is called after
the segment that opens it (`N1.ST/N401`, `NAD.BY/RFF.VA.01-2`). Each further time that a segment or
a loop occurs in one place, its number is added (`MSG01#2`, `N1.ST#2/N401`), and a repetition of one
element adds its own (`BIG03*2`).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from pydantic import Field, model_validator

from tieout.formats.fields import Names, Strict
from tieout.formats.layouts.segments import BLANKS, Segment
from tieout.formats.layouts.time_codes import moment_text, year_first

Cells = dict[str, str]
_MOST_TIMES = 50
"""How often a segment or loop has columns of its own; what follows is joined, a line each."""
_DEEPEST = 8
_DATE = "01-2"
_CODE = re.compile(r"[A-Za-z0-9]{1,4}")
_COMMA = re.compile(r"[+-]?\d*,\d+")
_NUMBER = re.compile(r"[+-]?(\d{1,15}(\.\d{0,6})?|\.\d{1,6})")


class Naming(Strict):
    """How the segments of a message are named.

    `loops` gives, for a segment that opens a loop, the segments that belong to it when they follow.
    `qualifiers` says which elements of a segment tell what it is. `pairs` says from which element
    on a segment has pairs of kind and value, so that `PO1*1*...*UP*0123` has the cell `PO1.UP`;
    `coded` lists the elements that are composites of value and kind (`LIN+1++0123:SRV` has
    `LIN.SRV`), `moments` those with a date, its time and maybe its X12 time code (element 623),
    which `DTM.011.at` has together: `202703041015 America/New_York`.
    `decimals` are segments whose numbers may have a decimal comma, `dated` those of EDIFACT's
    composite of a meaning, a date and the form that the date is written in (C507): it is given
    year first.
    """

    loops: dict[str, Names] = Field(default_factory=dict)
    qualifiers: dict[str, int | tuple[int, ...]] = Field(default_factory=dict)
    pairs: dict[str, int] = Field(default_factory=dict)
    coded: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    moments: dict[str, tuple[int, int] | tuple[int, int, int]] = Field(default_factory=dict)
    decimals: Names = ()
    dated: Names = ()

    @model_validator(mode="after")
    def _no_loop_in_itself(self) -> "Naming":
        if own := [tag for tag, members in self.loops.items() if tag in members]:
            raise ValueError(f"the loop {own[0]!r} cannot contain itself")
        return self

    def cells(self, segments: Sequence[Segment], prefix: str = "") -> Cells:
        """The cells of segments that follow one another in one place."""
        found: dict[str, list[str]] = {}
        times: Counter[str] = Counter()
        stack: list[tuple[str, Names]] = []
        for segment in segments:
            tag = segment.tag
            while stack and tag not in stack[-1][1]:
                stack.pop()
            path = stack[-1][0] if stack else prefix
            own = self._label(segment)
            label = path + own
            times[label] += 1
            again = min(times[label], _MOST_TIMES)
            mark = f"#{again}" if again > 1 else ""
            for name, text in self._kinds(segment):
                taken = f"{path}{name}" in found
                self._put(found, f"{path}{name}{mark if taken else ''}", text)
            if tag in self.moments:
                said = [segment.text(number) for number in self.moments[tag]]
                self._put(found, f"{label}.at{mark}", moment_text(*said))
            for name, text in self._elements(segment, own):
                self._put(found, f"{path}{name}{mark}", text)
            if tag in self.loops and len(stack) < _DEEPEST:
                stack.append((f"{label}{mark}/", self.loops[tag]))
        return {name: "\n".join(texts) for name, texts in found.items()}

    def _label(self, segment: Segment) -> str:
        """The tag with the qualifiers that are codes."""
        codes = [segment.text(number) for number in self._positions(segment.tag)]
        return ".".join([segment.tag, *(code for code in codes if _CODE.fullmatch(code))])

    def _positions(self, tag: str) -> tuple[int, ...]:
        found = self.qualifiers.get(tag, ())
        return (found,) if isinstance(found, int) else found

    def _kinds(self, segment: Segment) -> Iterator[tuple[str, str]]:
        """The cells called after their own kind: pairs, and composites of value and kind."""
        for number in range(self.pairs.get(segment.tag, len(segment) + 1), len(segment), 2):
            kind, value = segment.text(number), segment.whole(number + 1)
            if _CODE.fullmatch(kind) and value:
                yield f"{segment.tag}.{kind}", value
        for number in self.coded.get(segment.tag, ()):
            kind = segment.component(number, 2)
            if _CODE.fullmatch(kind):
                yield f"{segment.tag}.{kind}", segment.text(number)

    def _elements(self, segment: Segment, label: str) -> Iterator[tuple[str, str]]:
        """All other cells; `label` is the segment's tag with its qualifiers."""
        tag = segment.tag
        start = f"{label}." if label != tag else label
        told = set(self._positions(tag)) if label != tag else set()
        first_pair = self.pairs.get(tag, len(segment) + 1)
        for number in range(1, len(segment) + 1):
            name = f"{start}{number:02d}"
            if number >= first_pair:
                if not _is_pair(segment, first_pair, number):
                    yield name, segment.whole(number)
                continue
            kind = segment.component(number, 2) if number in self.coded.get(tag, ()) else ""
            left_out = {name} if number in told else set()
            left_out |= {name, f"{name}-2"} if _CODE.fullmatch(kind) else set()
            form = segment.component(number, 3)
            for part, text in _components(segment, number, name):
                if part not in left_out:
                    is_date = tag in self.dated and part.endswith(_DATE)
                    yield part, year_first(text, form) if is_date else self._plain(tag, text)

    @staticmethod
    def _put(found: dict[str, list[str]], name: str, text: str) -> None:
        if text:
            found.setdefault(name, []).append(text)

    def _plain(self, tag: str, text: str) -> str:
        if tag in self.decimals and _COMMA.fullmatch(text):
            return text.replace(",", ".")
        return text


def _components(segment: Segment, number: int, name: str) -> Iterator[tuple[str, str]]:
    for again, parts in enumerate(segment.element(number), 1):
        mark = f"*{again}" if again > 1 else ""
        for place, part in enumerate(parts, 1):
            yield (f"{name}-{place}{mark}" if place > 1 else f"{name}{mark}"), part.strip(BLANKS)


def _is_pair(segment: Segment, first: int, number: int) -> bool:
    """Whether an element belongs to a pair of kind and value."""
    at = number - (number - first) % 2
    return bool(_CODE.fullmatch(segment.text(at)) and segment.whole(at + 1))


def plain_cells(segments: Sequence[Segment]) -> Cells:
    """The cells of segments that open envelopes, whose elements are taken as they stand."""
    cells: Cells = {}
    for segment in segments:
        for number in range(1, len(segment) + 1):
            name, text = f"{segment.tag}{number:02d}", segment.whole(number)
            if text:
                cells[name] = text
    return cells


def first_of(cells: Mapping[str, str], names: Sequence[str]) -> str:
    """The first cell of these that is not blank, else blank."""
    return next((cells[name] for name in names if cells.get(name)), "")


def number_of(text: str) -> Decimal | None:
    """A number as messages write them (at most 15 digits before the point), None for other text."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def text_of(number: Decimal) -> str:
    """A number without needless zeros."""
    return str(int(number)) if number == int(number) else f"{number.normalize():f}"
