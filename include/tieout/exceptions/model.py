"""The words of exceptions: a rule is a code, its query, and how its cases behave."""

import re
from dataclasses import dataclass
from enum import StrEnum

AGE_STEP_DAYS = 5
"""After so many days a case that is no trifle counts one step more severe."""

_GRACE = re.compile(r"(?P<amount>\d+) (?P<unit>run|(?:business )?(?:hour|day))s?")
_INHIBITION = re.compile(r"(?P<code>[A-Z][A-Z_]+) by (?P<kind>[a-z_]+)")


class Severity(StrEnum):
    """How urgent a case is, least urgent first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class GraceUnit(StrEnum):
    """How grace is counted: not at all, until the next run, in hours, in hours of business days."""

    NONE = "none"
    RUN = "run"
    HOUR = "hour"
    BUSINESS_HOUR = "business hour"


@dataclass(frozen=True)
class Grace:
    """How long a new case waits before it opens. A business day has 24 business hours."""

    unit: GraceUnit
    amount: int = 0


@dataclass(frozen=True)
class Inhibition:
    """A case waits behind a live case of `parent_code` that touches the same key of `key_kind`."""

    parent_code: str
    key_kind: str


@dataclass(frozen=True)
class Rule:
    """One kind of exception: `query` returns what offends now; `remedy` says what to do."""

    code: str
    purpose: str
    severity: Severity
    grace: Grace
    inhibited_by: tuple[Inhibition, ...]
    remedy: str
    resolves: str
    query: str


def parse_grace(text: str) -> Grace:
    """The grace that a rule's head states: `0`, `1 run`, `24 hours`, `2 business days`.

    Raises ValueError for any other text.
    """
    if text == "0":
        return Grace(GraceUnit.NONE)
    found = _GRACE.fullmatch(text)
    if found is None or (found["unit"] == "run" and found["amount"] != "1"):
        raise ValueError(text)
    factor = 24 if found["unit"].endswith("day") else 1
    unit = GraceUnit(found["unit"].replace("day", "hour"))
    return Grace(unit, int(found["amount"]) * factor)


def parse_inhibitions(text: str) -> tuple[Inhibition, ...]:
    """What inhibits a rule, as its head states it: `FILE_REFUSED by feed, ROW_REJECTED by payment`.

    Raises ValueError for any other text.
    """
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    found = [_INHIBITION.fullmatch(part) for part in parts]
    if None in found:
        raise ValueError(text)
    return tuple(Inhibition(match["code"], match["kind"]) for match in found if match)
