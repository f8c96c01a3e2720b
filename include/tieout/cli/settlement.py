"""`tieout settlement`: what people decide about matches, open money and the books' periods.

And reports: fees, conversions and the settlement lag of gateways.
"""

import argparse
import getpass
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from tieout.cli import settlement_books

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tieout.kernel.audit import Decision

_LISTS = {"waiting": "write-offs that wait for a second person", "periods": "closed periods"}
_REPORTS = {
    "fees": "show fees per gateway and month: expected, found, and the difference",
    "fx": "show what conversion cost per gateway and month",
    "lags": "show how long gateways take to settle, and the grace that follows",
}
"""What is shown, by the report of include/sql/settlement/<name>."""
_NUMBERED = {
    "unmatch": ("undo a match for good: no run makes it again", "the match, as in `explain`"),
    "unmatch-payout": ("undo a match of payouts and bank lines for good", "the payout match"),
    "approve": ("carry out a write-off that another person proposed", "the write-off"),
    "reject": ("say no to a proposed write-off", "the write-off"),
    "reopen": ("take a write-off back", "the write-off"),
}
_PERIODS = {
    "close": "close the books of reconciled days",
    "reopen-period": "open a closed period again",
    "lock": "lock a closed period for ever",
}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "settlement",
        help="undo, make and write off matches; close the books; show fees and lags",
        description="Decisions about settlement: docs/operators/settlement.md.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, text in _LISTS.items():
        actions.add_parser(name, help=f"list {text}")
    for name, text in _REPORTS.items():
        report = actions.add_parser(name, help=text)
        if name == "lags":
            report.add_argument(
                "--date",
                type=date.fromisoformat,
                default=datetime.now(UTC).date(),
                help="as known on that business date (default: today)",
            )
    for name, (text, number) in _NUMBERED.items():
        action = actions.add_parser(name, help=text)
        action.add_argument("number", type=int, metavar="N", help=f"number of {number}")
        _decision(action)
    match = actions.add_parser("match", help="tie payments and lines together")
    match.add_argument("--payment", nargs="+", required=True, metavar="REF", help="our references")
    match.add_argument("--line", nargs="+", type=int, required=True, metavar="N", help="lines")
    match.add_argument(
        "--write-off-variance", action="store_true", help="give up what the sums differ by"
    )
    _decision(match)
    payout = actions.add_parser("match-payout", help="tie payouts and bank lines together")
    for name, what in (("payout", "payouts"), ("bank-line", "bank lines")):
        payout.add_argument(f"--{name}", nargs="+", type=int, required=True, metavar="N", help=what)
    payout.add_argument(
        "--write-off-variance", action="store_true", help="give up what the sums differ by"
    )
    _decision(payout)
    write_off = actions.add_parser("write-off", help="give up one open payment or line")
    one = write_off.add_mutually_exclusive_group(required=True)
    one.add_argument("--payment", metavar="REF", help="our reference")
    one.add_argument("--line", type=int, metavar="N", help="the line, as in `explain`")
    _decision(write_off)
    for name, text in _PERIODS.items():
        action = actions.add_parser(name, help=text)
        action.add_argument("first_day", type=date.fromisoformat, metavar="FIRST_DAY")
        action.add_argument("last_day", type=date.fromisoformat, metavar="LAST_DAY")
        _decision(action)
    parser.set_defaults(run=run)
    settlement_books.add_actions(actions)


def _decision(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", required=True, help="why, for the audit log")
    parser.add_argument("--actor", default=getpass.getuser(), help="who decides (default: you)")


def run(args: argparse.Namespace) -> int:
    """List or decide; 0, or TieoutError (exit code 2) and nothing changed."""
    from tieout.kernel.audit import Decision
    from tieout.kernel.database import transaction
    from tieout.kernel.settings import settings

    actor = getattr(args, "actor", "tieout settlement")
    with transaction(settings().database_url, actor=actor) as connection:
        if args.action in _REPORTS:
            said = _report(connection, args)
        elif args.action in _LISTS:
            said = _listed(connection, args.action)
        else:
            decision = Decision(actor, args.reason, datetime.now(UTC))
            decide = _decide_period if args.action in _PERIODS else _decide
            said = decide(connection, args, decision)
    print(said)
    return 0


def _report(connection: "Connection", args: argparse.Namespace) -> str:
    from tieout.cli.status import table
    from tieout.kernel.database import fetch

    named = {"business_date": args.date} if args.action == "lags" else {}
    return "\n".join(table(fetch(connection, f"settlement/{args.action}/report", **named)))


def _listed(connection: "Connection", what: str) -> str:
    from tieout.settlement import decisions, periods

    rows = periods.periods(connection) if what == "periods" else decisions.waiting(connection)
    show = _period if what == "periods" else _proposal
    return "\n".join([*map(show, rows), f"{len(rows)} {what}"])


def _period(row: Mapping[str, Any]) -> str:
    return f"{row['first_day']} to {row['last_day']} {row['status']:<6} {row['status_reason']}"


def _proposal(row: Mapping[str, Any]) -> str:
    from tieout.exceptions.digest import amount

    money = amount(row["amount_minor"], row["currency"])
    subjects = [
        *row["payment_refs"],
        *(f"line:{number}" for number in row["line_ids"]),
        *(f"payout:{number}" for number in row["payout_ids"]),
        *(f"bank:{number}" for number in row["bank_line_ids"]),
    ]
    kind = "variance of " if row["is_variance"] else ""
    return (
        f"{row['write_off_id']:>8} {row['gateway']:<12} {money:>16}  by {row['proposed_by']}: "
        f"{kind}{', '.join(subjects)}"
    )


def _decide(connection: "Connection", args: argparse.Namespace, decision: "Decision") -> str:
    from tieout.settlement import decisions, payout_decisions

    done = {
        "unmatch": decisions.unmatch,
        "unmatch-payout": payout_decisions.unmatch_payout,
        "reject": decisions.reject,
        "reopen": decisions.reopen,
    }.get(args.action)
    if done is not None:
        done(connection, args.number, decision)
        return f"{args.action}: {args.number}"
    if args.action == "approve":
        made = decisions.approve(connection, args.number, decision)
    elif args.action == "match-payout":
        made = payout_decisions.match_payout(
            connection,
            args.payout,
            args.bank_line,
            decision,
            write_off_variance=args.write_off_variance,
        )
    elif args.action == "match":
        made = decisions.match(
            connection,
            args.payment,
            args.line,
            decision,
            write_off_variance=args.write_off_variance,
        )
    else:
        made = decisions.write_off(
            connection, decision, payment_ref=args.payment, line_id=args.line
        )
    if made.waits:
        return f"write-off {made.write_off_id} waits for another person to approve it"
    names = {"match": made.match_no, "write-off": made.write_off_id}
    return ", ".join(f"{name} {number}" for name, number in names.items() if number is not None)


def _decide_period(connection: "Connection", args: argparse.Namespace, decision: "Decision") -> str:
    from tieout.settlement import periods

    change = {
        "close": periods.close,
        "reopen-period": periods.reopen_period,
        "lock": periods.lock_period,
    }[args.action]
    change(connection, args.first_day, args.last_day, decision)
    return f"{args.action}: {args.first_day} to {args.last_day}"
