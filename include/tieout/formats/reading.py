"""Reading a file by its spec: cut, convert, finish, check; refused whole, or read to its end."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats import families
from tieout.formats.checks import run_checks
from tieout.formats.columns import BadCell, Columns
from tieout.formats.extra import extra_column
from tieout.formats.fields import normal_name
from tieout.formats.grid import Grid
from tieout.formats.mapping import Sources, convert_fields
from tieout.formats.results import CheckResult, Counts, Fact, FileRefused, ParsedFile, RowProblem
from tieout.formats.source import Source, open_source
from tieout.formats.spec import FormatSpec
from tieout.kernel.cards import mask_cards
from tieout.kernel.errors import Place

BATCH_BYTES = 32 * 1024 * 1024
"""How much text is converted together, so that memory stays bounded."""


@dataclass(frozen=True)
class _Cut:
    """A file cut into cells, with what its name and its header and trailer say."""

    name: str
    source: Source
    grid: Grid
    sources: Sources
    facts: dict[str, Fact]


def read(data: bytes | Path, spec: FormatSpec, *, name: str, strict: bool = False) -> ParsedFile:
    """The canonical rows of a file.

    `name` is the partner's name of the file, for messages and for facts of its name pattern;
    `strict` refuses the file for failed checks that else are only reported.
    Rows that do not hold are in `rejected`, all others in `rows`. Raises FileRefused, before
    anything is given out, when the file is empty, cut off, in another encoding, without a required
    column, does not tie with its control totals, or has more bad rows than the spec allows.
    """
    content = data.read_bytes() if isinstance(data, Path) else data
    (found,) = read_all([(name, content)], spec, strict=strict)
    if isinstance(found, FileRefused):
        raise found
    return found


def read_all(
    files: Sequence[tuple[str, bytes]], spec: FormatSpec, *, strict: bool = False
) -> list[ParsedFile | FileRefused]:
    """What `read` makes of each file (name and bytes), or why it is refused, in their order.

    Files with the same columns are converted together, so that many small ones are as quick as a
    large one.
    """
    found: dict[int, ParsedFile | FileRefused] = {}
    alike: dict[tuple[str, ...], list[tuple[int, _Cut]]] = {}
    for number, (name, content) in enumerate(files):
        try:
            file = _cut(content, spec, name)
        except FileRefused as refusal:
            found[number] = refusal
        else:
            alike.setdefault(tuple(file.grid.names), []).append((number, file))
    for share in alike.values():
        for batch in _batches(share):
            parsed = _read_alike([file for _, file in batch], spec, strict)
            found |= dict(zip((number for number, _ in batch), parsed, strict=True))
    return [found[number] for number in range(len(files))]


def _batches(share: Sequence[tuple[int, _Cut]]) -> Iterator[list[tuple[int, _Cut]]]:
    batch: list[tuple[int, _Cut]] = []
    size = 0
    for each in share:
        if batch and size + each[1].source.size > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += each[1].source.size
    yield batch


def _cut(content: bytes, spec: FormatSpec, name: str) -> _Cut:
    source = open_source(content, name, spec.encodings, binary=spec.layout.binary)
    (grid,) = spec.layout.cut(source)
    if not len(grid.lines) and not spec.may_have_no_rows:
        raise _no_rows(name)
    sources = _sources(grid, spec, name)
    return _Cut(name, source, grid, sources, _name_facts(spec, name) | grid.facts)


def _read_alike(
    files: Sequence[_Cut], spec: FormatSpec, strict: bool
) -> Iterator[ParsedFile | FileRefused]:
    """Files with the same columns: converted as one, then each judged by itself."""
    ends = list(accumulate(len(file.grid.lines) for file in files))
    sources = _joined([file.sources for file in files])
    columns, bad = convert_fields(spec, sources, ends[-1])
    bad += families.finish(spec, columns, ends[-1])
    columns["extra"] = extra_column(spec, sources, ends[-1])
    bad_of: dict[int, list[BadCell]] = {}
    for cell in bad:
        bad_of.setdefault(bisect_right(ends, cell.row), []).append(cell)
    for number, file in enumerate(files):
        size = len(file.grid.lines)
        start = ends[number] - size
        own = {name: column.slice(start, size) for name, column in columns.items()}
        cells = [replace(cell, row=cell.row - start) for cell in bad_of.get(number, ())]
        try:
            yield _parsed(file, spec, own, cells, strict)
        except FileRefused as refusal:
            yield refusal


def _joined(sources: Sequence[Sources]) -> Sources:
    if len(sources) == 1:
        return sources[0]
    columns = [
        pa.concat_arrays(alike) for alike in zip(*(each.columns for each in sources), strict=True)
    ]
    return Sources(sources[0].written, columns, sources[0].names)


def _parsed(
    file: _Cut, spec: FormatSpec, columns: Columns, bad: list[BadCell], strict: bool
) -> ParsedFile:
    """Raises FileRefused when too many rows are bad or the control totals do not tie."""
    grid, name, size = file.grid, file.name, len(file.grid.lines)
    is_flawed = bool(bad or grid.flaws)
    lines = file.source.lines if is_flawed else []
    problems = _row_problems(grid, bad, lines)
    _refuse_above_share(spec, problems, size, name)
    checks = run_checks(spec, columns, file.facts, size, set(grid.flaws) | _unreadable(bad))
    _refuse_failed(spec, checks, strict, Place(name, line=grid.trailer_line))
    return ParsedFile(
        format_id=spec.id,
        name=name,
        sha256=file.source.sha256,
        size=file.source.size,
        rows=_table(spec, columns, grid, problems),
        rejected=[problems[row] for row in sorted(problems)],
        facts=file.facts,
        checks=checks,
        counts=Counts(size, size - len(problems), len(problems)),
    )


def _no_rows(name: str) -> FileRefused:
    return FileRefused(
        "empty",
        "The file has no rows.",
        remedy="Ask the partner whether there was nothing to report.",
        expected="at least one row",
        found="none",
        place=Place(name),
    )


def _sources(grid: Grid, spec: FormatSpec, name: str) -> Sources:
    """The file's columns by normalised name. Raises FileRefused for a missing or doubled one."""
    names = [normal_name(written) for written in grid.names]
    known = {normal_name(source) for field in spec.fields for source in field.sources}
    doubled = [found for found, times in Counter(names).items() if times > 1 and found in known]
    if doubled:
        raise _header_refused("structure", name, f"one column {doubled[0]!r}", "several")
    if len(grid.lines) or spec.layout.has_columns:
        _refuse_missing(spec, set(names), name)
    new = [found for found in names if found not in known]
    if spec.drift.new_columns == "refuse" and new:
        raise _header_refused("new-column", name, "only columns of the format", f"{new[0]!r}")
    return Sources(grid.names, grid.columns, names)


