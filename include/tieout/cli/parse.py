"""`tieout parse FILE`: the canonical rows of a partner's file, and whether it ties."""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from tieout.cli.identify import FileUnreadable, content
from tieout.kernel.errors import Place

if TYPE_CHECKING:
    from tieout.formats.results import ParsedFile
    from tieout.formats.spec import FormatSpec

SHOWN = 20
BATCH = 10_000


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
        "--out", type=Path, metavar="ROWS.jsonl", help="write the canonical rows, one JSON per line"
    )
    parser.add_argument(
        "--strict", action="store_true", help="refuse the file for checks that are only reported"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what is in the file. Raises TieoutError (exit code 2) where it is refused."""
    from tieout.formats.identify import identify
    from tieout.formats.reading import read
    from tieout.formats.registry import format_spec

    data = content(args.file)
    spec = format_spec(args.format or identify(data, args.file.name).format_id)
    parsed = read(data, spec, name=args.file.name, strict=args.strict)
    _report(parsed, spec)
    if args.out is not None:
        _write_rows(parsed, args.out)
    clean = not parsed.rejected and all(check.ok for check in parsed.checks)
    return 0 if clean else 1


def _report(parsed: "ParsedFile", spec: "FormatSpec") -> None:
    counts = parsed.counts
    also = "".join(f" + {record.tag}" for record in spec.layout.around)
    print(f"format    {parsed.format_id} ({spec.title})")
    print(f"file      {parsed.name}, {parsed.size} bytes, sha256 {parsed.sha256}")
    print(f"records   {counts.read}{also}")
    print(f"rows      {counts.applied}")
    print(f"rejected  {counts.rejected}")
    for name, value in parsed.facts.items():
        print(f"fact      {name} = {value}")
    for check in parsed.checks:
        state = "ok" if check.ok else "FAILED (reported only)"
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
    from tieout.kernel.money import Money

    if "settlement_net_minor" not in parsed.rows.column_names:
        return
    keys = ["kind", "settlement_currency"]
    sums = parsed.rows.group_by(keys, use_threads=False).aggregate(
        [("settlement_net_minor", "sum"), ("settlement_net_minor", "count")]
    )
    for row in sums.sort_by([(key, "ascending") for key in keys]).to_pylist():
        net = Money(row["settlement_currency"], row["settlement_net_minor_sum"])
        yield f"{row['kind']}: {row['settlement_net_minor_count']} rows, net {net}"


def _write_rows(parsed: "ParsedFile", path: Path) -> None:
    """The rows as JSON lines, whole or not at all."""
    try:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            part = Path(folder, path.name)
            with part.open("w", encoding="utf-8") as out:
                for batch in parsed.rows.to_batches(max_chunksize=BATCH):
                    out.writelines(
                        f"{json.dumps(row, default=_plain, ensure_ascii=False)}\n"
                        for row in batch.to_pylist()
                    )
            part.replace(path)
    except OSError as error:
        raise FileUnreadable(
            f"The rows cannot be written: {error.strerror}.",
            remedy="Name a file in a folder that can be written to.",
            place=Place(str(path)),
        ) from error


def _plain(value: object) -> str:
    """Times in ISO 8601, rates as exact text."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    raise TypeError(f"{type(value)} has no JSON")
