"""Some consecutive rows of a file, converted: what the stages between cutting and judging share."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import pyarrow as pa

from tieout.formats import families
from tieout.formats.columns import BadCell, Columns
from tieout.formats.extra import extra_column
from tieout.formats.fields import normal_name
from tieout.formats.grid import Grid
from tieout.formats.mapping import Sources, convert_fields
from tieout.formats.results import FileRefused
from tieout.formats.skipping import kept_rows
from tieout.formats.spec import FormatSpec
from tieout.kernel.errors import Place


@dataclass(frozen=True)
class Cut:
    """Rows of a grid that are to be converted: `sources` has them without the skipped ones.

    `origin` holds each row's index in the grid where some were skipped.
    """

    grid: Grid
    sources: Sources
    origin: pa.Int64Array | None
    size: int

    def in_grid(self, row: int) -> int:
        """The index in the grid of a row that was not skipped."""
        return row if self.origin is None else int(self.origin[row].as_py())


@dataclass(frozen=True)
class Part:
    """The same rows as canonical columns, with the cells that do not hold."""

    cut: Cut
    columns: Columns
    bad: list[BadCell]


def to_convert(grid: Grid, spec: FormatSpec, name: str) -> Cut:
    """What of a grid is to be converted. Raises FileRefused for columns not as the spec wants."""
    names = [normal_name(written) for written in grid.names]
    known = known_names(spec)
    doubled = [found for found, times in Counter(names).items() if times > 1 and found in known]
    if doubled:
        raise header_refused("structure", name, f"one column {doubled[0]!r}", "several")
    if spec.layout.has_columns:
        refuse_columns(spec, names, name)
    size = len(grid.lines)
    sources = Sources(grid.names, grid.columns, names)
    origin = kept_rows(spec.skip, sources, size, grid.flaws)
    if origin is None:
        return Cut(grid, sources, None, size)
    columns = [column.take(origin) for column in grid.columns]
    return Cut(grid, Sources(grid.names, columns, names), origin, len(origin))


def convert_together(cuts: Sequence[Cut], spec: FormatSpec) -> list[Part]:
    """Cuts with the same columns, converted as one."""
    ends = list(accumulate((cut.size for cut in cuts), initial=0))
    sources = _joined([cut.sources for cut in cuts])
    columns, bad = convert_fields(spec, sources, ends[-1])
    bad += families.finish(spec, columns, ends[-1])
    columns["extra"] = extra_column(spec, sources, ends[-1])
    if len(cuts) == 1:
        return [Part(cuts[0], columns, bad)]
    bad_of: dict[int, list[BadCell]] = {}
    for cell in bad:
        number = bisect_right(ends, cell.row) - 1
        bad_of.setdefault(number, []).append(replace(cell, row=cell.row - ends[number]))
    return [
        Part(
            cut,
            {name: column.slice(start, cut.size) for name, column in columns.items()},
            bad_of.get(number, []),
        )
        for number, (cut, start) in enumerate(zip(cuts, ends, strict=False))
    ]


def _joined(sources: Sequence[Sources]) -> Sources:
    if len(sources) == 1:
        return sources[0]
    columns = [
        pa.concat_arrays(alike) for alike in zip(*(each.columns for each in sources), strict=True)
    ]
    return Sources(sources[0].written, columns, sources[0].names)


def known_names(spec: FormatSpec) -> set[str]:
    """The source columns that the format's fields name, normalised."""
    return {normal_name(source) for field in spec.fields for source in field.sources}


def refuse_columns(spec: FormatSpec, names: Sequence[str], name: str) -> None:
    """Raises FileRefused for a column that is missing, or that is new and not wanted.

    `names` are the normalised names of all columns of the file.
    """
    for field in spec.fields:
        missing = field.missing_column(names)
        if missing is None and spec.layout.has_columns:
            missing = field.missing_sign(names)
        if missing is not None:
            raise header_refused("missing-column", name, f"a column {missing!r}", "none")
    known = known_names(spec)
    new = [found for found in names if found not in known]
    if spec.drift.new_columns == "refuse" and new:
        raise header_refused("new-column", name, "only columns of the format", f"{new[0]!r}")


def absent_columns(spec: FormatSpec, names: Collection[str]) -> Iterator[str]:
    """For each field of which the file has no column the one it would be made of first."""
    for field in spec.fields:
        if field.sources and not any(normal_name(source) in names for source in field.sources):
            yield normal_name(field.sources[0])


def paths_seen(spec: FormatSpec, names: Collection[str]) -> tuple[list[str], list[str]]:
    """What a file without columns says something of: fields by their first source, and the rest."""
    absent = set(absent_columns(spec, names))
    firsts = [normal_name(field.sources[0]) for field in spec.fields if field.sources]
    known = {_path(spec, name) for name in known_names(spec)}
    rest = {_path(spec, name) for name in names} - known
    return [name for name in dict.fromkeys(firsts) if name not in absent], sorted(rest)


def _path(spec: FormatSpec, name: str) -> str:
    """The cell without its repetition; in EDI its segment, since elements come as needed."""
    plain = _REPEATED.sub("", name)
    return _ELEMENT.sub("", plain) if spec.layout.type in {"x12", "edifact"} else plain


_ELEMENT = re.compile(r"\.?\d\d(-\d+)?$")
_REPEATED = re.compile(r"[#*]\d+|(?<=/)\d+/")
"""The number of a repetition in the name of a cell: `MSG01#2`, `BIG03*2`, `history/0/at`."""


def header_refused(reason: str, name: str, expected: str, found: str) -> FileRefused:
    """The refusal of a file for its columns."""
    return FileRefused(
        reason,
        f"The columns are not those of the format: expected {expected}, found {found}.",
        remedy="Ask the partner what changed, then add a new version of the format.",
        expected=expected,
        found=found,
        place=Place(name, line=1),
    )