def _refuse_missing(spec: FormatSpec, names: set[str], name: str) -> None:
    for field in spec.fields:
        summed = [*field.plus, *field.minus]
        wanted = summed or field.alternatives or field.sources
        present = [source for source in wanted if normal_name(source) in names]
        if field.column_required and (not present or (summed and len(present) < len(wanted))):
            missing = next(source for source in wanted if normal_name(source) not in names)
            raise _header_refused("missing-column", name, f"a column {missing!r}", "none")


def _header_refused(reason: str, name: str, expected: str, found: str) -> FileRefused:
    return FileRefused(
        reason,
        f"The columns are not those of the format: expected {expected}, found {found}.",
        remedy="Ask the partner what changed, then add a new version of the format.",
        expected=expected,
        found=found,
        place=Place(name, line=1),
    )


def _name_facts(spec: FormatSpec, name: str) -> dict[str, Fact]:
    found = re.fullmatch(spec.name_pattern, Path(name).name) if spec.name_pattern else None
    return dict(found.groupdict()) if found else {}


def _row_problems(grid: Grid, bad: list[BadCell], lines: list[str]) -> dict[int, RowProblem]:
    """One problem per bad row: its first; the fields of the others are named in its reason."""
    if not bad and not grid.flaws:
        return {}
    starts = grid.lines.to_pylist()
    by_row: dict[int, list[BadCell]] = {}
    for row, flaw in grid.flaws.items():
        by_row[row] = [BadCell(row, "", None, flaw.rule, flaw.reason, "Ask for the row again.")]
    for cell in bad:
        if cell.row not in grid.flaws:
            by_row.setdefault(cell.row, []).append(cell)
    problems = {}
    for row, cells in by_row.items():
        end = starts[row + 1] - 1 if row + 1 < len(starts) else starts[row]
        raw = "".join(lines[starts[row] - 1 : end]).rstrip("\r\n")
        problems[row] = _row_problem(cells, starts[row], raw)
    return problems


def _row_problem(cells: list[BadCell], line: int, raw: str) -> RowProblem:
    first, *others = cells
    also = ", ".join(dict.fromkeys(cell.source for cell in others if cell.source != first.source))
    return RowProblem(
        line=line,
        field=first.source or None,
        value=None if first.text is None else mask_cards(first.text),
        rule=first.rule,
        reason=first.reason + (f" Also wrong: {also}." if also else ""),
        remedy=first.remedy,
        raw=mask_cards(raw),
    )


def _refuse_above_share(
    spec: FormatSpec, problems: dict[int, RowProblem], size: int, name: str
) -> None:
    if len(problems) <= spec.max_bad_share * size:
        return
    first = problems[min(problems)]
    raise FileRefused(
        "bad-rows",
        f"{len(problems)} of {size} rows are bad, the first for this: {first.reason}",
        remedy="Ask the partner for a corrected file.",
        expected=f"at most {spec.max_bad_share:.0%} bad rows",
        found=f"{len(problems)} of {size}",
        place=Place(name, first.line, first.field),
    )


def _unreadable(bad: list[BadCell]) -> set[int]:
    """Rows of which a number could not be read, so that no sum over them can be trusted."""
    return {cell.row for cell in bad if cell.rule in {"money", "currency", "integer", "number"}}


def _refuse_failed(spec: FormatSpec, checks: list[CheckResult], strict: bool, place: Place) -> None:
    severities = {check.name: check.severity for check in spec.checks}
    for check in checks:
        if not check.ok and (strict or severities[check.name] == "refuse"):
            raise FileRefused(
                "control-total",
                f"The file does not tie: {check.name} should be {check.expected}, "
                f"is {check.found}.",
                remedy="Ask the partner for a corrected file.",
                expected=f"{check.name} {check.expected}",
                found=check.found,
                place=place,
            )


def _table(
    spec: FormatSpec, columns: Columns, grid: Grid, problems: dict[int, RowProblem]
) -> pa.Table:
    size = len(grid.lines)
    names = [*families.canonical_types(spec), "extra"]
    arrays = [columns[column] for column in names]
    arrays += [grid.lines, pa.array(range(1, size + 1), pa.int64())]
    table = pa.table(arrays, names=[*names, "line_no", "record_no"])
    if not problems:
        return table
    good = [row for row in range(size) if row not in problems]
    return table.take(pc.cast(pa.array(good, pa.int64()), pa.int64()))
