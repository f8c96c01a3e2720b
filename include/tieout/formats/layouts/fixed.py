"""Records of a fixed width: fields by their place, kinds of record by a tag at the start."""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Literal

from pydantic import Field, model_validator

from tieout.formats.facts import facts_from
from tieout.formats.fields import FactRecord, FieldSpec, Strict
from tieout.formats.grid import Flaw, Grid, Record, grid_of_records
from tieout.formats.layouts.base import Content, Layout, Recognised
from tieout.formats.results import CannotWrite, Fact
from tieout.formats.source import Source
from tieout.formats.texts import fact_cells
from tieout.kernel.errors import Place

_ROWS_TOGETHER = 20_000


class FixedRecord(Strict):
    """A kind of record: its tag (blank where all records are rows) and its columns.

    `columns` gives for each the character at which it starts (the first of the line is 1) and how
    many it has.
    """

    tag: str = ""
    columns: dict[str, tuple[int, int]]

    @model_validator(mode="after")
    def _apart(self) -> "FixedRecord":
        end = len(self.tag)
        for name, (start, length) in sorted(self.columns.items(), key=lambda each: each[1]):
            if start <= end or length < 1:
                raise ValueError(f"column {name!r} lies over what is before it")
            end = start + length - 1
        return self

    @property
    def width(self) -> int:
        """How many characters the record has."""
        return max(start + length - 1 for start, length in self.columns.values())

    def cells(self, line: str) -> dict[str, str]:
        """The texts of a line by column, without the blanks around them."""
        return {
            name: line[start - 1 : start - 1 + length].strip()
            for name, (start, length) in self.columns.items()
        }


class FixedFacts(FixedRecord):
    """A record before or after all rows: its cells are facts, by the names of `fields`."""

    fields: tuple[FieldSpec, ...]


