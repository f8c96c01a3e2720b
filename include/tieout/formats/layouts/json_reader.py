"""JSON values as nodes: goes down the paths to the rows, and leaves all else to the decoder."""

import json
import re
from dataclasses import dataclass, field

from tieout.formats.grid import Flaw
from tieout.formats.layouts.tree import ErrorAnswer, Node
from tieout.formats.layouts.windows import Window
from tieout.formats.results import FileRefused
from tieout.formats.source import CHUNK, SEND_AGAIN, Source
from tieout.kernel.errors import Place

MAX_DEPTH = 64
_SPACE = re.compile(r"[ \t\n\r]*")
_BREAK = re.compile(r"[\n\r]")
_NEAR_END = 16
"""An error so near to the end of what is held may come of what is missing there."""


@dataclass
class Step:
    """What an object at a path is, and the steps on from it."""

    is_row: bool = False
    is_instead: bool = False
    errors: list[ErrorAnswer] = field(default_factory=list)
    on: dict[str, "Step"] = field(default_factory=dict)

    def at(self, path: str) -> "Step":
        """The step at a path below this one."""
        step = self
        for name in path.split("/"):
            if name != ".":
                step = step.on.setdefault(name, Step())
        return step


class FaultError(Exception):
    """Where and how the text is no JSON."""

    def __init__(self, at: int, found: str) -> None:
        self.at, self.found = at, found
        super().__init__(found)


class LongError(Exception):
    """More than `Reader.most` characters would have to be held."""


