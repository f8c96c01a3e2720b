"""JSON documents, held piece by piece.

A document up to `WHOLE` characters is read at once; a longer one is gone through twice: for what
stands around the items of its lists, then for these items.
"""

from collections.abc import Generator, Iterator, Mapping

from tieout.formats.layouts.json_reader import FaultError, LongError, Reader, Step
from tieout.formats.layouts.tree import Node, carried
from tieout.formats.source import Source

WHOLE = 4 * 1024 * 1024

Keys = tuple[str, ...]
Cells = Mapping[str, str]
Unit = tuple[Keys, Node]
"""An item of a list, with the keys that lead to the object around it; or an object on the way."""


def documents(source: Source, root: Step) -> Iterator[tuple[Node, Cells]]:
    """The nodes with rows, each with the cells carried down to it.

    Raises FileRefused (structure, truncated, too-large).
    """
    reader = Reader(source, root)
    reader.most = WHOLE
    at = 0
    is_first = True
    while not reader.is_end(at := reader.let_go(reader.skip(at))):
        reader.start = at
        try:
            nodes, at = reader.document(at, is_first)
        except LongError:
            long = _Long(source, root, *reader.place(at))
            yield from long.nodes()
            reader = Reader(source, root, *long.end)
            reader.most, at = WHOLE, 0
        else:
            yield from ((node, {}) for node in nodes)
        is_first = False


def beginning(head: Source, root: Step) -> Iterator[Node]:
    """The nodes with rows as far as the head of a file shows them."""
    reader = Reader(head, root, is_lenient=True)
    at = reader.skip(0)
    while not reader.is_end(at):
        nodes: list[Node] = []
        try:
            at = reader.skip(reader.value(at, root, nodes))
        except FaultError:
            yield from nodes
            return
        yield from nodes


class _Walk(Reader):
    """Goes through a document of any length, of which only an item of a list is held at a time."""

    def __init__(self, source: Source, root: Step, at: int, line: int) -> None:
        super().__init__(source, root, at, line)
        self.around: dict[Keys, Node] = {}
        self.end = (0, 0)
        self._given = 0

    def units(self) -> Iterator[Unit]:
        """The objects on the way where they start, blank, and the nodes of all items.

        Afterwards `around` has what is in these objects besides, and `end` the byte and line where
        the document ends.
        """
        at = self.skip(0)
        walk = self._around if self.text[at : at + 1] == "{" else self._items
        at = yield from walk(at, self.root, ())
        self.end = self.place(at)

    def _around(self, at: int, step: Step, keys: Keys) -> Generator[Unit, None, int]:
        node = self.around[keys] = Node(self.window.line_at(at), {})
        yield keys, node
        given, seen = self._given, set[str]()
        at = self.skip(at + 1)
        is_end = self.text[at : at + 1] == "}"
        at += is_end
        while not is_end:
            key, at = self.key(self.let_go(at), seen)
            mark = self.text[at : at + 1] if key in step.on else ""
            if mark == "{":
                at = yield from self._around(at, step.on[key], (*keys, key))
            elif mark == "[":
                at = yield from self._items(at, step.on[key], keys)
            else:
                value, at = self.plain(at)
                self.flatten(node.own, key, value)
            at, is_end = self.next(at, "}")
        node.is_row = step.is_row or (step.is_instead and self._given == given)
        node.judge(step.errors)
        self._given += node.is_row
        return at

    def _items(self, at: int, step: Step, keys: Keys) -> Generator[Unit, None, int]:
        at = self.skip(at + 1)
        is_end = self.text[at : at + 1] == "]"
        at += is_end
        while not is_end:
            nodes: list[Node] = []
            at = self.item(self.let_go(at), step, nodes)
            self._given += len(nodes)
            yield from ((keys, node) for node in nodes)
            at, is_end = self.next(at, "]")
        return at


class _Long:
    """A long document: `end` is where it ends, once all of its nodes were given out."""

    def __init__(self, source: Source, root: Step, at: int, line: int) -> None:
        self._first = _Walk(source, root, at, line)
        self._second = _Walk(source, root, at, line)
        self._carried: dict[Keys, Cells] = {}

    @property
    def end(self) -> tuple[int, int]:
        """The byte of the file and the physical line."""
        return self._second.end

    def nodes(self) -> Iterator[tuple[Node, Cells]]:
        """The nodes with rows, each with the cells carried down to it."""
        try:
            for _ in self._first.units():
                pass
        except FaultError as fault:
            raise self._first.refusal(fault) from fault
        for keys, node in self._second.units():
            if node is not self._second.around.get(keys):
                yield node, self._down_to(keys)
            elif self._first.around[keys].is_row:
                yield self._first.around[keys], self._down_to(keys[:-1]) if keys else {}

    def _down_to(self, keys: Keys) -> Cells:
        """What the objects around an item say, also behind it."""
        if keys not in self._carried:
            node = self._first.around.get(keys)
            above = self._down_to(keys[:-1]) if keys else {}
            self._carried[keys] = carried({**above, **node.own}) if node else {}
        return self._carried[keys]