class FixedLayout(Layout):
    """Records of a fixed width.

    `header` and `trailer` hold facts. What `heads` say stands beside the rows that follow, as
    `TAG.name` (an order, then its lines). `right` columns are written at the right of their place,
    `zeros` too, filled up with zeros. The first row must match `looks` (a pattern by column), where
    no header names the format. Blanks at the end of a line may be missing.
    """

    type: Literal["fixed"]
    rows: FixedRecord
    heads: tuple[FixedRecord, ...] = ()
    header: FixedFacts | None = None
    trailer: FixedFacts | None = None
    right: tuple[str, ...] = ()
    zeros: tuple[str, ...] = ()
    looks: dict[str, str] = Field(default_factory=dict)
    final_newline: Literal["required", "optional"] = "optional"

    @model_validator(mode="after")
    def _told_apart(self) -> "FixedLayout":
        others = [*self.heads, *filter(None, (self.header, self.trailer))]
        tags = [record.tag for record in [self.rows, *others]]
        if others and (not all(tags) or len(set(tags)) < len(tags)):
            raise ValueError("several kinds of record need a tag each")
        if self.header is None and not self.looks:
            raise ValueError("without a header that names the format, `looks` must be stated")
        return self

    @property
    def around(self) -> tuple[FactRecord, ...]:
        """Header and trailer."""
        found = filter(None, (self.header, self.trailer))
        return tuple(FactRecord(tag=record.tag, fields=record.fields) for record in found)

    @property
    def names(self) -> list[str]:
        """All columns of a row, those of its heads included."""
        heads = [f"{head.tag}.{name}" for head in self.heads for name in head.columns]
        return [*heads, *self.rows.columns]

    def recognise(self, head: Source, format_id: str) -> Recognised | None:
        """Certain where the header names the format; else by the first record's tag and looks."""
        first = next((line for line in head.lines if line.strip()), "").rstrip("\r\n")
        if self.header is not None:
            said = self.header.cells(first).get("format") if self._is(first, self.header) else None
            reason = "its first record names the format"
            return Recognised(self.names, True, reason) if said == format_id else None
        record = self._record_of(first)
        if record is None or len(first) > record.width:
            return None
        cells = record.cells(first)
        looked = [re.fullmatch(look, cells.get(name, "")) for name, look in self.looks.items()]
        if not all(looked):
            return None
        return Recognised(self.names, reason="its first record looks like one of the format")

    def _is(self, line: str, record: FixedRecord) -> bool:
        return line.startswith(record.tag)

    def _record_of(self, line: str) -> FixedRecord | None:
        """What kind of record a line is, the longest tag first; header and trailer are none."""
        kinds = sorted([self.rows, *self.heads], key=lambda record: -len(record.tag))
        return next((record for record in kinds if self._is(line, record)), None)

    def cut(self, source: Source) -> Iterator[Grid]:
        """The rows, some thousands at a time; the trailer's facts with the last.

        Raises FileRefused (structure, truncated) where header or trailer are not in their place.
        """
        if self.final_newline == "required" and source.data[-1:] not in {b"\r", b"\n"}:
            raise source.truncated("the last line ends with a line break", "it does not")
        facts: dict[str, Fact] = {}
        rows = self._rows(source, facts)
        batch = list(islice(rows, _ROWS_TOGETHER))
        while following := list(islice(rows, _ROWS_TOGETHER)):
            yield grid_of_records(batch)
            batch = following
        grid = grid_of_records(batch)
        grid.facts = facts
        yield grid

    def _rows(self, source: Source, facts: dict[str, Fact]) -> Iterator[Record]:
        """The rows in their order; what header and trailer say is added to `facts`."""
        beside: dict[str, str] = {}
        opened = self.header is None
        closed = False
        for number, line in _lines(source):
            if closed:
                raise source.misplaced(number, "nothing after the trailer", "a record")
            if not opened:
                facts |= self._facts(self.header, line, number, source)
                opened = True
            elif self.trailer is not None and self._is(line, self.trailer):
                facts |= self._facts(self.trailer, line, number, source)
                closed = True
            elif (head := self._head_of(line)) is not None:
                said = head.cells(line)
                beside |= {f"{head.tag}.{name}": text for name, text in said.items()}
            else:
                yield self._row(line, number, beside)
        if self.trailer is not None and not closed:
            raise source.truncated(f"a trailer record {self.trailer.tag!r}", "none")

    def _facts(
        self, record: FixedFacts | None, line: str, number: int, source: Source
    ) -> dict[str, Fact]:
        if record is None or not self._is(line, record):
            wanted = f"a record {record.tag!r} first" if record else "a header"
            raise source.misplaced(number, wanted, repr(line[:10]))
        place = Place(source.name, line=number)
        return facts_from(record.fields, record.cells(line), place, f"Record {record.tag!r}")

    def _head_of(self, line: str) -> FixedRecord | None:
        found = self._record_of(line)
        return None if found is self.rows else found

    def _row(self, line: str, number: int, beside: dict[str, str]) -> Record:
        if not self._is(line, self.rows):
            reason = f"{line[: len(self.rows.tag)]!r} is no type of record here."
            return Record({}, number, line, Flaw("record-type", reason))
        width = self.rows.width
        if line[width:].strip():
            reason = f"The row has {len(line)} characters, not {width}."
            return Record({}, number, line, Flaw("row-width", reason))
        return Record(self.rows.cells(line) | beside, number, line)

    def render(self, content: Content) -> bytes:
        """Header, heads where what they say changes, rows, trailer.

        Raises CannotWrite for a text that is longer than its place.
        """
        lines: list[str] = []
        facts = {"format": content.format_id, **content.facts}
        if self.header is not None:
            lines.append(self._fact_line(self.header, facts))
        before: dict[str, dict[str, str]] = {}
        for row in range(content.size):
            cells = {name: texts[row] for name, texts in content.cells.items()}
            for head in self.heads:
                said = {name: cells.get(f"{head.tag}.{name}", "") for name in head.columns}
                if before.get(head.tag) != said:
                    lines.append(self._line(head, said))
                    before[head.tag] = said
            lines.append(self._line(self.rows, cells))
        if self.trailer is not None:
            lines.append(self._fact_line(self.trailer, facts))
        return "".join(f"{line}\n" for line in lines).encode("utf-8")

    def _fact_line(self, record: FixedFacts, facts: Mapping[str, Fact]) -> str:
        texts = fact_cells(FactRecord(tag=record.tag, fields=record.fields), facts)[1:]
        names = [each.alternatives[0] for each in record.fields]
        return self._line(record, dict(zip(names, texts, strict=True)))

    def _line(self, record: FixedRecord, cells: Mapping[str, str]) -> str:
        line = record.tag
        for name, (start, length) in sorted(record.columns.items(), key=lambda each: each[1]):
            line = line.ljust(start - 1) + self._placed(name, cells.get(name, ""), length)
        return line

    def _placed(self, name: str, text: str, length: int) -> str:
        if len(text) > length or len(text.splitlines()) > 1:
            raise CannotWrite(
                f"{text!r} does not fit {name}, which has {length} characters.",
                remedy="Shorten the text, or send this order another way.",
            )
        if name in self.zeros:
            return text.zfill(length) if text else " " * length
        return text.rjust(length) if name in self.right else text.ljust(length)


def _lines(source: Source) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with their numbers, without line breaks."""
    text: Sequence[str] | io.TextIOWrapper = io.TextIOWrapper(
        source.stream(), encoding="utf-8", newline=""
    )
    for number, line in enumerate(text, 1):
        if line.strip():
            yield number, line.rstrip("\r\n")
