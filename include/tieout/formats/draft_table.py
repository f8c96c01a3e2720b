"""A delimited file that nobody described: encoding, delimiter, column names, rows and totals."""

import codecs
import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from charset_normalizer import from_bytes

from tieout.formats.containers import unpacked
from tieout.formats.encodings import NotTextError, guess, transcoded
from tieout.formats.fields import normal_name
from tieout.kernel.errors import Place, TieoutError

LOOKED_AT = 8 * 1024 * 1024
"""How many bytes of the file's start are looked at."""
RECORDS = 5_000
_DELIMITERS = (",", ";", "\t", "|")
_PREAMBLE = 100
_MOST_COLUMNS = 1_000
_LONGEST_NAME = 500
_NARROW = ("cp1252", "iso8859_15", "cp1250", "cp1251", "cp1253", "iso8859_2", "iso8859_7")
_TOTAL = re.compile(
    r"(grand |sub)?-?(totals?|sums?|summe|gesamt|totale?s?|suma|итого)\b.*", re.IGNORECASE
)
_NUMBER_OR_DATE = re.compile(r"[-+(]?[$€£]? ?[\d.,:/ \-]{1,40}[)%]?")


class NotDelimited(TieoutError):  # noqa: N818 (a state, as in FileRefused)
    """A file of which no format can be drafted."""

    slug = "not-delimited"


@dataclass(frozen=True)
class Table:
    """What was found in the start of a file.

    `header_line` is the physical line of the column names, 0 where there are none: then `names`
    are made up. `rows` are as wide as `names`; blank rows and totals are left out. `totals` holds
    the column and the word by which rows of totals are known. `is_whole` says whether all of the
    file was looked at.
    """

    encoding: str
    delimiter: str
    names: list[str]
    rows: list[list[str]]
    header_line: int
    preamble_records: int
    totals: tuple[str, str] | None
    has_short_rows: bool
    is_whole: bool

    @property
    def repeats_names(self) -> bool:
        """Whether two columns have one name."""
        return len(set(map(normal_name, self.names))) < len(self.names)


def table_of(content: bytes | Path, name: str) -> Table:
    """The table in a delimited file, packed or not.

    Raises NotDelimited for a file that has no such table, FileRefused as unpacking does.
    """
    with unpacked(content, name) as stream:
        start = stream.read(LOOKED_AT)
        is_whole = not stream.read(1)
    encoding, text = _decoded(start, name, whole=is_whole)
    if text.lstrip()[:1] in {"{", "[", "<"}:
        raise NotDelimited(
            "This is no delimited text.",
            remedy="Copy a format with the layout json, jsonl or xml and change it.",
            place=Place(name),
        )
    delimiter = _delimiter(text)
    records = list(islice(_records(text, delimiter), RECORDS))
    if not records:
        raise NotDelimited("The file has no rows.", remedy="Take another.", place=Place(name))
    table = _table(records, encoding, delimiter, is_whole=is_whole)
    if len(table.names) > _MOST_COLUMNS or max(map(len, table.names)) > _LONGEST_NAME:
        raise NotDelimited(
            f"The file has {len(table.names)} columns, or a very long line, and is no table.",
            remedy="Ask the partner what it is.",
            place=Place(name),
        )
    return table


def _decoded(start: bytes, name: str, *, whole: bool) -> tuple[str, str]:
    """The encoding by its mark, UTF-8 where it fits, else by how the text looks; and the text."""
    first = guess(start, ("utf-8",))
    for encoding in (*first.encodings, _by_look(start), "cp1252", "iso8859_15"):
        try:
            parts = transcoded(iter([start]), encoding, first.mark, whole=whole)
            return codecs.lookup(encoding).name, b"".join(parts).decode("utf-8")
        except NotTextError:
            continue
    raise NotDelimited(
        "This is no text.", remedy="Ask the partner for a text form.", place=Place(name)
    )


def _by_look(start: bytes) -> str:
    """The narrow encoding in which the text looks most like one; a person must check it."""
    found = list(from_bytes(start[:65_536], cp_isolation=list(_NARROW)))
    least = min((match.chaos for match in found), default=0.0)
    alike = {
        name for match in found if match.chaos == least for name in match.could_be_from_charset
    }
    return next((name for name in _NARROW if name in alike), "cp1252")


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The records that are not blank, each with its first physical line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            trimmed = [cell.strip() for cell in cells]
            if any(trimmed):
                yield line, trimmed
            line = reader.line_num + 1
    except csv.Error:
        return


def _delimiter(text: str) -> str:
    """The one that cuts most records into the same number of cells, and into many."""

    def score(delimiter: str) -> float:
        widths = Counter(len(cells) for _, cells in islice(_records(text, delimiter), RECORDS))
        width, times = max(
            widths.items(), key=lambda each: each[1] * math.log(each[0]), default=(1, 0)
        )
        return times / max(1, widths.total()) * math.log(width)

    return max(_DELIMITERS, key=score)


def _table(
    records: Sequence[tuple[int, list[str]]], encoding: str, delimiter: str, *, is_whole: bool
) -> Table:
    at, width = _header(records)
    names = [f"column_{number + 1}" for number in range(width)] if at is None else records[at][1]
    body = [cells for _, cells in records[0 if at is None else at + 1 :]]
    totals = _totals(names, body)
    rows = [cells for cells in body if not _is_total(names, cells, totals)]
    return Table(
        encoding,
        delimiter,
        names,
        [(cells + [""] * width)[:width] for cells in rows],
        header_line=0 if at is None else records[at][0],
        preamble_records=at or 0,
        totals=totals,
        has_short_rows=any(len(cells) < width for cells in body),
        is_whole=is_whole,
    )


def _header(records: Sequence[tuple[int, list[str]]]) -> tuple[int | None, int]:
    """The index of the column names, None where there are none, and how wide the rows are.

    Rows are as wide as the last one, if most after the names are, else as wide as most are.
    """
    widths = Counter(len(cells) for _, cells in records)
    usual = max(widths, key=lambda each: (widths[each] * math.log(each + 1), each))
    for width in (len(records[-1][1]), usual):
        for index, (_, cells) in enumerate(records[:_PREAMBLE]):
            if len(cells) == width and _is_header(cells):
                alike = sum(len(row) <= width for _, row in records[index + 1 :])
                if alike * 5 >= (len(records) - index - 1) * 4:
                    return index, width
                break
    return None, usual


def _is_header(cells: Sequence[str]) -> bool:
    """Names: words, not numbers or dates, in most cells, each once or almost."""
    named = [cell for cell in cells if cell]
    if any(_NUMBER_OR_DATE.fullmatch(cell) for cell in named):
        return False
    return len(named) * 5 >= len(cells) * 3 and len(set(named)) * 5 >= len(named) * 3


def _totals(names: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[str, str] | None:
    """The column and word that tell rows of totals, where the last row is one."""
    last = rows[-1] if len(rows) > 1 else []
    found = next((index for index, cell in enumerate(last) if _TOTAL.fullmatch(cell)), None)
    if found is None or not any(_NUMBER_OR_DATE.fullmatch(cell) for cell in last if cell):
        return None
    word = re.split(r"[\s:(]", last[found])[0]
    return names[found], word


def _is_total(names: Sequence[str], cells: Sequence[str], totals: tuple[str, str] | None) -> bool:
    if totals is None:
        return False
    column = list(names).index(totals[0])
    return column < len(cells) and cells[column].lower().startswith(totals[1].lower())