class Reader:
    """Reads values at places in the text that is held, which only `let_go` moves.

    `most` bounds how many characters from `start` on may be held. A lenient reader takes an object
    that is cut off for what there is of it.
    """

    def __init__(
        self, source: Source, root: Step, at: int = 0, line: int = 1, *, is_lenient: bool = False
    ) -> None:
        self.source, self.root, self.is_lenient = source, root, is_lenient
        self.window = Window(source, at, line)
        self.text = self.window.text
        self.start = 0
        self.most: int | None = None
        self._decoder = json.JSONDecoder(
            parse_float=str,
            parse_int=str,
            parse_constant=_no_number,
            object_pairs_hook=_members,
        )

    def document(self, start: int, is_first: bool) -> tuple[list[Node], int]:
        """The nodes of a document, and where it ends; a later one that is none is a flawed row."""
        nodes: list[Node] = []
        try:
            at = self.value(start, self.root, nodes)
        except FaultError as fault:
            if is_first or self.is_end(fault.at):
                raise self.refusal(fault) from fault
            return self._flawed(start, fault)
        return nodes, at

    def place(self, at: int) -> tuple[int, int]:
        """The byte of the file and the physical line of a place."""
        return self.window.at + len(self.text[:at].encode()), self.window.line_at(at)

    def let_go(self, at: int) -> int:
        """Hold no more of what is before a place; where the place is then."""
        if at < CHUNK or self.window.is_end:
            return at
        self.text = self.window.more(at)
        return 0

    def refusal(self, fault: FaultError) -> FileRefused:
        """The refusal of a file that is no JSON."""
        if self.is_end(fault.at):
            return self.source.truncated("a whole JSON document", fault.found)
        return FileRefused(
            "structure",
            f"The file is no JSON: {fault.found}.",
            remedy=SEND_AGAIN,
            expected="JSON",
            found=fault.found,
            place=Place(self.source.name, line=self.window.line_at(fault.at)),
        )

    def is_end(self, at: int) -> bool:
        """Whether there is nothing but white space any more."""
        if self.text[at : at + 1].strip():
            return False
        while not self.text[at:].strip():
            if self.window.is_end:
                return True
            self._hold()
        return False

    def skip(self, at: int) -> int:
        """The place behind white space; there is a character held if there is one."""
        while True:
            found = _SPACE.match(self.text, at)
            at = found.end() if found else at
            if at < len(self.text) or self.window.is_end:
                return at
            self._hold()

    def value(self, at: int, step: Step, nodes: list[Node]) -> int:
        """Add the nodes of a value that is on the way to rows; where it ends."""
        match self.text[at : at + 1]:
            case "{":
                return self._object(at, step, nodes)
            case "[":
                return self._list(at, step, nodes)
            case _:
                value, end = self.plain(at)
                if value not in ("", None) and (step.is_row or step.is_instead):
                    nodes.append(self.no_object(at, end))
                return end

    def no_object(self, at: int, end: int) -> Node:
        """A row that is none."""
        flaw = Flaw("json", "The row is no JSON object.")
        return self._row(Node(self.window.line_at(at), {}, flaw=flaw), at, end)

    def plain(self, at: int) -> tuple[object, int]:
        """A value that is not on the way to rows, and where it ends."""
        while True:
            try:
                value, end = self._decoder.raw_decode(self.text, at)
            except json.JSONDecodeError as error:
                is_open = error.msg.startswith("Unterminated")
                is_near = is_open or error.pos > len(self.text) - _NEAR_END
                if self.window.is_end or not is_near:
                    place = len(self.text) if is_open else error.pos
                    raise FaultError(place, error.msg) from error
            except RecursionError:
                raise self._too_deep() from None
            except ValueError as error:
                raise FaultError(at, str(error)) from error
            else:
                if end < len(self.text) or self.window.is_end:
                    return value, end
            self._hold()

    def key(self, at: int, seen: set[str]) -> tuple[str, int]:
        """The name of a member that starts here, and where its value does."""
        key, at = self.plain(at)
        at = self.skip(at)
        if not isinstance(key, str) or self.text[at : at + 1] != ":":
            raise FaultError(at, "a member without a name")
        if key in seen:
            raise FaultError(at, f"the member {key!r} twice")
        seen.add(key)
        return key, self.skip(at + 1)

    def next(self, at: int, closing: str) -> tuple[int, bool]:
        """Where the next item starts, or where the list or object ends."""
        at = self.skip(at)
        mark = self.text[at : at + 1]
        if mark == closing:
            return at + 1, True
        if mark != ",":
            raise FaultError(at, f"no comma or {closing} where one should be")
        return self.skip(at + 1), False

    def item(self, at: int, step: Step, nodes: list[Node]) -> int:
        """Add the nodes of an item of a list; where it ends."""
        if self.text[at : at + 1] != "[":
            return self.value(at, step, nodes)
        value, end = self.plain(at)
        if value:
            nodes.append(self.no_object(at, end))
        return end

    def flatten(self, cells: dict[str, str], path: str, value: object, depth: int = 1) -> None:
        """Add a value as the cells of the paths in it."""
        if depth > MAX_DEPTH:
            raise self._too_deep()
        if isinstance(value, dict):
            for name, inner in value.items():
                self.flatten(cells, f"{path}/{name}", inner, depth + 1)
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                self.flatten(cells, f"{path}/{number}", inner, depth + 1)
        elif value is not None:
            cells[path] = value if isinstance(value, str) else str(value).lower()
        else:
            cells.setdefault(path, "")

    def _hold(self) -> None:
        """Hold more behind what is held."""
        if self.most is not None and len(self.text) - self.start > self.most:
            raise LongError
        self.text = self.window.more(0)

    def _flawed(self, start: int, fault: FaultError) -> tuple[list[Node], int]:
        """A document that is none, to the end of its line."""
        while (end := _line_end(self.text, start)) < 0 and not self.window.is_end:
            self._hold()
        end = end if end >= 0 else len(self.text)
        flaw = Flaw("json", f"The line is no JSON: {fault.found}.")
        return [self._row(Node(self.window.line_at(start), {}, flaw=flaw), start, end)], end

    def _row(self, node: Node, at: int, end: int) -> Node:
        node.is_row, node.raw = True, self.text[at:end]
        return node

    def _list(self, at: int, step: Step, nodes: list[Node]) -> int:
        at = self.skip(at + 1)
        is_end = self.text[at : at + 1] == "]"
        at += is_end
        while not is_end:
            at, is_end = self.next(self.item(at, step, nodes), "]")
        return at

    def _object(self, at: int, step: Step, nodes: list[Node]) -> int:
        node = Node(self.window.line_at(at), {})
        try:
            end = self._fill(node, at, step)
        except FaultError:
            if not self.is_lenient:
                raise
            end = len(self.text)
        node.is_row = step.is_row or (step.is_instead and not node.kids)
        node.judge(step.errors)
        if node.is_row:
            node.raw = self.text[at:end]
        if node.is_row or node.kids:
            nodes.append(node)
        return end

    def _fill(self, node: Node, at: int, step: Step) -> int:
        """Read an object's members into its node; where it ends."""
        at = self.skip(at + 1)
        is_end = self.text[at : at + 1] == "}"
        at += is_end
        seen: set[str] = set()
        while not is_end:
            key, at = self.key(at, seen)
            if key in step.on and self.text[at : at + 1] in ("{", "["):
                at = self.value(at, step.on[key], node.kids)
            else:
                value, at = self.plain(at)
                self.flatten(node.own, key, value)
            at, is_end = self.next(at, "}")
        return at

    def _too_deep(self) -> FileRefused:
        return self.source.too_large(f"at most {MAX_DEPTH} nested values", "more")


def _line_end(text: str, at: int) -> int:
    found = _BREAK.search(text, at)
    return found.start() if found else -1


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no number of JSON")


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member twice")
    return members
