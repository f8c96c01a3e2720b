"""What is read of a file, part by part, and the judgement at its end."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats import families
from tieout.formats.checks import tallies_of
from tieout.formats.fields import normal_name
from tieout.formats.parts import Part, absent_columns, known_names, paths_seen, refuse_columns
from tieout.formats.problems import row_problems, unreadable
from tieout.formats.results import CheckResult, Counts, Fact, FileRefused, ParsedFile, RowProblem
from tieout.formats.source import Source
from tieout.formats.spec import FormatSpec
from tieout.formats.stored import StoredRows
from tieout.kernel.errors import Place

_LOOK_FROM = 1000
"""From so many bad rows on, a file that cannot be taken any more is left before its end."""


@dataclass(frozen=True)
class Terms:
    """How a file is judged: `strict` refuses it for checks that are only reported else.

    `accept_unbalanced` takes it though it does not tie, as do the `accepted_hashes` (SHA-256).
    """

    strict: bool = False
    accept_unbalanced: bool = False
    accepted_hashes: frozenset[str] = frozenset()


class Gathering:
    """The rows, problems, facts and control totals of one file."""

    def __init__(
        self, spec: FormatSpec, source: Source, facts: dict[str, Fact], terms: Terms
    ) -> None:
        self.spec, self.source = spec, source
        self._facts, self._terms = dict(facts), terms
        self._schema = _schema(spec)
        self._rows = StoredRows(self._schema)
        self._tallies = tallies_of(spec)
        self._checks: list[CheckResult] = []
        self._problems: list[RowProblem] = []
        self._names: dict[str, None] = {}
        self._read = self._skipped = self._left_out = 0
        self._trailer_line: int | None = None
        self._lines: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._rows.close()

    def add(self, part: Part) -> None:
        """Take in the next rows. Raises FileRefused once the file cannot hold any more."""
        grid = part.cut.grid
        self._names |= dict.fromkeys(map(normal_name, grid.names))
        size = len(grid.lines)
        problems = row_problems(part, self.source)
        for tally in self._tallies:
            tally.add(part.columns, size, unreadable(part))
        self._rows.add(self._table(part, problems))
        self._problems += [problems[row] for row in sorted(problems)]
        self._read += size
        self._skipped += size - part.cut.size
        self._left_out += grid.left_out
        self._facts |= grid.facts
        self._checks += grid.checks
        self._trailer_line = grid.trailer_line or self._trailer_line
        if grid.raws is None:
            self._refuse_early()

    def finish(self) -> ParsedFile:
        """The whole file. Raises FileRefused when it does not hold."""
        if not self._read and not self.spec.may_have_no_rows:
            raise _no_rows(self.source.name)
        if self._read and not self.spec.layout.has_columns:
            refuse_columns(self.spec, list(self._names), self.source.name)
        self._refuse_above_share(self._read)
        checks = [*self._checks, *(tally.result(self._facts) for tally in self._tallies)]
        self._refuse_failed(checks)
        columns = tuple(self._names) if self.spec.layout.has_columns else ()
        stored = self._rows.stored()
        known = known_names(self.spec)
        named = () if self.spec.layout.has_columns else self._names
        known_paths, unknown_paths = paths_seen(self.spec, named) if named else ((), ())
        return ParsedFile(
            format_id=self.spec.id,
            name=self.source.name,
            sha256=self.source.sha256,
            size=self.source.size,
            rows=stored.rows,
            rejected=self._problems,
            facts=self._facts,
            checks=checks,
            counts=self._counts(),
            columns=columns,
            new_columns=tuple(name for name in columns if name not in known),
            absent_columns=tuple(absent_columns(self.spec, columns)) if columns else (),
            known_paths=tuple(known_paths),
            unknown_paths=tuple(unknown_paths),
            on_disk=stored.on_disk,
        )

    def _counts(self) -> Counts:
        """Records that the layout left out are among those read, and skipped."""
        bad, out = len(self._problems), self._left_out
        applied = self._read - self._skipped - bad
        return Counts(self._read + out, applied, bad, self._skipped + out)

    def _refuse_early(self) -> None:
        """A row has at least a line of its own, so that the lines bound the rows still to come."""
        if len(self._problems) < _LOOK_FROM:
            return
        if self._lines is None:
            self._lines = self.source.count(b"\n") + self.source.count(b"\r") + 1
        self._refuse_above_share(self._lines)

    def _refuse_above_share(self, size: int) -> None:
        if len(self._problems) <= self.spec.max_bad_share * size:
            return
        first = self._problems[0]
        found = f"{len(self._problems)} of {self._read}"
        raise FileRefused(
            "bad-rows",
            f"{found} rows are bad, the first for this: {first.reason}",
            remedy="Ask the partner for a corrected file.",
            expected=f"at most {self.spec.max_bad_share:.0%} bad rows",
            found=found,
            place=Place(self.source.name, first.line, first.field),
        )

    def _refuse_failed(self, checks: list[CheckResult]) -> None:
        terms = self._terms
        if terms.accept_unbalanced or self.source.sha256 in terms.accepted_hashes:
            return
        reported = {check.name for check in self.spec.checks if check.severity == "report"}
        for check in checks:
            if not check.ok and (terms.strict or check.name not in reported):
                raise FileRefused(
                    "control-total",
                    f"The file does not tie: {check.name} should be {check.expected}, "
                    f"is {check.found}.",
                    remedy="Ask the partner for a corrected file.",
                    expected=f"{check.name} {check.expected}",
                    found=check.found,
                    place=Place(self.source.name, line=self._trailer_line),
                )

    def _table(self, part: Part, problems: dict[int, RowProblem]) -> pa.Table:
        """The rows of a part that hold, with their places in the file."""
        cut = part.cut
        numbers = pa.arange(0, len(cut.grid.lines))
        lines = cut.grid.lines
        if cut.origin is not None:
            numbers, lines = numbers.take(cut.origin), lines.take(cut.origin)
        arrays = [part.columns[name] for name in self._schema.names[:-2]]
        arrays += [lines, pc.add(numbers, self._read + 1)]
        table = pa.table(arrays, schema=self._schema)
        if not problems:
            return table
        bad = pa.array(list(problems), pa.int64())
        return table.filter(pc.invert(pc.is_in(pa.arange(0, cut.size), bad)))


def _schema(spec: FormatSpec) -> pa.Schema:
    """The canonical columns, `extra`, and where each row stood."""
    places = {"extra": pa.string(), "line_no": pa.int64(), "record_no": pa.int64()}
    return pa.schema(families.canonical_types(spec) | places)


def _no_rows(name: str) -> FileRefused:
    return FileRefused(
        "empty",
        "The file has no rows.",
        remedy="Ask the partner whether there was nothing to report.",
        expected="at least one row",
        found="none",
        place=Place(name),
    )
