"""Rows of cells with a delimiter: with a line of column names, plain or as tagged records."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Literal

from tieout.formats.grid import Grid
from tieout.formats.layouts.base import Content, Recognised
from tieout.formats.layouts.delimited_fast import fast_rows
from tieout.formats.layouts.delimited_opening import (
    Lines,
    has_open_quote,
    opening_of,
    records,
)
from tieout.formats.layouts.delimited_rows import careful_rows
from tieout.formats.layouts.delimited_words import DelimitedWords
from tieout.formats.results import CannotWrite, FileRefused
from tieout.formats.source import Source
from tieout.formats.texts import fact_cells

LARGE_FROM_BYTES = 256 * 1024
"""From what size on a file is cut block by block."""


class DelimitedLayout(DelimitedWords):
    """Delimited text: recognised, read and written."""

    type: Literal["delimited"]

    @property
    def can_write(self) -> bool:
        """Whether there is nothing beside the rows that writing could not say."""
        return not self.summary and self.preamble == "none" and self.short_rows == "bad"

    def recognise(self, head: Source, format_id: str) -> Recognised | None:
        """The column names; certain where the header record names the format."""
        if self.tagged:
            return self._recognise_tagged(head, format_id)
        if self.column_names:
            return self._recognise_looks(head)
        try:
            opening = opening_of(head, self)
        except FileRefused:
            return None
        return Recognised([*opening.names, *opening.beside])

    def _recognise_tagged(self, head: Source, format_id: str) -> Recognised | None:
        try:
            found = list(islice(records(Lines(head), self, ""), 2))
        except FileRefused:
            return None
        if self.header is None or len(found) < 2:
            return None
        if found[0].cells[:2] != [self.header.tag, format_id]:
            return None
        names = found[1].cells[1:]
        return Recognised(names, certain=True, reason="its first record names the format")

    def _recognise_looks(self, head: Source) -> Recognised | None:
        try:
            first = next(records(Lines(head), self, ""), None)
        except FileRefused:
            return None
        if first is None or len(first.cells) != len(self.column_names):
            return None
        cells = dict(zip(self.column_names, first.cells, strict=True))
        if not all(re.fullmatch(look, cells[name].strip()) for name, look in self.looks.items()):
            return None
        return Recognised(self.column_names, reason="its first row looks like one of the format")

    def cut(self, source: Source) -> Iterator[Grid]:
        """The cells by column: of a large file block by block, most at columnar speed."""
        if self.final_newline == "required" and source.data[-1] not in b"\r\n":
            raise source.truncated("the last line ends with a line break", "it does not")
        opening = opening_of(source, self)
        if len(source.data) >= LARGE_FROM_BYTES:
            grids = fast_rows(source, self, opening)
        else:
            odd = has_open_quote(source, self, opening.at)
            grids = careful_rows(source, self, opening, strict=odd)
        for each in grids:
            each.facts = dict(opening.facts) | each.facts
            yield each

    def render(self, content: Content) -> bytes:
        """Column names and rows, between header and trailer where there are such."""
        if not self.can_write:
            raise CannotWrite(
                f"Files of {content.format_id} are only read, not written.",
                remedy="Choose a format that can be written (docs/formats.md says which can).",
                format=content.format_id,
            )
        blank = [""] * content.size
        order = self.column_names or self.header_order
        cells = {name: content.cells.get(name, blank) for name in order}
        if not self.column_names:
            cells |= content.cells
        body = list(zip(*cells.values(), strict=True)) if cells else []
        if not self.tagged:
            return self._as_csv([*([] if self.column_names else [list(cells)]), *body])
        lines: list[Sequence[str]] = []
        if self.header is not None:
            lines.append(fact_cells(self.header, {"format": content.format_id, **content.facts}))
        lines.append([self.columns_tag or "", *cells])
        lines += [(self.rows_tag or "", *row) for row in body]
        if self.trailer is not None:
            lines.append(fact_cells(self.trailer, content.facts))
        return self._as_csv(lines)

    def _as_csv(self, lines: Sequence[Sequence[str]]) -> bytes:
        out = io.StringIO(newline="")
        writer = csv.writer(
            out,
            delimiter=self.delimiter,
            quotechar=self.quoteChar or None,
            quoting=csv.QUOTE_MINIMAL if self.quoteChar else csv.QUOTE_NONE,
            lineterminator="\n",
        )
        try:
            writer.writerows(lines)
        except csv.Error as error:
            raise CannotWrite(
                f"A cell cannot be written: {error}.", remedy="Take the delimiter out of the text."
            ) from error
        return out.getvalue().encode("utf-8")
