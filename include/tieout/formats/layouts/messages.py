"""A message (an X12 transaction set, an EDIFACT message) as rows, by the words of a format file."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic import model_validator

from tieout.formats.fields import Names, Strict
from tieout.formats.grid import Flaw, Record
from tieout.formats.layouts.answers import Answer
from tieout.formats.layouts.message_cells import (
    Cells,
    Naming,
    first_of,
    number_of,
    plain_cells,
    text_of,
)
from tieout.formats.layouts.segments import Message, Segment, Ties

SUMMARY = "summary/"
_DEEPEST = 16


class Hierarchy(Strict):
    """Segments that open the nodes of a tree: HL of a ship notice, CPS of a despatch advice.

    `id`, `parent` and `level` are their elements. `order` gives the levels from the outermost in,
    for files that name no parents. A node of one of the levels `rows` is a row.
    """

    segment: str
    id: int = 1
    parent: int = 2
    level: int | None = None
    order: Names = ()
    rows: Names = ()


class Total(Strict):
    """A control total of a message: what the cell `stated` says is one of the others.

    `counts` are segments that are counted, `adds` a cell of each row that is added up.
    """

    name: str
    stated: Names
    counts: Names = ()
    adds: str | None = None


class MessageWords(Strict):
    """How the rows of a message are found.

    A segment of `row` opens a row, one of `summary` what stands after all rows; what is before the
    first row belongs to each row, and so does the summary (its cells begin with `summary/`). The
    message itself is a row where it has none.
    """

    row: Names = ()
    summary: Names = ()
    naming: Naming = Naming()
    hierarchy: Hierarchy | None = None
    answer: Answer | None = None
    totals: tuple[Total, ...] = ()

    @model_validator(mode="after")
    def _has_rows(self) -> "MessageWords":
        if not self.row and not (self.hierarchy and self.hierarchy.rows):
            raise ValueError("no word says what a row is (row, or hierarchy with rows)")
        return self

    def records(self, message: Message, ties: Ties) -> Iterator[Record]:
        """The rows of a message; after the last, its totals are noted in `ties`."""
        areas = self._areas(message.segments)
        shared = plain_cells([*message.around, message.segments[0]])
        shared |= self.naming.cells(areas.header[1:])
        shared |= self.naming.cells(areas.summary, SUMMARY)
        first: Mapping[str, str] = {}
        sums = {total.adds: Decimal(0) for total in self.totals if total.adds}
        for row in self._rows(areas, message):
            record = self._record(row, shared)
            first = first or record.cells
            for name in sums:
                sums[name] += number_of(record.cells.get(name, "")) or 0
            yield record
        self._tie(message, first, sums, ties)

    def _record(self, row: "_Row", shared: Cells) -> Record:
        cells = shared | row.cells
        flaw = row.flaw
        if self.answer and not flaw:
            answered = self.answer.cells(row.segments, cells)
            if isinstance(answered, Flaw):
                flaw = answered
            else:
                cells |= answered
        raw = row.segments[0].separators.terminator.join(each.raw for each in row.segments)
        return Record(cells, row.segments[0].line, raw, flaw)

    def _areas(self, segments: Sequence[Segment]) -> "_Areas":
        """Header, rows or nodes, and summary; the segment that closes the message is left out."""
        tree = self.hierarchy.segment if self.hierarchy else None
        areas = _Areas()
        for segment in segments[:-1]:
            tag = segment.tag
            if tag in self.summary or areas.summary:
                areas.summary.append(segment)
            elif tag == tree:
                areas.nodes.append(_Node(segment))
            elif tag in self.row:
                areas.within().rows.append([segment])
            elif rows := areas.within().rows:
                rows[-1].append(segment)
            else:
                areas.within().segments.append(segment)
        areas.header = areas.top.segments
        return areas

    def _rows(self, areas: "_Areas", message: Message) -> Iterator["_Row"]:
        found = False
        for row in areas.top.rows:
            found = True
            yield self._flat_row(row)
        if areas.nodes and self.hierarchy:
            found = True
            yield from _Tree(self.naming, self.hierarchy, areas.nodes).rows()
        if not found:
            yield _Row({}, [message.segments[0], *areas.header[1:]])

    def _flat_row(self, segments: Sequence[Segment]) -> "_Row":
        return _Row(row_cells(self.naming, segments), segments)

    def _tie(
        self, message: Message, first: Mapping[str, str], sums: Mapping[str, Decimal], ties: Ties
    ) -> None:
        """Compare what the first row's cells state with the segments and with the rows' sums."""
        tags = Counter(segment.tag for segment in message.segments)
        for total in self.totals:
            stated = number_of(first_of(first, total.stated))
            if stated is None:
                continue
            fits = {Decimal(tags[tag]) for tag in total.counts}
            if total.adds:
                fits.add(sums[total.adds])
            found = " or ".join(sorted(map(text_of, fits)))
            where = f"message {message.number}"
            ties.note(total.name, stated in fits, stated=text_of(stated), found=found, where=where)


def row_cells(naming: Naming, segments: Sequence[Segment]) -> Cells:
    """The cells of a row: those of the segment that opens it, and what it contains."""
    first = segments[0]
    return naming.cells([first]) | naming.cells(segments[1:], f"{first.tag}/")


@dataclass(frozen=True)
class _Row:
    cells: Cells
    segments: Sequence[Segment]
    flaw: Flaw | None = None


@dataclass
class _Node:
    """A part of a message: its own segments, and the rows in it."""

    opens: Segment | None = None
    segments: list[Segment] = field(default_factory=list)
    rows: list[list[Segment]] = field(default_factory=list)
    parent: "_Node | None" = None
    children: list["_Node"] = field(default_factory=list)
    flaw: Flaw | None = None

    def chain(self) -> list["_Node"]:
        """The node and those around it, innermost first."""
        nodes, at = [self], self.parent
        while at is not None:
            nodes.append(at)
            at = at.parent
        return nodes


@dataclass
class _Areas:
    header: list[Segment] = field(default_factory=list)
    summary: list[Segment] = field(default_factory=list)
    nodes: list[_Node] = field(default_factory=list)
    top: _Node = field(default_factory=_Node)

    def within(self) -> _Node:
        """Where a segment belongs: the last node, or what is before the first."""
        return self.nodes[-1] if self.nodes else self.top


class _Tree:
    """The nodes of a message as rows that carry what the nodes around them say."""

    def __init__(self, naming: Naming, words: Hierarchy, nodes: Sequence[_Node]) -> None:
        self._naming, self._words, self._nodes = naming, words, nodes
        self._depth: dict[int, int] = {}
        self._link()

    def rows(self) -> Iterator[_Row]:
        """The rows in the order of the file; a node that is in none of them is one of its own."""
        for node in self._nodes:
            level = self._level(node)
            if node.rows:
                around = self._around(node)
                for segments in node.rows:
                    cells = around | row_cells(self._naming, segments)
                    yield _Row(cells, segments, node.flaw)
            elif level in self._words.rows or self._is_loose(node):
                yield _Row(self._around(node), self._texts(node), node.flaw)

    def _link(self) -> None:
        """Find each node's parent among those before it."""
        by_id: dict[str, _Node] = {}
        latest: dict[str, _Node] = {}
        for node in self._nodes:
            assert node.opens is not None
            stated = node.opens.text(self._words.parent)
            level = self._level(node)
            if stated:
                node.parent = by_id.get(stated)
                if node.parent is None:
                    node.flaw = Flaw("hierarchy", f"Its parent {stated!r} is not in the message.")
            elif level in self._words.order:
                outer = self._words.order[: self._words.order.index(level)]
                node.parent = next(
                    (latest[each] for each in reversed(outer) if each in latest), None
                )
            self._attach(node)
            by_id[node.opens.text(self._words.id)] = node
            for inner in self._from(level):
                latest.pop(inner, None)
            latest[level] = node

    def _from(self, level: str) -> Sequence[str]:
        """A level and those inside it."""
        order = self._words.order
        return order[order.index(level) :] if level in order else ()

    def _attach(self, node: _Node) -> None:
        depth = self._depth.get(id(node.parent), 0) + 1
        if depth > _DEEPEST:
            node.parent, depth = None, 1
            node.flaw = Flaw("hierarchy", f"It is nested more than {_DEEPEST} levels deep.")
        self._depth[id(node)] = depth
        if node.parent is not None:
            node.parent.children.append(node)
            node.flaw = node.flaw or node.parent.flaw

    def _level(self, node: _Node) -> str:
        if self._words.level is None or node.opens is None:
            return ""
        return node.opens.text(self._words.level)

    def _is_loose(self, node: _Node) -> bool:
        """Whether nothing in the node, and no node around it, is a row."""
        if node.children:
            return False
        return not any(self._level(each) in self._words.rows for each in node.chain())

    def _texts(self, node: _Node) -> list[Segment]:
        assert node.opens is not None
        return [node.opens, *node.segments]

    def _around(self, node: _Node) -> Cells:
        """The cells of a node, of those around it, and of those inside it that are no rows."""
        cells: Cells = {}
        times: Counter[str] = Counter()
        inside = list(self._inside(node)) if self._level(node) in self._words.rows else []
        for each in [*node.chain(), *inside]:
            label = ".".join(part for part in (self._words.segment, self._level(each)) if part)
            times[label] += 1
            mark = f"#{times[label]}" if times[label] > 1 else ""
            cells |= self._node_cells(each, f"{label}{mark}")
        return cells

    def _inside(self, node: _Node) -> Iterator[_Node]:
        waiting = list(reversed(node.children))
        while waiting:
            child = waiting.pop()
            if self._level(child) not in self._words.rows:
                yield child
                waiting += reversed(child.children)

    def _node_cells(self, node: _Node, label: str) -> Cells:
        assert node.opens is not None
        tag = node.opens.tag
        opened = self._naming.cells([node.opens])
        own = {f"{label}.{name.removeprefix(tag)}": text for name, text in opened.items()}
        return own | self._naming.cells(node.segments, f"{label}/")
