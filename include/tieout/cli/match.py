"""`tieout match`: match two files, write matches, exceptions, open payments and the proof."""

import argparse
import json
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tieout.kernel.errors import Place, TieoutError
from tieout.settlement.engine import OUTPUTS, Limits, Matched, References, matching
from tieout.settlement.model import GatewaySettings, MatchSettings
from tieout.settlement.near_misses import near_miss_lines
from tieout.settlement.spark_store import spark_store
from tieout.settlement.stores import Store

_DEFAULTS = GatewaySettings()


class OutputRefused(TieoutError):  # noqa: N818 (it is what happened to the output)
    """The results cannot be written where they should go."""

    slug = "match-output"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `match` to the command line."""
    parser = subparsers.add_parser(
        "match",
        help="match payments with settlement lines",
        description="Match payments with settlement lines. Writes matches, exceptions, open, links,"
        " open_lines, near_misses and proof.json into --out. Columns and rules: docs/matching.md.",
    )
    parser.add_argument("--payments", type=Path, required=True, help="Parquet or CSV file")
    parser.add_argument("--lines", type=Path, required=True, help="Parquet or CSV file")
    parser.add_argument("--rates", type=Path, help="reference rates, to convert by")
    parser.add_argument("--payouts", type=Path, help="totals, to search lines that name nothing")
    parser.add_argument(
        "--as-of", type=_moment, required=True, help="date or UTC time that lateness is judged by"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    parser.add_argument("--window-days", type=_count, default=_DEFAULTS.window_days)
    parser.add_argument("--tolerance-minor", type=_count, default=_DEFAULTS.tolerance_minor)
    parser.add_argument("--overdue-days", type=_count, default=_DEFAULTS.overdue_days)
    parser.add_argument("--fx-band-bps", type=_count, default=_DEFAULTS.fx_band_bps)
    parser.add_argument("--reserve-days", type=_count, default=_DEFAULTS.reserve_days)
    parser.add_argument(
        "--format", choices=("parquet", "csv"), help="of the results (default: as --payments)"
    )
    parser.add_argument("--memory", default=Limits().memory, help="limit, such as 2GB (default)")
    parser.add_argument("--threads", type=_threads, help="default: one per core")
    parser.add_argument(
        "--engine", choices=("duckdb", "spark"), default="duckdb", help="where the passes run"
    )
    parser.add_argument(
        "--master", default="local[*]", help="of --engine spark (spark://host:port)"
    )
    parser.add_argument(
        "--scratch",
        help="URI of an empty folder that all of Spark can write (default: in --out)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Match, write, and say on one line each what was found; 0, or TieoutError."""
    out: Path = args.out
    suffix = args.format or ("csv" if args.payments.suffix.lower() == ".csv" else "parquet")
    settings = _settings(args)
    references = References(args.rates, args.payouts)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as partial:
            limits = Limits(args.memory, args.threads, Path(partial))
            with (
                _store(args, Path(partial)) as store,
                matching(args.payments, args.lines, settings, limits, store, references) as matched,
            ):
                _write(matched, settings, Path(partial), suffix)
                print(_summary(matched))
            _publish(Path(partial), out)
    except OSError as error:
        raise OutputRefused(
            f"The results cannot be written: {error.strerror or error}.",
            remedy="Give --out a folder that can be made and written to.",
            place=Place(str(out)),
        ) from None
    return 0


def _settings(args: argparse.Namespace) -> MatchSettings:
    default = GatewaySettings(
        args.window_days,
        args.tolerance_minor,
        args.overdue_days,
        fx_band_bps=args.fx_band_bps,
        reserve_days=args.reserve_days,
    )
    return MatchSettings(args.as_of, default)


def _store(args: argparse.Namespace, partial: Path) -> AbstractContextManager[Store | None]:
    """Where the passes run; None is the engine's own DuckDB."""
    if args.engine == "duckdb":
        return nullcontext()
    return spark_store(args.master, args.scratch or (partial / "spark").absolute().as_uri())


def _write(matched: Matched, settings: MatchSettings, folder: Path, suffix: str) -> None:
    for output in OUTPUTS:
        matched.write(output, folder / f"{output}.{suffix}")
    proof = {
        "as_of": settings.as_of.isoformat(),
        "settings": vars(settings.default),
    } | matched.proof.as_json()
    (folder / "proof.json").write_text(json.dumps(proof, indent=2) + "\n", encoding="utf-8")


def _publish(partial: Path, out: Path) -> None:
    """Move finished files into place, the proof last, so that its presence says "complete"."""
    out.mkdir(exist_ok=True)
    (out / "proof.json").unlink(missing_ok=True)
    files = [path for path in partial.iterdir() if path.is_file()]
    for path in sorted(files, key=lambda path: path.name == "proof.json"):
        path.replace(out / path.name)


def _summary(matched: Matched) -> str:
    proof = matched.proof
    lines = [f"matched {count:>12,}  {name}" for name, count in proof.by_pass.items()]
    lines += [f"case    {count:>12,}  {code}" for code, count in proof.by_code.items()]
    lines += [f"near    {line}" for line in near_miss_lines(matched.near_misses())]
    return "\n".join([*lines, "unexplained         0"])


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no date; write it as 2026-11-22 or 2026-11-22T06:00:00Z"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 15:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 0")
    return int(text)


def _threads(text: str) -> int:
    if not _count(text):
        raise argparse.ArgumentTypeError("at least one thread is needed")
    return int(text)
