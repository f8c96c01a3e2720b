"""JSON documents, alone or one after the other: rows are objects, columns the paths around them."""

from collections.abc import Iterator
from functools import cached_property
from typing import Literal

from pydantic import Field

from tieout.formats.fields import Names
from tieout.formats.grid import Grid, numbered
from tieout.formats.layouts.base import Recognised
from tieout.formats.layouts.json_documents import beginning, documents
from tieout.formats.layouts.json_reader import Step
from tieout.formats.layouts.tree import TreeLayout, grids_of
from tieout.formats.source import Source

_LOOKED_AT = 50


class JsonLayout(TreeLayout):
    """One JSON document, or several, each on its line (NDJSON); lists on the way are gone through.

    `rows`, `instead` and `errors` are paths from the root; `.` is the root itself. Items of a list
    inside a row are columns such as `details/0/amount`. `marks` are columns of which one of the
    words must be found in a row, unless it is one of the `errors` with code and text; the file is
    then certain to be of the format. Numbers are kept as they are written.
    """

    type: Literal["json"]
    marks: dict[str, Names] = Field(default_factory=dict)

    @cached_property
    def _root_step(self) -> Step:
        root = Step()
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
        nodes = beginning(head, self._root_step)
        rows = [row for node in nodes for row in self.rows_below(node)][:_LOOKED_AT]
        names = list(dict.fromkeys(name for row in rows for name in row.cells))
        if not self.marks:
            return Recognised(names) if names else None
        for column, words in self.marks.items():
            if any(row.cells.get(column) in words for row in rows):
                return Recognised(names, certain=True, reason=f"its {column!r} is that of {words}")
        if any(error.is_whole(row.cells) for error in self.errors for row in rows if row.node.flaw):
            return Recognised(names, certain=True, reason="it is an error that the partner answers")
        return None

    @numbered
    def cut(self, source: Source) -> Iterator[Grid]:
        """The rows of all documents of the file, some thousands at a time."""
        found = (
            row
            for node, above in documents(source, self._root_step)
            for row in self.rows_below(node, above)
        )
        yield from grids_of(found, source)
