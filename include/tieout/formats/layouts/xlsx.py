"""One sheet of an Excel workbook, read in the words of delimited text."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.grid import Grid
from tieout.formats.layouts.base import Recognised
from tieout.formats.layouts.delimited import DelimitedLayout
from tieout.formats.layouts.delimited_words import DelimitedWords
from tieout.formats.layouts.sheets import WORKBOOK, Row, open_workbook
from tieout.formats.results import FileRefused
from tieout.formats.source import Source
from tieout.kernel.errors import Place


class XlsxLayout(DelimitedWords):
    """The sheet of that name, or else the first that is not hidden.

    A row's line is its number in the sheet. Dates are ISO text whatever their format on the screen,
    numbers have a decimal point. Where there are other sheets the fact `other_sheets` names them.
    A workbook that is larger than `max_mebibytes` when unpacked is refused.
    """

    type: Literal["xlsx"]
    sheet: str | None = None
    max_mebibytes: int = 64

    @property
    def binary(self) -> bool:
        """A workbook is a zip of several parts."""
        return True

    def recognise(self, head: Source, format_id: str) -> Recognised | None:
        """The column names of the sheet; None where the file is no workbook."""
        if not head.raw.startswith(b"PK") or WORKBOOK.encode() not in head.raw:
            return None
        try:
            text, _, _ = self._as_text(head)
        except FileRefused:
            return None
        return self._delimited().recognise(text, format_id)

    def cut(self, source: Source) -> Iterator[Grid]:
        """The rows of the sheet."""
        text, numbers, others = self._as_text(source)
        for grid in self._delimited().cut(text):
            grid.raws = _raws(grid, text)
            grid.lines = numbers.take(pc.subtract(grid.lines, 1))
            if others:
                grid.facts["other_sheets"] = ", ".join(others)
            yield grid

    @property
    def by_line(self) -> bool:
        """A workbook has no lines."""
        return False

    def corrected(self, source: Source, texts: Mapping[int, str]) -> Iterator[bytes]:
        """A workbook is not written: its sender has to correct it. Raises FileRefused."""
        raise FileRefused(
            "structure",
            "Single rows of a workbook cannot be corrected.",
            remedy="Ask the sender for a corrected workbook.",
            expected="a file of text",
            found=f"a workbook with {len(texts)} rows to correct",
            place=Place(source.name, line=min(texts, default=None)),
        )

    def _delimited(self) -> DelimitedLayout:
        words = {name: getattr(self, name) for name in DelimitedWords.model_fields}
        return DelimitedLayout(type="delimited", **words)

    def _as_text(self, source: Source) -> tuple[Source, pa.Int64Array, list[str]]:
        """The sheet as delimited text, the row of each line of it, and the other sheets."""
        book = open_workbook(source, self.max_mebibytes)
        name = self.sheet or next(iter(book.sheets), "")
        if name not in book.sheets:
            raise source.misplaced(None, f"a sheet {self.sheet or 'that is not hidden'}", "none")
        lines: list[str] = []
        numbers: list[int] = []
        width = 0
        for row in book.rows(name):
            width = max(width, len(row.cells))
            lines += ["\n"] * (row.number - 1 - (numbers[-1] if numbers else 0))
            numbers += range((numbers[-1] if numbers else 0) + 1, row.number)
            text = self._line(row, width)
            lines.append(text)
            numbers += [row.number] * text.count("\n")
        data = "".join(lines).encode()
        text_source = Source(source.name, data, source.sha256, source.size)
        return (
            text_source,
            pa.array(numbers, pa.int64()),
            [each for each in book.sheets if each != name],
        )

    def _line(self, row: Row, width: int) -> str:
        """A row as delimited text, as wide as those above it: sheets leave out blank cells."""
        cells = [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row.cells]
        out = io.StringIO(newline="")
        writer = csv.writer(
            out, delimiter=self.delimiter, quotechar=self.quoteChar, lineterminator="\n"
        )
        writer.writerow(cells + [""] * (width - len(cells)))
        return out.getvalue()


def _raws(grid: Grid, text: Source) -> list[str]:
    """The rows as lines of delimited text."""
    starts = grid.lines.to_pylist()
    ends = [*starts[1:], (grid.trailer_line or len(text.lines) + 1)]
    return [
        "".join(text.lines[start - 1 : end - 1]).rstrip("\n")
        for start, end in zip(starts, ends, strict=True)
    ]
