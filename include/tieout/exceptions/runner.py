"""The runner: what offends now becomes, touches or closes cases. All of it set at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from sqlalchemy import Connection, text

from tieout.exceptions.model import AGE_STEP_DAYS, Rule
from tieout.kernel.database import execute, fetch
from tieout.kernel.staging import stage

_STEPS = "exceptions/run"
_RULE = pa.schema(
    [
        ("code", pa.string()),
        ("severity", pa.string()),
        ("grace_unit", pa.string()),
        ("grace_amount", pa.int32()),
    ]
)
_INHIBITION = pa.schema(
    [("code", pa.string()), ("parent_code", pa.string()), ("key_kind", pa.string())]
)


@dataclass(frozen=True)
class Raised:
    """What a run did, in cases: `seen` rows offend, `new` of them for the first time now."""

    seen: int
    new: int
    opened: int
    resolved: int
    suppressed: int
    released: int


def run_rules(connection: Connection, rules: Sequence[Rule], as_of: datetime) -> Raised:
    """Run all rules as of an instant and bring the cases up to what they find.

    The same instant on the same rows changes nothing. A code without a rule loses its cases.
    """
    find_offences(connection, rules, as_of)
    _step(connection, "touch_known", as_of)
    _step(connection, "insert_new", as_of)
    resolved = _step(connection, "resolve_gone", as_of)
    execute(connection, f"{_STEPS}/create_inhibited")
    execute(connection, f"{_STEPS}/find_inhibited")
    released = _step(connection, "release", as_of)
    suppressed = _step(connection, "suppress", as_of)
    opened = _step(connection, "open_due", as_of)
    (counted,) = fetch(connection, f"{_STEPS}/count_seen", as_of=as_of)
    return Raised(counted["seen"], counted["new"], opened, resolved, suppressed, released)


def find_offences(connection: Connection, rules: Sequence[Rule], as_of: datetime) -> None:
    """Fill the temporary tables `offence` (as the rules return it) and `judged` (with severity)."""
    _stage_rules(connection, rules)
    execute(connection, f"{_STEPS}/create_offence")
    for rule in rules:
        connection.execute(text(_offences_of(rule)), {"code": rule.code, "as_of": as_of})
    execute(connection, f"{_STEPS}/create_judged")
    execute(connection, f"{_STEPS}/judge", as_of=as_of, age_days=AGE_STEP_DAYS)
    connection.execute(text("ANALYZE judged"))


def _step(connection: Connection, name: str, as_of: datetime) -> int:
    return execute(connection, f"{_STEPS}/{name}", as_of=as_of)


def _stage_rules(connection: Connection, rules: Sequence[Rule]) -> None:
    heads = [
        {
            "code": rule.code,
            "severity": rule.severity.value,
            "grace_unit": rule.grace.unit.value,
            "grace_amount": rule.grace.amount,
        }
        for rule in rules
    ]
    inhibitions = [
        {"code": rule.code, "parent_code": parent.parent_code, "key_kind": parent.key_kind}
        for rule in rules
        for parent in rule.inhibited_by
    ]
    stage(connection, "rule", pa.Table.from_pylist(heads, _RULE))
    stage(connection, "inhibition", pa.Table.from_pylist(inhibitions, _INHIBITION))


def _offences_of(rule: Rule) -> str:
    columns = "subject, partner_id, amount_minor, currency, since, keys, evidence"
    return (
        f"INSERT INTO offence (code, {columns})\n"
        f"SELECT :code, {columns} FROM (\n{rule.query}\n) AS found"
    )
