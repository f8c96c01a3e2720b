"""Scenario files: what they may say, and how clearly a wrong one is refused."""

from datetime import date
from pathlib import Path

import pytest

from tieout.world.scenario import BUNDLED, Faults, Scenario, ScenarioError, load_scenario


def written(folder: Path, text: str) -> Path:
    file = folder / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_bundled_scenario_plants_every_kind_of_fault() -> None:
    scenario = load_scenario(BUNDLED)
    assert (scenario.days, scenario.orders_per_day, scenario.vendors) == (3, 1000, 40)
    assert [name for name in Faults.model_fields if not getattr(scenario.faults, name)] == []


def test_empty_file_is_the_scenario_of_the_defaults(tmp_path: Path) -> None:
    assert load_scenario(written(tmp_path, "")) == Scenario()


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        ("dayz: 3", "dayz", "Allowed here: converted, currencies, days,"),
        ("faults: {late: 1}", "faults.late", "Allowed here: adjustment_unexplained,"),
        ("shares: {spools: 1}", "shares.spools", "Allowed here: abandoned,"),
        ("faults: {unknown_sku: 1.5}", "faults.unknown_sku", "less than or equal to 1"),
        ("gateways: [paypal]", "gateways.0", "'adyen' or 'stripe'"),
        ("gateways: [adyen, adyen]", "scenario", "names something twice"),
        ("currencies: [usd]", "scenario", "'usd' is not a currency code"),
        ("days: 0", "days", "greater than or equal to 1"),
        ("promise_days: 1", "promise_days", "greater than or equal to 2"),
        ("- 1", "scenario", "valid dictionary"),
    ],
)
def test_wrong_scenario_is_refused_with_its_key(
    tmp_path: Path, text: str, key: str, says: str
) -> None:
    file = written(tmp_path, text)
    with pytest.raises(ScenarioError) as refused:
        load_scenario(file)
    assert refused.value.place.file == str(file)
    assert refused.value.place.field == key
    assert says in str(refused.value)


def test_no_file_and_no_yaml_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        load_scenario(tmp_path / "none.yaml")
    with pytest.raises(ScenarioError, match="line 2"):
        load_scenario(written(tmp_path, "days: 3\nfaults: [1"))


def test_orders_come_on_business_days_and_on_weekends_between_if_open() -> None:
    friday = date(2026, 3, 6)
    closed = Scenario(first_day=friday, days=2)
    assert closed.order_days == [friday, date(2026, 3, 9)]
    opened = Scenario(first_day=friday, days=2, weekend="open")
    assert [day.day for day in opened.order_days] == [6, 7, 8, 9]


def test_everything_has_come_due_some_business_days_after_the_last_orders() -> None:
    wednesday = Scenario(days=3)
    assert wednesday.last_due_day == date(2026, 3, 11)
    assert Scenario(days=3, promise_days=5).last_due_day == date(2026, 3, 16)
