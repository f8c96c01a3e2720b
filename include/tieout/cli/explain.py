"""`tieout explain ID`: the story of an order or a payment, down to file, line and raw text."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tieout.settlement.story import Event


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "explain",
        help="tell the story of an order, a payment or a case",
        description="Tells all that is known about a reference in order of time, with the file, "
        "its SHA-256, the line and its raw text.",
    )
    parser.add_argument(
        "id",
        metavar="ID",
        help="an order, payment, gateway, payout or vendor order reference, a tracking number, "
        "line:N (settlement line), match:N, write-off:N, payout:N, payout-match:N, bank:N (bank "
        "line) or case:N",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the story. Raises NothingKnown (exit code 2) when there is none."""
    from tieout.kernel.database import transaction
    from tieout.kernel.settings import settings
    from tieout.settlement.story import story

    with transaction(settings().database_url, actor="explain") as connection:
        told = story(connection, args.id)
    for event in told:
        print("\n".join(_lines(event)))
    return 0


def _lines(event: "Event") -> list[str]:
    when = f"{event.at:%Y-%m-%d %H:%M:%S}" if event.at else " " * 19
    indent = " " * 21
    return [
        f"{when}  {event.what}",
        *([f"{indent}from {event.place}"] if event.place else []),
        *(f"{indent}| {text}" for text in event.raw),
    ]
