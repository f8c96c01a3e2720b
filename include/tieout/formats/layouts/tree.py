"""What JSON and XML share: which parts of a tree are rows, and how a row gets all its columns."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, islice

import pyarrow as pa
from pydantic import Field

from tieout.formats.fields import Names, Strict
from tieout.formats.grid import Flaw, Grid, lines_of_their_own
from tieout.formats.layouts.base import Layout
from tieout.formats.layouts.replacing import with_texts
from tieout.formats.place_zones import zone_of_place
from tieout.formats.results import CheckResult, FileRefused
from tieout.formats.source import Source
from tieout.kernel.errors import Place

MAX_CELLS = 50_000_000
ROWS_AT_ONCE = 5_000
ERROR = "partner-error"
PARENT = "../"
LOCAL_ZONE = "local zone"
MAX_PARTED = 500


@dataclass(slots=True)
class Node:
    """A part of the tree that is a row or holds rows (`kids`); `own` are its other values.

    `line` is the physical line of its start, `raw` a row's text, or the bytes of the file that it
    takes.
    """

    line: int
    own: dict[str, str]
    is_row: bool = False
    raw: str | tuple[int, int] = ""
    flaw: Flaw | None = None
    about: Sequence[str] = ()
    kids: list["Node"] = field(default_factory=list)

    def text(self, source: Source) -> str:
        """A row as it stands in the file."""
        if isinstance(self.raw, str):
            return self.raw
        start, end = self.raw
        return bytes(source.data[start:end]).decode("utf-8", "replace")

    def judge(self, errors: Iterable["ErrorAnswer"]) -> None:
        """Make it a flawed row where it is one of the partner's errors."""
        for error in errors:
            flaw = error.flaw(self.own)
            if flaw is not None and self.flaw is None:
                self.flaw, self.about, self.is_row = flaw, error.about, True


@dataclass(frozen=True, slots=True)
class Row:
    """A row with the columns carried down to it."""

    node: Node
    cells: dict[str, str]


class ErrorAnswer(Strict):
    """A part of the tree by which the partner says why it has no data.

    It is one where each column in `when` has one of its words, or starts with a `beginning*`
    (without regard to case). `code` and `text` are the columns with the partner's code and words,
    `about` those with what was asked for, also around it; the first that is not blank counts.
    """

    path: str
    when: dict[str, Names] = Field(default_factory=dict)
    code: Names = ()
    text: Names = ()
    about: Names = ()

    def flaw(self, cells: Mapping[str, str]) -> Flaw | None:
        """What the partner says, or None where this is no error."""
        for column, words in self.when.items():
            if not any(_is_word(cells.get(column, ""), word) for word in words):
                return None
        code, text = first_of(cells, self.code), first_of(cells, self.text)
        if self.code and not code:
            return None
        said = " ".join(filter(None, (code, text)))
        return Flaw(ERROR, f"The partner answers: {' '.join(said.split())}")

    def is_whole(self, cells: Mapping[str, str]) -> bool:
        """Whether a part has both the code and the text of such an error."""
        return bool(first_of(cells, self.code) and first_of(cells, self.text))


def _is_word(text: str, word: str) -> bool:
    text, word = text.casefold(), word.casefold()
    return text.startswith(word[:-1]) if word.endswith("*") else text == word


def first_of(cells: Mapping[str, str], names: Sequence[str]) -> str:
    """The first value of these columns that is not blank; blank where all are."""
    return next((cells[name] for name in names if cells.get(name)), "")


class LocalZone(Strict):
    """The zone of a row's local times, as a column of its own, `local zone`.

    It is what the column `named` says, by `words` where the partner's abbreviations mean one thing;
    else the zone of the place, by the columns with the codes of its `country` (in `home` where
    there is none) and its `region`; else that of `home`.
    """

    named: Names = ()
    words: dict[str, str] = Field(default_factory=dict)
    country: Names = ()
    region: Names = ()
    home: str

    def of(self, cells: Mapping[str, str]) -> str:
        """The zone of a row."""
        named = first_of(cells, self.named).strip()
        if named:
            return self.words.get(named.upper(), named)
        country = first_of(cells, self.country) or self.home
        region = first_of(cells, self.region)
        return zone_of_place(country, region) or zone_of_place(self.home, "")


class Parts(Strict):
    """A column whose text has several values in it.

    Where all of it is as `pattern` says (white space being one blank), each named group is a
    column, unless the row has that already.
    """

    column: str
    pattern: str

    def add_to(self, cells: dict[str, str]) -> None:
        """Add the groups to the columns of a row."""
        text = " ".join(cells.get(self.column, "")[:MAX_PARTED].split())
        found = _compiled(self.pattern).fullmatch(text) if text else None
        for name, value in (found.groupdict() if found else {}).items():
            if value:
                cells.setdefault(name, value)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


