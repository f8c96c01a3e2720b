"""Reading a file by its spec: cut, convert, finish, check; refused whole, or read to its end."""

import hashlib
import re
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats import families
from tieout.formats.cells import CellError, cell_value
from tieout.formats.checks import run_checks
from tieout.formats.columns import BadCell
from tieout.formats.extra import extra_column
from tieout.formats.grid import Grid, cut, decode, physical_lines
from tieout.formats.mapping import Sources, convert_fields
from tieout.formats.model import FactRecord, FieldSpec, FormatSpec, normal_name
from tieout.formats.results import CheckResult, Counts, Fact, FileRefused, ParsedFile, RowProblem
from tieout.kernel.errors import Place, mask_cards


def read(data: bytes | Path, spec: FormatSpec, *, name: str, strict: bool = False) -> ParsedFile:
    """The canonical rows of a file.

    `name` is the partner's name of the file, for messages and for facts of its name pattern;
    `strict` refuses the file for failed checks that else are only reported.
    Rows that do not hold are in `rejected`, all others in `rows`. Raises FileRefused, before
    anything is given out, when the file is empty, cut off, in another encoding, without a required
    column, does not tie with its control totals, or has more bad rows than the spec allows.
    """
    content = data.read_bytes() if isinstance(data, Path) else data
    text = decode(content, spec, name)
    grid = cut(content, text, spec, name)
    size = len(grid.lines)
    if not size and not spec.may_have_no_rows:
        raise _no_rows(name)
    sources = _sources(grid, spec, name)
    facts = _name_facts(spec, name) | _record_facts(grid, spec, name)
    columns, bad = convert_fields(spec, sources, size)
    bad += families.finish(spec, columns, size)
    problems = _row_problems(grid, bad, physical_lines(text, spec) if bad or grid.flaws else [])
    _refuse_above_share(spec, problems, size, name)
    checks = run_checks(spec, columns, facts, size, set(grid.flaws) | _unreadable(bad))
    _refuse_failed(spec, checks, strict, Place(name, line=grid.trailer_line))
    columns["extra"] = extra_column(spec, sources, size)
    return ParsedFile(
        format_id=spec.id,
        name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        rows=_table(spec, columns, grid, problems),
        rejected=[problems[row] for row in sorted(problems)],
        facts=facts,
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
    if len(grid.lines) or spec.layout != "jsonl":
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


def _record_facts(grid: Grid, spec: FormatSpec, name: str) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    for record, cells, line in (
        (spec.records.header, grid.header, 1),
        (spec.records.trailer, grid.trailer, grid.trailer_line),
    ):
        if record is not None:
            facts |= _facts(record, cells or [], Place(name, line=line))
    return facts


def _facts(record: FactRecord, cells: list[str], place: Place) -> dict[str, Fact]:
    """The values of a header or trailer record. Raises FileRefused when one does not hold."""
    facts: dict[str, Fact] = {}
    for index, field in enumerate(record.fields):
        text = cells[index].strip() if index < len(cells) else ""
        try:
            facts[field.name] = _fact(field, text)
        except CellError as error:
            raise FileRefused(
                "structure",
                f"Record {record.tag!r} does not hold: {error.reason}",
                remedy="Check that this is a file of the format, then ask for it again.",
                expected=f"{field.name} ({field.type})",
                found=repr(mask_cards(text)),
                place=Place(place.file, place.line, field.name),
            ) from error
    return facts


def _fact(field: FieldSpec, text: str) -> Fact:
    if not text and field.required:
        raise CellError("required", "The value is missing.", "Fill it.")
    value = cell_value(field, text, None) if text else None
    wanted = field.constraints.enum
    if wanted and value not in wanted:
        raise CellError("enum", f"The value is not {' or '.join(wanted)}.", "Correct it.")
    return value


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
    spec: FormatSpec, columns: families.Columns, grid: Grid, problems: dict[int, RowProblem]
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
