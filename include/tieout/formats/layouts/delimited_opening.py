"""What stands before the rows of delimited text: preamble, header, column names, first summary."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise

from tieout.formats.facts import facts_from, facts_of
from tieout.formats.fields import FieldSpec, normal_name
from tieout.formats.layouts.delimited_words import DelimitedWords
from tieout.formats.results import Fact, FileRefused
from tieout.formats.source import SEND_AGAIN, Source
from tieout.kernel.errors import Place

PREAMBLE_RECORDS = 100
"""Among how many records the line of column names is looked for."""
LINE_CHARACTERS = 16 * 1024 * 1024
"""The longest line, and the longest cell, that is read."""
csv.field_size_limit(LINE_CHARACTERS)


@dataclass(frozen=True)
class Line:
    """A record: the physical line on which it starts, and its cells."""

    line: int
    cells: list[str]


@dataclass(frozen=True)
class Opening:
    """What stands before the rows.

    `names` are those of all cells of a row, a tag's included. The first row starts at byte `at` of
    the data, on physical line `line`. `beside` are columns with the same text in all rows.
    """

    names: list[str]
    at: int
    line: int
    facts: Mapping[str, Fact] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)


class Lines:
    """The physical lines of a file from a byte on; `at` is the byte after the last one given.

    `given` counts them. Raises FileRefused (too-large) for a line that no record can be as long as.
    """

    def __init__(self, source: Source, at: int = 0) -> None:
        self.at, self.given = at, 0
        self._source = source
        self._text = io.TextIOWrapper(source.stream(at), encoding="utf-8", newline="")

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LINE_CHARACTERS)
        if not line:
            raise StopIteration
        if len(line) == LINE_CHARACTERS and line[-1] not in "\r\n":
            raise _too_long(self._source.place(self.at))
        self.at += len(line.encode())
        self.given += 1
        return line


def _too_long(place: Place) -> FileRefused:
    return FileRefused(
        "too-large",
        "A line of the file is longer than any record can be.",
        remedy="Check that this is a file of the format, then ask for it again.",
        expected=f"lines of at most {LINE_CHARACTERS} characters",
        found="a longer one",
        place=place,
    )


def records(
    lines: Iterator[str], words: DelimitedWords, name: str, *, line: int = 1, strict: bool = False
) -> Iterator[Line]:
    """The records of lines, the first of which is `line` of the file; blank lines are left out.

    `strict` refuses quotes that do not close. Raises FileRefused (structure, truncated).
    """
    reader = csv.reader(
        lines,
        delimiter=words.delimiter,
        quotechar=words.quoteChar or None,
        quoting=csv.QUOTE_MINIMAL if words.quoteChar else csv.QUOTE_NONE,
        strict=strict,
    )
    start = line
    try:
        for cells in reader:
            if cells and not (len(cells) == 1 and not cells[0].strip()):
                yield Line(start, cells)
            start = line + reader.line_num
    except csv.Error as error:
        raise FileRefused(
            "truncated" if "end of data" in str(error) else "structure",
            f"The file cannot be cut into cells: {error}.",
            remedy=SEND_AGAIN,
            expected="quotes that open and close",
            found=str(error),
            place=Place(name, line=start),
        ) from error


def has_open_quote(source: Source, words: DelimitedWords, start: int = 0) -> bool:
    """Whether some quote from a byte on does not close, so that cells must be cut strictly."""
    quote = words.quoteChar.encode()
    return bool(quote) and source.count(quote, start) % 2 == 1


def opening_of(source: Source, words: DelimitedWords) -> Opening:
    """What stands before the rows of a file.

    Raises FileRefused (structure) where that is not what the words say.
    """
    reading = _Reading(words, source)
    if words.tagged:
        return reading.tagged()
    return reading.plain()


class _Reading:
    def __init__(self, words: DelimitedWords, source: Source) -> None:
        self.words, self.source = words, source
        self.lines = Lines(source)
        self.seen = 0
        strict = has_open_quote(source, words)
        self.records = records(self._counted(), words, source.name, strict=strict)

    def _counted(self) -> Iterator[str]:
        for line in self.lines:
            self.seen += 1
            yield line

    def tagged(self) -> Opening:
        """Header record and column names."""
        words = self.words
        wanted = [words.header.tag] if words.header else []
        wanted += [words.columns_tag or ""]
        found = list(islice(self.records, len(wanted)))
        if [record.cells[0] for record in found] != wanted:
            tags = f"{[record.cells[0] for record in found]}"
            raise self.source.misplaced(found[0].line, f"records {wanted} first", tags)
        facts: dict[str, Fact] = {}
        if words.header is not None:
            place = Place(self.source.name, line=found[0].line)
            facts = facts_of(words.header, found[0].cells[1:], place)
        return Opening(found[-1].cells, self.lines.at, self.seen + 1, facts)

    def plain(self) -> Opening:
        """Preamble, column names and the first row where that is a summary."""
        words = self.words
        facts: dict[str, Fact] = {}
        beside: dict[str, str] = {}
        names = list(words.column_names)
        if not names:
            header, before = self._header()
            names = _named(header.cells, words)
            facts, beside = _said_before(before, words, self.source.name)
        if (first := words.summary_of("first")) is not None:
            row = next(self.records, None)
            if row is None:
                raise self.source.truncated("a summary in the first row", "no row")
            cells = dict(zip(names, row.cells, strict=False))
            place = Place(self.source.name, line=row.line)
            facts |= facts_from(first.fields, cells, place, "The first row")
            beside |= _texts(first.fields, cells, "summary")
        return Opening(names, self.lines.at, self.seen + 1, facts, beside)

    def _header(self) -> tuple[Line, list[Line]]:
        """The line of column names and what stands before it."""
        before: list[Line] = []
        for record in self.records:
            if self.words.preamble == "none" or _is_header(record, self.words):
                return record, before
            before.append(record)
            if len(before) > PREAMBLE_RECORDS:
                break
        wanted = ", ".join(repr(names[0]) for names in self.words.header_has)
        raise self.source.misplaced(1, f"a line with the columns {wanted}", "none")


def _is_header(record: Line, words: DelimitedWords) -> bool:
    names = set(map(normal_name, record.cells))
    return all(names & set(map(normal_name, wanted)) for wanted in words.header_has)


def _named(cells: Sequence[str], words: DelimitedWords) -> list[str]:
    """The names of the columns, those that come again numbered where the format says so."""
    if words.repeated_columns == "refuse":
        return list(cells)
    times: dict[str, int] = {}
    names = []
    for cell in cells:
        times[normal_name(cell)] = number = times.get(normal_name(cell), 0) + 1
        names.append(cell if number == 1 else f"{cell.strip()}#{number}")
    return names


def _said_before(
    before: Sequence[Line], words: DelimitedWords, name: str
) -> tuple[dict[str, Fact], dict[str, str]]:
    if not words.preamble_fields:
        return {}, {}
    cells = _said_below(before, words)
    for record in before:
        filled = [cell.strip() for cell in record.cells if cell.strip()]
        parted = re.fullmatch(r"([^=:]+)[=:]\s*(.*)", filled[0]) if len(filled) == 1 else None
        if parted:
            filled = [parted[1], parted[2]]
        if len(filled) > 1:
            cells.setdefault(filled[0].rstrip(" :="), filled[1])
    facts = facts_from(words.preamble_fields, cells, Place(name, line=1), "The preamble")
    return facts, _texts(words.preamble_fields, cells, "preamble")


def _said_below(before: Sequence[Line], words: DelimitedWords) -> dict[str, str]:
    """What stands below its name: two lines with as many cells, the first of names that we know."""
    known = {normal_name(name) for each in words.preamble_fields for name in each.alternatives}
    said: dict[str, str] = {}
    for names, texts in pairwise(before):
        is_head = len(known & set(map(normal_name, names.cells))) > 1
        if is_head and len(names.cells) == len(texts.cells):
            said |= dict(zip((name.strip() for name in names.cells), texts.cells, strict=True))
    return said


def _texts(fields: Sequence[FieldSpec], cells: Mapping[str, str], prefix: str) -> dict[str, str]:
    """What the fields are made of, as text, to stand beside the rows."""
    by_name = {normal_name(name): text.strip() for name, text in cells.items()}
    return {
        f"{prefix}.{field.name}": next(
            filter(None, (by_name.get(normal_name(name), "") for name in field.alternatives)), ""
        )
        for field in fields
    }
