"""The sheets of an Excel workbook (.xlsx, ISO/IEC 29500) as rows of text, hardened and bounded."""

import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from tieout.formats.containers import LIMITS
from tieout.formats.layouts.xml_safe import Element, elements
from tieout.formats.results import FileRefused
from tieout.formats.source import CHUNK, SEND_AGAIN, Source, kept
from tieout.kernel.errors import Place

WORKBOOK = "xl/workbook.xml"
FREE_CELLS = 5_000_000
"""How many cells, blank ones included, a sheet may have; one more for each byte beyond."""
MAX_TEXTS = 64 * 1024 * 1024
"""How many bytes the texts that cells share have at most; they are held in memory."""
MAX_COLUMNS, MAX_ROWS = 16_384, 1_048_576
_RELATIONS = "xl/_rels/workbook.xml.rels"
_STRINGS, _STYLES = "xl/sharedStrings.xml", "xl/styles.xml"
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError),
)
_REFERENCE = re.compile(r"([A-Z]{1,3})\d*", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,15}", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,20})?([eE][+-]?\d{1,3})?", re.ASCII)
_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
"""The built-in number formats that are dates or times."""
_NOT_CODE = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_DAY_ZERO, _DAY_ZERO_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001
_LAST_DAY = 2_958_466
_TRUE, _FALSE = "TRUE", "FALSE"


@dataclass(frozen=True)
class Row:
    """A row by its number in the sheet (1 for the first), with its cells from the first column."""

    number: int
    cells: list[str]


@dataclass
class Workbook:
    """A workbook's parts, and its sheets by name in their order (those hidden left out)."""

    source: Source
    parts: zipfile.ZipFile
    sheets: Mapping[str, str]
    zero: datetime

    def rows(self, sheet: str) -> Iterator[Row]:
        """The rows of a sheet that are not blank.

        Dates are ISO text, numbers have a point and no needless digits. Raises FileRefused.
        """
        texts, dates = self._texts(), self._dates()
        part = self._part(self.sheets[sheet])
        most = left = max(FREE_CELLS, len(part.data))
        before = width = 0
        for element in elements(part, [("sheetData", "row")]):
            if element.name != "row":
                continue
            said = element.attributes.get("r", "")
            number = int(said) if said.isdecimal() and len(said) <= 7 else before + 1
            cells = self._cells(element, texts, dates)
            width = max(width, len(cells))
            left -= width
            if not before < number <= MAX_ROWS:
                raise _refused(self.source, "structure", "rows in their order", f"row {number}")
            if left < 0:
                found = f"more up to row {number}"
                raise self.source.too_large(f"at most {most:,} cells in a sheet", found)
            before = number
            if any(cells):
                yield Row(number, cells)

    def _cells(self, row: Element, texts: Sequence[str], dates: Sequence[bool]) -> list[str]:
        cells: list[str] = []
        for cell in row.all("c"):
            found = _REFERENCE.fullmatch(cell.attributes.get("r", ""))
            column = _column(found[1]) if found else len(cells)
            if not len(cells) <= column < MAX_COLUMNS:
                raise _refused(self.source, "structure", "cells in their order", f"row {row.line}")
            cells += [""] * (column - len(cells))
            cells.append(self._text(cell, texts, dates))
        return cells

    def _text(self, cell: Element, texts: Sequence[str], dates: Sequence[bool]) -> str:
        value = cell.at("v")
        match cell.attributes.get("t", "n"):
            case "s":
                known = value.isdecimal() and len(value) < 10 and int(value) < len(texts)
                return texts[int(value)] if known else value
            case "inlineStr":
                return _rich(cell.first("is"))
            case "b":
                return _TRUE if value == "1" else _FALSE
            case "n":
                style = cell.attributes.get("s", "")
                known = style.isdecimal() and len(style) < 10 and int(style) < len(dates)
                return self._number(value, is_date=known and dates[int(style)])
            case _:
                return value

    def _number(self, value: str, *, is_date: bool) -> str:
        """A number with the 15 digits that spreadsheet programs show, or a day, or both."""
        if not _NUMBER.fullmatch(value):
            return value
        number = float(value)
        if is_date and 0 <= number < _LAST_DAY:
            moment = self.zero + timedelta(seconds=round(number * 86_400))
            return moment.isoformat() if moment.time() != self.zero.time() else f"{moment:%Y-%m-%d}"
        if _WHOLE.fullmatch(value):
            return value
        text = f"{Decimal(f'{number:.15g}'):f}" if abs(number) < 1e18 else value
        return text.rstrip("0").rstrip(".") if "." in text else text

    def _texts(self) -> list[str]:
        if _STRINGS not in self.parts.namelist():
            return []
        part = self._part(_STRINGS)
        if len(part.data) > MAX_TEXTS:
            raise self.source.too_large(f"at most {MAX_TEXTS:,} bytes of shared texts", "more")
        found = elements(part, [("sst", "si")])
        return [_rich(each) for each in found if each.name == "si"]

    def _dates(self) -> list[bool]:
        """Of each style of cells, whether its numbers are dates."""
        if _STYLES not in self.parts.namelist():
            return []
        *_, root = elements(self._part(_STYLES), [])
        codes = {
            each.attributes.get("numFmtId", ""): each.attributes.get("formatCode", "")
            for each in root.all("numFmts/numFmt")
        }
        used = [each.attributes.get("numFmtId", "") for each in root.all("cellXfs/xf")]
        return [_is_date(number, codes.get(number)) for number in used]

    def _part(self, name: str) -> Source:
        return _part(self.source, self.parts, name)


