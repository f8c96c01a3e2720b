"""XML documents: rows are elements, columns the paths to the texts and attributes around them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Literal

from pydantic import Field

from tieout.formats.fields import Names, Strict
from tieout.formats.grid import Grid, numbered
from tieout.formats.layouts.base import Recognised
from tieout.formats.layouts.tree import PARENT, Node, Row, TreeLayout, first_of, grids_of
from tieout.formats.layouts.xml_safe import Element, Path, beginning, elements
from tieout.formats.results import CheckResult
from tieout.formats.source import Source

Sums = dict[tuple[str, ...], Decimal | None]


class Total(Strict):
    """A control total that stands in the document, one for each group where there are several.

    `path` is its element below the root; its `value` is compared with the number of rows, or with
    the sum of `of` over the rows of its group. `by` names what makes a group: the part of the total
    that says it, and the columns that say it in a row. Of several columns, the first that is not
    blank counts.
    """

    name: str
    path: str
    value: str
    by: dict[str, Names] = Field(default_factory=dict)
    of: Names = ()


class XmlLayout(TreeLayout):
    """An XML document, by the local names of its elements.

    `root` names the root element, `namespace` how its namespace starts. `rows`, `instead` and
    `errors` are the last steps of paths, so that an envelope around the document does not matter.
    Attributes are columns such as `Amt/@Ccy`; the second of repeated elements is `Name[2]`. A file
    may be as large as it likes where `unit` names the elements that are complete in themselves:
    only one of them is held at a time. Else it has at most 500,000 elements.
    """

    type: Literal["xml"]
    root: Names
    namespace: str = ""
    unit: str | None = None
    totals: tuple[Total, ...] = ()

    @property
    def ties(self) -> tuple[str, ...]:
        """What files of the layout say of themselves that must be so."""
        return tuple(f"{total.name} as {total.path} states" for total in self.totals)

    @cached_property
    def _row_paths(self) -> list[Path]:
        return [tuple(path.split("/")) for path in self.rows]

    @cached_property
    def _instead_paths(self) -> list[Path]:
        return [tuple(path.split("/")) for path in self.instead]

    @cached_property
    def _last_names(self) -> set[str]:
        """The names of the elements that may be rows."""
        paths = (*self.rows, *self.instead, *(error.path for error in self.errors))
        return {path.rpartition("/")[2] for path in paths}

    def recognise(self, head: Source, format_id: str) -> Recognised | None:
        """Certain where root and namespace are those of the format, with something known below."""
        del format_id
        top = beginning(head)
        document = top and self._document(top)
        if top is None or document is None:
            return None
        rows = list(self.rows_below(self._node(top, ())))
        if not rows and not self.namespace:
            return None
        names = list(dict.fromkeys(name for row in rows for name in row.cells))
        reason = f"its root element is {document.name}"
        return Recognised(names, certain=True, reason=reason)

    def _document(self, top: Element) -> Element | None:
        """The document's root, in an envelope (SOAP) or not."""
        found = top
        if top.name == "Envelope":
            body = top.first("Body")
            found = body.children[0] if body and body.children else top
        is_known = found.name in self.root and found.space.startswith(self.namespace)
        return found if is_known else None

    @numbered
    def cut(self, source: Source) -> Iterator[Grid]:
        """The rows of the document, and with the last of them the control totals that it states."""
        checks: list[CheckResult] = []
        yield from grids_of(self._rows(source, checks), source, lambda: checks)

    def _rows(self, source: Source, checks: list[CheckResult]) -> Iterator[Row]:
        """The rows; after the last, `checks` has the control totals."""
        sums: list[Sums] = [{} for _ in self.totals]
        for element in elements(source, [tuple(self.unit.split("/"))] if self.unit else []):
            for row in self._rows_in(element, source):
                for total, own in zip(self.totals, sums, strict=True):
                    _add(total, own, row)
                yield row
            if element.parent is None:
                for total, own in zip(self.totals, sums, strict=True):
                    checks += _compared(total, own, element)

    def _rows_in(self, element: Element, source: Source) -> Iterator[Row]:
        """The rows of a unit, or what is left of them in the root."""
        if element.parent is not None:
            node = self._node(element, _names_above(element))
            return self.rows_below(node, _carried(element))
        if self._document(element) is None:
            found = f"{element.name!r} of {element.space!r}"
            raise source.misplaced(element.line, f"the root {self.root[0]!r}", found)
        return self.rows_below(self._node(element, ()))

    def _node(self, element: Element, above: Path) -> Node:
        """The element with the rows below it."""
        path = (*above, element.name)
        node = Node(element.line, {}, raw=(element.start, element.end))
        plain: list[Element] = []
        for child in element.children:
            if child.children or child.name in self._last_names:
                below = self._node(child, path)
                if below.is_row or below.kids:
                    node.kids.append(below)
                    continue
            plain.append(child)
        node.is_row = _ends_with(path, self._row_paths)
        if not node.kids and _ends_with(path, self._instead_paths):
            node.is_row = True
        errors = [each for each in self.errors if _ends_with(path, [tuple(each.path.split("/"))])]
        if node.is_row or node.kids or errors:
            node.own = _own_cells(element, plain)
            node.judge(errors)
        return node


