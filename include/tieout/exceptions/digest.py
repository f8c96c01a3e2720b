"""The digest: one mail a business day that says what is open; its counts are those of the cases."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tieout.exceptions.registry import rules
from tieout.exchange.outbox import OutgoingMail, plan_mail
from tieout.kernel.database import fetch
from tieout.kernel.money import Money
from tieout.kernel.settings import settings
from tieout.kernel.time import local_day

MAIL_CONNECTION = "smtp"
MOST_URGENT = 20
_STATES = ("open", "acked", "snoozed", "suppressed", "pending")
_Row = Mapping[str, Any]


def plan_digest(connection: Connection, as_of: datetime) -> int:
    """Plan the digest of the instant's business day; returns its effect_id.

    The first call of a day writes it. Later ones return the same mail, whatever has changed.
    """
    if planned := planned_digest(connection, as_of):
        return planned
    day = local_day(as_of, settings().zone)
    counts = fetch(connection, "exceptions/run/digest_counts")
    urgent = fetch(connection, "exceptions/run/most_urgent", most=MOST_URGENT)
    mail = OutgoingMail(
        effect_key=_key(as_of),
        connection_id=MAIL_CONNECTION,
        sender=settings().mail_from,
        recipients=[settings().mail_to],
        subject=f"[Tieout] {day}: {sum(row['open'] for row in counts)} open exceptions",
        text=digest_text(counts, urgent, as_of),
        repeatable=True,
    )
    return plan_mail(connection, mail, as_of)


def planned_digest(connection: Connection, as_of: datetime) -> int | None:
    """The effect_id of the digest of the instant's business day; None if none is planned."""
    planned = fetch(connection, "exceptions/run/digest_planned", effect_key=_key(as_of))
    return int(planned[0]["effect_id"]) if planned else None


def digest_text(counts: Sequence[_Row], urgent: Sequence[_Row], as_of: datetime) -> str:
    """The mail's text: cases by severity and code, then the most urgent with what to do."""
    total = {state: sum(row[state] for row in counts) for state in _STATES}
    lines = [
        f"Exceptions as of {as_of:%Y-%m-%d %H:%M} UTC: "
        + ", ".join(f"{count} {state}" for state, count in total.items())
        + ".",
        "",
        *(_count_line(row) for row in counts),
    ]
    if urgent:
        lines += ["", f"Most urgent ({len(urgent)} of {total['open']} open):", ""]
        lines += [_case_line(row) for row in urgent]
        lines += ["", "What to do:", ""]
        remedies = {rule.code: rule.remedy for rule in rules()}
        lines += [f"{code}: {remedies.get(code, '')}" for code in dict.fromkeys(_codes(urgent))]
    return "\n".join(lines) + "\n"


def amount(minor: int | None, currency: str | None) -> str:
    """An amount as people read it, empty where a case has none."""
    return "" if minor is None or currency is None else str(Money(currency, minor))


def _key(as_of: datetime) -> str:
    return f"digest:{local_day(as_of, settings().zone)}:{settings().mail_to}"


def _codes(rows: Sequence[_Row]) -> list[str]:
    return [row["code"] for row in rows]


def _count_line(row: _Row) -> str:
    states = ", ".join(f"{row[state]} {state}" for state in _STATES if row[state])
    at_risk = amount(row["amount_minor"], row["currency"])
    return f"{row['severity']:<9} {row['code']:<26} {states}{f'; {at_risk}' if at_risk else ''}"


def _case_line(row: _Row) -> str:
    at_risk = amount(row["amount_minor"], row["currency"]) or "-"
    return (
        f"case {row['exception_case_id']}: {row['severity']} {row['code']} {row['subject']}"
        f" ({row['partner_id'] or 'no partner'}, {at_risk}, since {row['since']:%Y-%m-%d})"
    )
