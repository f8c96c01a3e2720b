"""`tieout parse FILE`: the canonical rows of a partner's file, and whether it ties."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tieout.cli.identify import readable
from tieout.kernel.errors import Place, TieoutError

if TYPE_CHECKING:
    from tieout.formats.results import ParsedFile
    from tieout.formats.spec import FormatSpec

SHOWN = 20
BATCH = 50_000


class NobodyDecided(TieoutError):  # noqa: N818 (a state, as in FileUnreadable)
    """A decision without the name of a person or a reason."""

    slug = "nobody-decided"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "parse",
        help="read a partner's file by its format",
        description="Reads a partner's file: its rows in canonical columns, the rows that step "
        "aside, its control totals. Exit code 0 clean, 1 rows rejected or a check failed that is "
        "only reported, 2 file refused.",
    )
    parser.add_argument("file", type=Path, help="the partner's file")
    parser.add_argument(
        "--format", metavar="ID", help="the format's id; by default told from the file's content"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="ROWS",
        help="write the canonical rows, as the name ends: .jsonl, .csv or .parquet",
    )
    parser.add_argument(
        "--strict", action="store_true", help="refuse the file for checks that are only reported"
    )
    parser.add_argument(
        "--accept-unbalanced",
        metavar="REASON",
        help="read the file though its control totals do not tie; needs --by",
    )
    parser.add_argument("--by", metavar="NAME", help="who accepts that")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what is in the file. Raises TieoutError (exit code 2) where it is refused."""
    from tieout.cli.rows_out import write_rows
    from tieout.formats.identify import identify
    from tieout.formats.reading import read
    from tieout.formats.registry import format_spec

    _require_person(args)
    path = readable(args.file)
    spec = format_spec(args.format or identify(path, path.name).format_id)
    accepts = bool(args.accept_unbalanced)
    parsed = read(path, spec, name=path.name, strict=args.strict, accept_unbalanced=accepts)
    _report(parsed, spec)
    if accepts:
        ties = all(check.ok for check in parsed.checks)
        what = "nothing, as the file ties" if ties else f"by {args.by}: {args.accept_unbalanced}"
        print(f"accepted  {what}")
    if args.out is not None:
        write_rows(parsed, args.out)
    clean = not parsed.rejected and all(check.ok for check in parsed.checks)
    return 0 if clean else 1


def _require_person(args: argparse.Namespace) -> None:
    if args.accept_unbalanced is None:
        return
    if not args.accept_unbalanced.strip() or not (args.by or "").strip():
        raise NobodyDecided(
            "A file that does not tie is accepted by a person for a reason.",
            remedy="Give --accept-unbalanced a reason, and --by the name of who decides.",
        )


def _report(parsed: "ParsedFile", spec: "FormatSpec") -> None:
    counts = parsed.counts
    also = "".join(f" + {record.tag}" for record in spec.layout.around)
    print(f"format    {parsed.format_id} ({spec.title})")
    print(f"file      {parsed.name}, {parsed.size} bytes, sha256 {parsed.sha256}")
    print(f"records   {counts.read}{also}")
    print(f"rows      {counts.applied}")
    print(f"rejected  {counts.rejected}")
    if counts.skipped:
        print(f"skipped   {counts.skipped} records that are no rows by the partner's documentation")
    if parsed.new_columns:
        print(f"extra     {len(parsed.new_columns)} columns: {', '.join(parsed.new_columns)}")
    for name, value in parsed.facts.items():
        print(f"fact      {name} = {value}")
    for check in parsed.checks:
        state = "ok" if check.ok else "FAILED (not refused for it)"
        print(f"check     {check.name}: {state}, expected {check.expected}, found {check.found}")
    for line in _totals(parsed):
        print(f"total     {line}")
    for problem in parsed.rejected[:SHOWN]:
        where = Place(parsed.name, problem.line, problem.field)
        value = "" if problem.value is None else f" {problem.value!r}:"
        text = f"{where}:{value} {problem.reason} {problem.remedy} [{problem.rule}]"
        print(text, file=sys.stderr)
    if counts.rejected > SHOWN:
        print(f"... and {counts.rejected - SHOWN} more rejected rows", file=sys.stderr)


def _totals(parsed: "ParsedFile") -> Iterator[str]:
    """Settlement lines by kind and currency: how many, and what they come to."""
    import pyarrow as pa

    from tieout.kernel.money import Money

    if "settlement_net_minor" not in parsed.rows.column_names:
        return
    net: Counter[tuple[str, str]] = Counter()
    rows: Counter[tuple[str, str]] = Counter()
    settled: Counter[tuple[str, str]] = Counter()
    for batch in parsed.batches(BATCH):
        groups = pa.table(batch).group_by(["kind", "settlement_currency"], use_threads=False)
        sums = groups.aggregate(
            [("settlement_net_minor", "sum"), ("settlement_net_minor", "count"), ("kind", "count")]
        )
        for row in sums.to_pylist():
            key = (row["kind"], row["settlement_currency"])
            net[key] += row["settlement_net_minor_sum"] or 0
            rows[key] += row["kind_count"]
            settled[key] += row["settlement_net_minor_count"]
    for key in sorted(net):
        open_rows = rows[key] - settled[key]
        beside = f", {open_rows} of them without a settled amount" if open_rows else ""
        yield f"{key[0]}: {rows[key]} rows, net {Money(key[1], net[key])}{beside}"
