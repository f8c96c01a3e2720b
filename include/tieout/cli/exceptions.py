"""`tieout exceptions`: the codes that there are, what each means and what to do."""

import argparse

from tieout.exceptions.model import GraceUnit, Rule


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "exceptions",
        help="list the exception codes and what to do",
        description="Lists the exception codes as the table of docs/operators/exceptions.md.",
    )
    parser.set_defaults(run=run)


def run(_args: argparse.Namespace) -> int:
    """Print the table in Markdown; 0."""
    from tieout.exceptions.registry import rules

    print("\n".join(code_table(rules())))
    return 0


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
