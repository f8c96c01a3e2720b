"""JSON documents, alone or one after the other: rows are objects, columns the paths around them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from pydantic import Field

from tieout.formats.fields import Names
from tieout.formats.grid import Flaw, Grid
from tieout.formats.layouts.base import Recognised
from tieout.formats.layouts.tree import (
    ErrorAnswer,
    Node,
    Row,
    TreeLayout,
    grid_of,
    too_large,
)
from tieout.formats.results import FileRefused
from tieout.formats.source import SEND_AGAIN, Source
from tieout.kernel.errors import Place

MAX_DEPTH = 64
_SPACE = re.compile(r"[ \t\n\r]*")
_LOOKED_AT = 50


class JsonLayout(TreeLayout):
    """One JSON document, or several, each on its line (NDJSON); lists on the way are gone through.

    `rows`, `instead` and `errors` are paths from the root; `.` is the root itself. Items of a list
    inside a row are columns such as `details/0/amount`. `marks` are columns of which one of the
    words must be found in a row; the file is then certain to be of the format. Numbers are kept as
    they are written.
    """

    type: Literal["json"]
    marks: dict[str, Names] = Field(default_factory=dict)

    @cached_property
    def _root_step(self) -> "_Step":
        root = _Step()
        for path in self.rows:
            root.at(path).is_row = True
        for path in self.instead:
            root.at(path).is_instead = True
        for error in self.errors:
            root.at(error.path).errors.append(error)
        return root

    def recognise(self, head: Source, format_id: str) -> Recognised | None:
        """The columns of the first rows; certain where they have the marks of the format."""
        del format_id
        if head.text.lstrip()[:1] not in ("{", "["):
            return None
        nodes = _Reader(head, self._root_step, is_lenient=True).documents()
        rows = [row for node in nodes for row in self.rows_below(node)][:_LOOKED_AT]
        names = list(dict.fromkeys(name for row in rows for name in row.cells))
        if not self.marks:
            return Recognised(names) if names else None
        for column, words in self.marks.items():
            if any(row.cells.get(column) in words for row in rows):
                return Recognised(names, certain=True, reason=f"its {column!r} is that of {words}")
        return None

    def cut(self, source: Source) -> Iterator[Grid]:
        """The rows of all documents of the file."""
        self.refuse_too_large(source)
        rows: list[Row] = []
        for node in _Reader(source, self._root_step).documents():
            rows += self.rows_below(node)
        yield grid_of(rows, source, [], is_bytes=False)


@dataclass
class _Step:
    """What an object at a path is, and the steps on from it."""

    is_row: bool = False
    is_instead: bool = False
    errors: list[ErrorAnswer] = field(default_factory=list)
    on: dict[str, "_Step"] = field(default_factory=dict)

    def at(self, path: str) -> "_Step":
        step = self
        for name in path.split("/"):
            if name != ".":
                step = step.on.setdefault(name, _Step())
        return step


class _FaultError(Exception):
    """Where and how the text is no JSON."""

    def __init__(self, at: int, found: str) -> None:
        self.at, self.found = at, found
        super().__init__(found)


class _Reader:
    """Goes down the steps by itself and leaves all else to the decoder."""

    def __init__(self, source: Source, root: _Step, *, is_lenient: bool = False) -> None:
        self.source, self.root, self.is_lenient = source, root, is_lenient
        self.text = source.text
        self.size = len(self.text.rstrip())
        self._line, self._line_at = 1, 0
        self._break = "\n" if "\n" in self.text else "\r"
        self._decoder = json.JSONDecoder(
            parse_float=str,
            parse_int=str,
            parse_constant=_no_number,
            object_pairs_hook=_members,
        )

    def documents(self) -> Iterator[Node]:
        """The nodes of all documents. Raises FileRefused (structure, truncated)."""
        at = self._skip(0)
        first = True
        while at < self.size:
            start = at
            nodes: list[Node] = []
            try:
                at = self._value(at, self.root, nodes)
            except _FaultError as fault:
                if self.is_lenient:
                    yield from nodes
                    return
                if first or fault.at >= self.size:
                    raise self._refusal(fault) from fault
                nodes, at = self._flawed(start, fault)
            first = False
            yield from nodes
            at = self._skip(at)

    def _flawed(self, start: int, fault: _FaultError) -> tuple[list[Node], int]:
        """A document that is none, to the end of its line."""
        end = self.text.find(self._break, start)
        end = end if end >= 0 else len(self.text)
        flaw = Flaw("json", f"The line is no JSON: {fault.found}.")
        return [Node(self._line_of(start), start, {}, is_row=True, end=end, flaw=flaw)], end

    def _refusal(self, fault: _FaultError) -> FileRefused:
        if fault.at >= self.size:
            return self.source.truncated("a whole JSON document", fault.found)
        return FileRefused(
            "structure",
            f"The file is no JSON: {fault.found}.",
            remedy=SEND_AGAIN,
            expected="JSON",
            found=fault.found,
            place=Place(self.source.name, line=self._line_of(fault.at)),
        )

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def _line_of(self, at: int) -> int:
        if at < self._line_at:
            return self.text.count(self._break, 0, at) + 1
        self._line += self.text.count(self._break, self._line_at, at)
        self._line_at = at
        return self._line

    def _value(self, at: int, step: _Step, nodes: list[Node]) -> int:
        """Add the nodes of a value that is on the way to rows; where it ends."""
        match self.text[at : at + 1]:
            case "{":
                return self._object(at, step, nodes)
            case "[":
                return self._list(at, step, nodes)
            case _:
                value, end = self._plain(at)
                if value not in ("", None) and (step.is_row or step.is_instead):
                    nodes.append(self._no_object(at, end))
                return end

    def _no_object(self, at: int, end: int) -> Node:
        flaw = Flaw("json", "The row is no JSON object.")
        return Node(self._line_of(at), at, {}, is_row=True, end=end, flaw=flaw)

    def _plain(self, at: int) -> tuple[object, int]:
        try:
            return self._decoder.raw_decode(self.text, at)
        except json.JSONDecodeError as error:
            is_open = error.msg.startswith("Unterminated")
            raise _FaultError(self.size if is_open else error.pos, error.msg) from error
        except RecursionError:
            raise too_large(self.source, f"at most {MAX_DEPTH} nested values", "more") from None
        except ValueError as error:
            raise _FaultError(at, str(error)) from error

    def _list(self, at: int, step: _Step, nodes: list[Node]) -> int:
        at = self._skip(at + 1)
        if self.text[at : at + 1] == "]":
            return at + 1
        while True:
            if self.text[at : at + 1] == "[":
                value, end = self._plain(at)
                if value:
                    nodes.append(self._no_object(at, end))
            else:
                end = self._value(at, step, nodes)
            at, is_end = self._next(end, "]")
            if is_end:
                return at

    def _object(self, at: int, step: _Step, nodes: list[Node]) -> int:
        node = Node(self._line_of(at), at, {})
        try:
            node.end = self._fill(node, at, step)
        except _FaultError:
            if not self.is_lenient:
                raise
            node.end = self.size
        node.is_row = step.is_row or (step.is_instead and not node.kids)
        node.judge(step.errors)
        if node.is_row or node.kids:
            nodes.append(node)
        return node.end

    def _fill(self, node: Node, at: int, step: _Step) -> int:
        """Read an object's members into its node; where it ends."""
        at = self._skip(at + 1)
        if self.text[at : at + 1] == "}":
            return at + 1
        seen: set[str] = set()
        while True:
            key, at = self._plain(at)
            at = self._skip(at)
            if not isinstance(key, str) or self.text[at : at + 1] != ":":
                raise _FaultError(at, "a member without a name")
            if key in seen:
                raise _FaultError(at, f"the member {key!r} twice")
            seen.add(key)
            at = self._skip(at + 1)
            if key in step.on and self.text[at : at + 1] in ("{", "["):
                at = self._value(at, step.on[key], node.kids)
            else:
                value, at = self._plain(at)
                self._flatten(node.own, key, value, 1)
            at, is_end = self._next(at, "}")
            if is_end:
                return at

    def _next(self, at: int, closing: str) -> tuple[int, bool]:
        """Where the next item starts, or where the list or object ends."""
        at = self._skip(at)
        mark = self.text[at : at + 1]
        if mark == closing:
            return at + 1, True
        if mark != ",":
            raise _FaultError(at, f"no comma or {closing} where one should be")
        return self._skip(at + 1), False

    def _flatten(self, cells: dict[str, str], path: str, value: object, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise too_large(self.source, f"at most {MAX_DEPTH} nested values", "more")
        if isinstance(value, dict):
            for name, inner in value.items():
                self._flatten(cells, f"{path}/{name}", inner, depth + 1)
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                self._flatten(cells, f"{path}/{number}", inner, depth + 1)
        elif value is not None:
            cells[path] = value if isinstance(value, str) else str(value).lower()
        else:
            cells.setdefault(path, "")


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no number of JSON")


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member twice")
    return members