def _names_above(element: Element) -> Path:
    names: list[str] = []
    parent = element.parent
    while parent is not None:
        names.insert(0, parent.name)
        parent = parent.parent
    return tuple(names)


def _carried(unit: Element) -> dict[str, str]:
    """What the elements around a unit said before it."""
    cells: dict[str, str] = {}
    below, prefix = unit, PARENT
    while below.parent is not None:
        holder = below.parent
        said = _cells_below(holder, holder.children[: below.before])
        cells |= {prefix + name: text for name, text in said.items()}
        below, prefix = holder, prefix + PARENT
    return cells


def _ends_with(path: Path, wanted: Sequence[Path]) -> bool:
    return any(path[-len(each) :] == each for each in wanted)


def _own_cells(element: Element, children: Sequence[Element]) -> dict[str, str]:
    """The texts of an element and of these children, by their paths."""
    own = {".": text} if (text := element.text) else {}
    return own | _cells_below(element, children)


def _cells_below(element: Element, children: Sequence[Element]) -> dict[str, str]:
    """An element's attributes and the texts of these children, by their paths."""
    cells = {f"@{name}": text for name, text in element.attributes.items()}
    times: dict[str, int] = {}
    for child in children:
        number = times[child.name] = times.get(child.name, 0) + 1
        name = child.name if number == 1 else f"{child.name}[{number}]"
        if not child.children:
            cells[name] = child.text
            cells |= {f"{name}/@{key}": text for key, text in child.attributes.items()}
            continue
        for path, text in _own_cells(child, child.children).items():
            cells[name if path == "." else f"{name}/{path}"] = text
    return cells


def _add(total: Total, sums: Sums, row: Row) -> None:
    """Add a row to the sum (or number) of its group; None where an amount is no number."""
    group = tuple(first_of(row.cells, names) for names in total.by.values())
    amount = _number(first_of(row.cells, total.of) or "0") if total.of else Decimal(1)
    so_far = sums.get(group, Decimal(0))
    sums[group] = None if amount is None or so_far is None else so_far + amount


def _compared(total: Total, sums: Sums, root: Element) -> Iterator[CheckResult]:
    """The stated totals with those of the rows; groups of rows without a total are told too."""
    stated = root.all(total.path)
    left = dict(sums)
    for each in stated:
        group = tuple(each.at(part) for part in total.by)
        expected, own = each.at(total.value), left.pop(group, Decimal(0))
        is_equal = own is not None and _number(expected) == own
        yield CheckResult(_name(total, group), is_equal, expected, _shown(own))
    for group, own in left.items():
        if stated:
            yield CheckResult(_name(total, group), False, "no rows", _shown(own))


def _name(total: Total, group: Sequence[str]) -> str:
    return " ".join((total.name, *group))


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _shown(number: Decimal | None) -> str:
    return "no number" if number is None else format(number, "f")
