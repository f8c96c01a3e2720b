"""Rules as data: grace and inhibition as heads state them, and heads that do not hold."""

from pathlib import Path

import pytest

from tieout.exceptions import registry
from tieout.exceptions.model import (
    Grace,
    GraceUnit,
    Inhibition,
    Severity,
    parse_grace,
    parse_inhibitions,
)
from tieout.kernel.errors import SettingsError
from tieout.kernel.sqlfiles import SqlFile

HEAD = {
    "purpose": "For a test.",
    "severity": "low",
    "grace": "0",
    "remedy": "Do it.",
    "resolves": "it is done",
}


@pytest.fixture(autouse=True)
def _forget_rules():
    registry.rules.cache_clear()
    yield
    registry.rules.cache_clear()


def have(monkeypatch: pytest.MonkeyPatch, **heads: dict[str, str | None]) -> None:
    files = tuple(
        SqlFile(
            Path(f"exceptions/{name}.sql"),
            {key: value for key, value in (HEAD | head).items() if value is not None},
            "SELECT 1",
        )
        for name, head in heads.items()
    )
    monkeypatch.setattr(registry, "sql_folder", lambda _: files)


@pytest.mark.parametrize(
    ("text", "grace"),
    [
        ("0", Grace(GraceUnit.NONE)),
        ("1 run", Grace(GraceUnit.RUN, 1)),
        ("24 hours", Grace(GraceUnit.HOUR, 24)),
        ("3 days", Grace(GraceUnit.HOUR, 72)),
        ("1 business hour", Grace(GraceUnit.BUSINESS_HOUR, 1)),
        ("2 business days", Grace(GraceUnit.BUSINESS_HOUR, 48)),
    ],
)
def test_grace(text: str, grace: Grace) -> None:
    assert parse_grace(text) == grace


@pytest.mark.parametrize("text", ["", "2 runs", "soon", "1 business run", "-1 hours", "1.5 days"])
def test_grace_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text}$"):
        parse_grace(text)


def test_inhibitions() -> None:
    assert parse_inhibitions("") == ()
    assert parse_inhibitions("A_B by feed, C_D by payment") == (
        Inhibition("A_B", "feed"),
        Inhibition("C_D", "payment"),
    )
    with pytest.raises(ValueError, match="A_B feed"):
        parse_inhibitions("A_B feed")


def test_a_head_makes_a_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    have(monkeypatch, late_thing={}, other_thing={"inhibited-by": "LATE_THING by order"})
    first, second = registry.rules()
    assert (first.code, first.severity, first.query) == ("LATE_THING", Severity.LOW, "SELECT 1")
    assert second.inhibited_by == (Inhibition("LATE_THING", "order"),)


@pytest.mark.parametrize(
    "head",
    [
        {"severity": None},
        {"severity": "urgent"},
        {"grace": "soon"},
        {"remedy": None},
        {"inhibited-by": "whatever"},
        {"inhibited-by": "NOBODY by order"},
        {"inhibited-by": "ONE_THING by order"},
    ],
)
def test_a_head_that_does_not_hold_is_refused(monkeypatch: pytest.MonkeyPatch, head) -> None:
    have(monkeypatch, one_thing=head)
    with pytest.raises(SettingsError):
        registry.rules()


def test_rules_that_inhibit_each_other_in_a_circle_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    have(
        monkeypatch,
        aa={"inhibited-by": "BB by order"},
        bb={"inhibited-by": "CC by order"},
        cc={"inhibited-by": "AA by order"},
    )
    with pytest.raises(SettingsError, match="inhibited by itself"):
        registry.rules()
