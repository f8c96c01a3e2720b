"""What JSON and XML share: which parts of a tree are rows, and how a row gets all its columns."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import overload

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
MEBIBYTE = 1_048_576
PARENT = "../"
LOCAL_ZONE = "local zone"
MAX_PARTED = 500


@dataclass(slots=True)
class Node:
    """A part of the tree that is a row or holds rows (`kids`); `own` are its other values.

    `start` and `end` are where it stands in the file, `line` the physical line of its start.
    """

    line: int
    start: int
    own: dict[str, str]
    is_row: bool = False
    end: int = 0
    flaw: Flaw | None = None
    about: Sequence[str] = ()
    kids: list["Node"] = field(default_factory=list)

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
        return Flaw("partner-error", f"The partner answers: {' '.join(said.split())}")


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
    column says that there is no value. `parts` take a text apart. `local_zone` adds a column. A
    file of more than `max_mebibytes` is refused.
    """

    rows: Names
    instead: Names = ()
    errors: tuple[ErrorAnswer, ...] = ()
    local_zone: LocalZone | None = None
    missing: dict[str, Names] = Field(default_factory=dict)
    parts: tuple[Parts, ...] = ()
    max_mebibytes: int = 64

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

    def refuse_too_large(self, source: Source) -> None:
        """Raises FileRefused (too-large) above the bound."""
        if len(source.data) > self.max_mebibytes * MEBIBYTE:
            found = f"{len(source.data):,} bytes"
            raise too_large(source, f"at most {self.max_mebibytes} MiB", found)


def _rows_of(node: Node, inherited: Mapping[str, str]) -> Iterator[Row]:
    cells = {**inherited, **node.own}
    if node.is_row:
        yield Row(node, cells)
    if node.kids:
        said = ((name, text) for name, text in cells.items() if name != LOCAL_ZONE)
        carried = {f"{PARENT}{name}": text for name, text in said}
        for kid in node.kids:
            yield from _rows_of(kid, carried)


class Slices(Sequence[str]):
    """The texts of rows, cut out of the file when they are asked for."""

    def __init__(self, source: Source, nodes: Sequence[Node], *, is_bytes: bool) -> None:
        self._source, self._nodes, self._is_bytes = source, nodes, is_bytes

    def __len__(self) -> int:
        return len(self._nodes)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self._cut(node) for node in self._nodes[index]]
        return self._cut(self._nodes[index])

    def _cut(self, node: Node) -> str:
        if self._is_bytes:
            return bytes(self._source.data[node.start : node.end]).decode("utf-8", "replace")
        return self._source.text[node.start : node.end]


def grid_of(
    rows: Sequence[Row],
    source: Source,
    checks: list[CheckResult],
    *,
    is_bytes: bool,
    after: int = 0,
) -> Grid:
    """The rows as columns of text, those before them standing up to the line `after`.

    `is_bytes` says that nodes stand at bytes, not characters.

    Raises FileRefused (too-large, partner-error).
    """
    nodes = [row.node for row in rows]
    _refuse_errors_only(nodes, source)
    names = [*filter(_is_text, dict.fromkeys(chain.from_iterable(row.cells for row in rows)))]
    if len(names) * len(rows) > MAX_CELLS:
        raise too_large(source, f"at most {MAX_CELLS:,} cells", f"{len(names) * len(rows):,}")
    flaws = {index: node.flaw for index, node in enumerate(nodes) if node.flaw is not None}
    for index, row in enumerate(rows):
        if not all(map(_is_text, chain(row.cells, row.cells.values()))):
            flaws.setdefault(index, Flaw("text", "The row holds characters that are no text."))
    blank: Mapping[str, str] = {}
    cells = [blank if index in flaws else row.cells for index, row in enumerate(rows)]
    return Grid(
        names=names,
        columns=[pa.array([row.get(name, "") for row in cells], pa.string()) for name in names],
        lines=pa.array(lines_of_their_own([node.line for node in nodes], after), pa.int64()),
        flaws=flaws,
        raws=Slices(source, nodes, is_bytes=is_bytes),
        checks=checks,
    )


def _is_text(text: str) -> bool:
    """Whether it can be stored: no NUL, no half of a surrogate pair."""
    return (text.isascii() and "\0" not in text) or (not text.isascii() and _is_encodable(text))


def _is_encodable(text: str) -> bool:
    try:
        return b"\0" not in text.encode("utf-8")
    except UnicodeEncodeError:
        return False


def _refuse_errors_only(nodes: Sequence[Node], source: Source) -> None:
    said = [node.flaw for node in nodes if node.flaw and node.flaw.rule == "partner-error"]
    if not said or len(said) < len(nodes):
        return
    raise FileRefused(
        "partner-error",
        f"There is no data in the file. {said[0].reason}",
        remedy="Check what was asked for, then ask the partner again.",
        expected="data",
        found=said[0].reason,
        place=Place(source.name, line=nodes[0].line),
    )


def too_large(source: Source, expected: str, found: str) -> FileRefused:
    """The refusal of a file that is larger than its layout can hold."""
    return FileRefused(
        "too-large",
        f"The file is too large: expected {expected}, found {found}.",
        remedy="Ask the partner to split the file.",
        expected=expected,
        found=found,
        place=Place(source.name),
    )