def open_workbook(source: Source) -> Workbook:
    """The workbook in the bytes of a file.

    Raises FileRefused: structure where it is none, too-large where more than from any packed file
    would come out of it.
    """
    try:
        parts = zipfile.ZipFile(source.stream())
    except _BROKEN as error:
        raise _refused(source, "structure", "a workbook (.xlsx)", str(error)) from error
    size = sum(each.file_size for each in parts.infolist())
    allowed = LIMITS.allowed(len(source.data))
    if size > allowed:
        raise source.too_large(f"at most {allowed:,} bytes unpacked", f"{size:,}")
    if WORKBOOK not in parts.namelist():
        raise _refused(source, "structure", f"a part {WORKBOOK}", "none")
    *_, book = elements(_part(source, parts, WORKBOOK), [])
    *_, relations = elements(_part(source, parts, _RELATIONS), [])
    targets = {
        each.attributes.get("Id", ""): each.attributes.get("Target", "")
        for each in relations.all("Relationship")
    }
    sheets = {
        each.attributes.get("name", ""): _path(targets.get(each.attributes.get("id", ""), ""))
        for each in book.all("sheets/sheet")
        if each.attributes.get("state", "visible") == "visible"
    }
    is_1904 = book.at("workbookPr/@date1904") in {"1", "true"}
    return Workbook(source, parts, sheets, _DAY_ZERO_1904 if is_1904 else _DAY_ZERO)


def _path(target: str) -> str:
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _part(source: Source, parts: zipfile.ZipFile, name: str) -> Source:
    try:
        with parts.open(name) as stream:
            data = kept(iter(partial(stream.read, CHUNK), b""))
    except KeyError as error:
        raise _refused(source, "structure", f"a part {name}", "none") from error
    except _BROKEN as error:
        raise _refused(source, "truncated", f"a whole part {name}", str(error)) from error
    return Source(f"{source.name}!{name}", data, source.sha256, len(data))


def _refused(source: Source, reason: str, expected: str, found: str) -> FileRefused:
    return FileRefused(
        reason,
        "The workbook cannot be read.",
        remedy=SEND_AGAIN,
        expected=expected,
        found=found,
        place=Place(source.name),
    )


def _rich(element: Element | None) -> str:
    """A text, whose parts may have formats of their own; phonetic hints are left out."""
    if element is None:
        return ""
    parts = [*element.all("t"), *element.all("r/t")]
    return "".join("".join(part.texts) for part in parts)


def _column(letters: str) -> int:
    """The index of a column: 0 for A, 26 for AA."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def _is_date(number: str, code: str | None) -> bool:
    if code is None:
        return number.isdecimal() and len(number) < 10 and int(number) in _DATES
    return bool(re.search("[ymdhs]", _NOT_CODE.sub("", code.lower().split(";")[0])))