class TreeLayout(Layout):
    """A tree of which some parts are rows; steps of a path are parted by `/`.

    A row's columns are the paths from it to each value below it; values of the parts that hold it
    are carried down as `../name`, `../../name`. `rows` are the paths of the rows, `instead` those
    of parts that are rows themselves where they hold none, `errors` the partner's refusals: such a
    row is rejected, and a file with nothing else is refused. `missing` has the words by which a
    column says that there is no value. `parts` take a text apart. `local_zone` adds a column.
    """

    rows: Names
    instead: Names = ()
    errors: tuple[ErrorAnswer, ...] = ()
    local_zone: LocalZone | None = None
    missing: dict[str, Names] = Field(default_factory=dict)
    parts: tuple[Parts, ...] = ()

    @property
    def by_line(self) -> bool:
        """Records are parts of a tree, which may start and end anywhere in a line."""
        return False

    def corrected(self, source: Source, texts: Mapping[int, str]) -> Iterator[bytes]:
        """The file with other texts of the records that start on these lines."""
        return with_texts(source, self.cut(source), texts)

    def rows_below(self, node: Node, inherited: Mapping[str, str] | None = None) -> Iterator[Row]:
        """The rows at and below a node, in the order of the file."""
        for row in _rows_of(node, inherited or {}):
            about = first_of(row.cells, row.node.about)
            if row.node.flaw is not None and about:
                reason = f"{row.node.flaw.reason} (asked for: {about})"
                row.node.flaw = Flaw(row.node.flaw.rule, reason)
            for name, words in self.missing.items():
                if row.cells.get(name) in words:
                    row.cells[name] = ""
            for part in self.parts:
                part.add_to(row.cells)
            if self.local_zone is not None:
                row.cells[LOCAL_ZONE] = self.local_zone.of(row.cells)
            yield row


def _rows_of(node: Node, inherited: Mapping[str, str]) -> Iterator[Row]:
    cells = {**inherited, **node.own}
    if node.is_row:
        yield Row(node, cells)
    if node.kids:
        down = carried(cells)
        for kid in node.kids:
            yield from _rows_of(kid, down)


def carried(cells: Mapping[str, str]) -> dict[str, str]:
    """The cells of a part as those of the parts in it have them."""
    return {f"{PARENT}{name}": text for name, text in cells.items() if name != LOCAL_ZONE}


def grids_of(
    rows: Iterable[Row], source: Source, checks: Callable[[], list[CheckResult]] = list
) -> Iterator[Grid]:
    """The rows as columns of text, some thousands at a time; `checks` are asked for at the end.

    Raises FileRefused: too-large, partner-error where no row is other than the partner's errors.
    """
    found = iter(rows)
    batch = list(islice(found, ROWS_AT_ONCE))
    said = _first_error(batch)
    while following := list(islice(found, ROWS_AT_ONCE)):
        yield _grid_of(batch, source)
        batch = following
        said = said and _first_error(batch) and said
    if said is not None and said.flaw is not None:
        raise _errors_only(source, said.line, said.flaw.reason)
    grid = _grid_of(batch, source)
    grid.checks = checks()
    yield grid


def _grid_of(rows: Sequence[Row], source: Source) -> Grid:
    nodes = [row.node for row in rows]
    names = [*filter(_is_text, dict.fromkeys(chain.from_iterable(row.cells for row in rows)))]
    if len(names) * len(rows) > MAX_CELLS:
        raise source.too_large(f"at most {MAX_CELLS:,} cells", f"{len(names) * len(rows):,}")
    flaws = {index: node.flaw for index, node in enumerate(nodes) if node.flaw is not None}
    for index, row in enumerate(rows):
        if not all(map(_is_text, chain(row.cells, row.cells.values()))):
            flaws.setdefault(index, Flaw("text", "The row holds characters that are no text."))
    blank: Mapping[str, str] = {}
    cells = [blank if index in flaws else row.cells for index, row in enumerate(rows)]
    return Grid(
        names=names,
        columns=[pa.array([row.get(name, "") for row in cells], pa.string()) for name in names],
        lines=pa.array(lines_of_their_own([node.line for node in nodes]), pa.int64()),
        flaws=flaws,
        raws=[node.text(source) for node in nodes],
    )


def _first_error(rows: Sequence[Row]) -> Node | None:
    """The first of the partner's errors, where all rows are such."""
    errors = [row.node for row in rows if row.node.flaw and row.node.flaw.rule == ERROR]
    return errors[0] if errors and len(errors) == len(rows) else None


def _is_text(text: str) -> bool:
    """Whether it can be stored: no NUL, no half of a surrogate pair."""
    return (text.isascii() and "\0" not in text) or (not text.isascii() and _is_encodable(text))


def _is_encodable(text: str) -> bool:
    try:
        return b"\0" not in text.encode("utf-8")
    except UnicodeEncodeError:
        return False


def _errors_only(source: Source, line: int, said: str) -> FileRefused:
    return FileRefused(
        ERROR,
        f"There is no data in the file. {said.rstrip('.')}.",
        remedy="Check what was asked for, then ask the partner again.",
        expected="data",
        found=said,
        place=Place(source.name, line=line),
    )
