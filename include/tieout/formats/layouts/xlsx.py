"""One sheet of an Excel workbook, read in the words of delimited text."""

import csv
import io
from array import array
from collections.abc import Iterator, Mapping, MutableSequence, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Literal, overload

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.grid import Grid
from tieout.formats.layouts.base import Recognised
from tieout.formats.layouts.delimited import DelimitedLayout
from tieout.formats.layouts.delimited_words import DelimitedWords
from tieout.formats.layouts.sheets import WORKBOOK, Row, open_workbook
from tieout.formats.layouts.windows import texts_of_lines
from tieout.formats.results import FileRefused
from tieout.formats.source import CHUNK, Source, kept
from tieout.kernel.errors import Place

_LOOKED_AT = 200


class XlsxLayout(DelimitedWords):
    """The sheet of that name, or else the first that is not hidden.

    A row's line is its number in the sheet. Dates are ISO text whatever their format on the screen,
    numbers have a decimal point. Where there are other sheets the fact `other_sheets` names them.
    A workbook out of which too much comes is refused as any packed file is; the texts that its
    cells share have at most 64 MiB.
    """

    type: Literal["xlsx"]
    sheet: str | None = None

    @property
    def binary(self) -> bool:
        """A workbook is a zip of several parts."""
        return True

    def recognise(self, head: Source, format_id: str) -> Recognised | None:
        """The column names of the sheet; None where the file is no workbook."""
        if not head.raw.startswith(b"PK") or WORKBOOK.encode() not in head.raw:
            return None
        try:
            text, _, _ = self._as_text(head, most=_LOOKED_AT)
        except FileRefused:
            return None
        return self._delimited().recognise(text, format_id)

    def cut(self, source: Source) -> Iterator[Grid]:
        """The rows of the sheet."""
        text, numbers, others = self._as_text(source)
        for grid in self._delimited().cut(text):
            grid.raws = _Raws(text, replace(grid))
            grid.lines = numbers.take(pc.subtract(grid.lines, 1))
            if grid.trailer_line is not None:
                grid.trailer_line = numbers[grid.trailer_line - 1].as_py()
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

    def _as_text(
        self, source: Source, most: int | None = None
    ) -> tuple[Source, pa.Int64Array, list[str]]:
        """A sheet (of its rows the first `most`) as delimited text, and the other sheets.

        The numbers are those of the sheet's rows, for each line of the text.
        """
        book = open_workbook(source)
        name = self.sheet or next(iter(book.sheets), "")
        if name not in book.sheets:
            raise source.misplaced(None, f"a sheet {self.sheet or 'that is not hidden'}", "none")
        numbers = array("q")
        data = kept(self._texts(islice(book.rows(name), most), numbers))
        text_source = Source(source.name, data, source.sha256, source.size)
        others = [each for each in book.sheets if each != name]
        return text_source, pa.array(numbers, pa.int64()), others

    def _texts(self, rows: Iterator[Row], numbers: MutableSequence[int]) -> Iterator[bytes]:
        """Rows as delimited text, as wide as those above them: sheets leave out blank cells.

        `numbers` fills with the row of each line.
        """
        out = io.StringIO(newline="")
        writer = csv.writer(
            out, delimiter=self.delimiter, quotechar=self.quoteChar, lineterminator="\n"
        )
        before = width = 0
        for row in rows:
            width = max(width, len(row.cells))
            out.write("\n" * (row.number - 1 - before))
            numbers.extend(range(before + 1, row.number))
            cells = [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row.cells]
            writer.writerow(cells + [""] * (width - len(cells)))
            before = row.number
            numbers.extend([before] * (1 + sum(cell.count("\n") for cell in cells)))
            if out.tell() > CHUNK:
                yield _emptied(out)
        yield _emptied(out)


def _emptied(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode()


class _Raws(Sequence[str]):
    """The rows of a grid as lines of delimited text, cut when one of them is asked for."""

    def __init__(self, text: Source, grid: Grid) -> None:
        self._text, self._grid = text, grid

    @cached_property
    def _texts(self) -> list[str]:
        return list(texts_of_lines(self._text, self._grid, range(len(self._grid.lines))))

    def __len__(self) -> int:
        return len(self._grid.lines)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        return self._texts[index]
