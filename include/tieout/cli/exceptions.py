"""`tieout exceptions`: the codes, the live cases, and what people decide about them."""

import argparse
import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tieout.exceptions.model import GraceUnit, Rule

if TYPE_CHECKING:
    from sqlalchemy import Connection

STATES = ("PENDING", "OPEN", "ACKED", "SNOOZED", "SUPPRESSED")
ACTIONS = {
    "ack": "say that somebody works on it",
    "snooze": "hide it until a time, or until it becomes more severe",
    "resolve": "say that it is settled",
    "write-off": "accept the loss",
    "false-alarm": "say that it is no problem",
}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "exceptions",
        help="list cases and decide about them; list the codes",
        description="Cases and their codes: docs/operators/exceptions.md.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("codes", help="list the codes and what to do, in Markdown")
    found = actions.add_parser("list", help="list live cases, the most urgent first")
    found.add_argument("--status", choices=STATES)
    found.add_argument("--code", metavar="CODE", help="such as FILE_REFUSED")
    found.add_argument("--partner", metavar="ID")
    found.add_argument("--limit", type=int, default=100)
    for name, help_text in ACTIONS.items():
        action = actions.add_parser(name, help=help_text)
        action.add_argument("ids", type=int, nargs="+", metavar="ID", help="numbers of cases")
        action.add_argument("--reason", required=True, help="why, for the audit log")
        action.add_argument("--actor", default=getpass.getuser(), help="who decides (default: you)")
        if name == "snooze":
            action.add_argument(
                "--until",
                required=True,
                type=_instant,
                metavar="TIME",
                help="such as 2026-03-02T09:00+01:00",
            )
    parser.set_defaults(run=run)


def _instant(value: str) -> datetime:
    """An instant with its zone."""
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{value} has no zone, such as Z or +01:00")
    return found.astimezone(UTC)


def run(args: argparse.Namespace) -> int:
    """List or decide; 0, or TieoutError (exit code 2) and nothing changed."""
    if args.action == "codes":
        from tieout.exceptions.registry import rules

        print("\n".join(code_table(rules())))
        return 0
    from tieout.kernel.database import transaction
    from tieout.kernel.settings import settings

    actor = getattr(args, "actor", "tieout exceptions")
    with transaction(settings().database_url, actor=actor) as connection:
        if args.action == "list":
            _print_list(connection, args)
        else:
            _decide(connection, args)
    return 0


def _print_list(connection: "Connection", args: argparse.Namespace) -> None:
    from tieout.exceptions.decisions import live_cases
    from tieout.exceptions.digest import amount

    cases = live_cases(
        connection,
        status=args.status,
        code=args.code,
        partner_id=args.partner,
        limit=args.limit,
    )
    for case in cases:
        at_risk = amount(case["amount_minor"], case["currency"]) or "-"
        print(
            f"{case['exception_case_id']:>8} {case['status']:<10} {case['severity']:<8} "
            f"{case['code']:<24} {case['partner_id'] or '-':<12} {at_risk:>16}  "
            f"{case['since']:%Y-%m-%d}  {case['subject']}"
        )
    print(f"{len(cases)} cases")


def _decide(connection: "Connection", args: argparse.Namespace) -> None:
    from tieout.exceptions.decisions import Verdict, decide

    until = getattr(args, "until", None)
    decide(
        connection,
        args.ids,
        Verdict(args.action, args.actor, args.reason, datetime.now(UTC), until),
    )
    print(f"{args.action}: {', '.join(map(str, args.ids))}")


def code_table(rules: tuple[Rule, ...]) -> list[str]:
    """The table of codes in Markdown."""
    lines = [
        "| code | severity | opens after | waits behind | means | what to do | resolves when |",
        "|---|---|---|---|---|---|---|",
    ]
    return lines + [
        f"| {rule.code} | {rule.severity} | {_grace(rule)} | {_parents(rule)} | {rule.purpose}"
        f" | {rule.remedy} | {rule.resolves} |"
        for rule in rules
    ]


def _grace(rule: Rule) -> str:
    unit, amount = rule.grace.unit, rule.grace.amount
    if unit == GraceUnit.NONE:
        return "at once"
    if unit == GraceUnit.BUSINESS_HOUR and amount % 24 == 0:
        return f"{amount // 24} business days"
    return f"{amount} {unit}{'s' if amount > 1 else ''}"


def _parents(rule: Rule) -> str:
    return ", ".join(f"{each.parent_code} ({each.key_kind})" for each in rule.inhibited_by)
