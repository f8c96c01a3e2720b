"""The `tieout` command: finds the subcommand's module and runs it.

A command is a module of this package with `add_parser(subparsers)`, which sets `run` as the
parser's default, and `run(args) -> int`, the exit code. A TieoutError ends any command with code 2,
and so does a database that cannot be reached or has no tables of ours.
Only the module of the command that is asked for is imported, so that every command starts fast.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from tieout.kernel.errors import TieoutError

COMMANDS = {
    "identify": "say which format a file has",
    "parse": "read a partner's file by its format",
    "formats": "draft a format for an unknown file",
    "backtest": "try other rules of matching on past business dates",
    "match": "match payments with settlement lines",
    "partners": "load partners, their feeds and accounts",
    "exceptions": "list cases and decide about them; list the codes",
    "certificate": "list, show and verify the daily certificates",
    "explain": "tell the story of an order, a payment or a case",
    "keys": "make, list and revoke keys of storefronts",
    "notices": "list and reword mails to customers and staff",
    "payments": "show a payment with all that was heard of it; charge a kept card once more",
    "preview": "show the purchase-order file of an order in its vendor's format",
    "purchases": "list and show watched purchases; decide where no proof came",
    "quarantine": "list, show, correct or discard rows that were set aside",
    "settlement": "undo, make and write off matches; close the books; show fees and lags",
    "status": "say how things stand",
    "stock": "say which articles we keep, enter receipts, cancel a line, show what is where",
    "store": "list, open and close storefronts",
    "tracking": "say whose tracking number that can be",
}
"""Every command and its one-line help; the module has the command's name."""

REFUSED = 2


class DatabaseNotReady(TieoutError):  # noqa: N818 (it says what is wrong)
    """The database does not answer, or is not Tieout's yet."""

    slug = "database-not-ready"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's own); the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    args = _parser(arguments).parse_args(arguments)
    try:
        return int(args.run(args))
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except Exception as error:
        named = error if isinstance(error, TieoutError) else _database_trouble(error)
        if named is None:
            raise
        print(f"tieout: {named}", file=sys.stderr)
        return REFUSED


def _database_trouble(error: Exception) -> DatabaseNotReady | None:
    driver = sys.modules.get("psycopg")  # without it, no database was asked
    cause = getattr(error, "orig", None)
    if driver and isinstance(cause, driver.errors.UndefinedTable):
        return DatabaseNotReady(
            "The database has no tables of Tieout yet.",
            remedy="Start Tieout once with `make up`, which makes them.",
        )
    if driver and isinstance(cause, driver.OperationalError):
        return DatabaseNotReady(
            f"The database cannot be used: {' '.join(str(cause).split())}.",
            remedy="Start it, or correct TIEOUT_DATABASE_URL.",
        )
    return None


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tieout", description="Ties out online sales, from the order to the cash in the bank."
    )
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    asked = next((word for word in arguments if not word.startswith("-")), None)
    for name, text in COMMANDS.items():
        if name == asked:
            import_module(f"tieout.cli.{name}").add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=text)
    return parser
