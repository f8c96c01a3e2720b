"""Rate cards: what holds, and what is refused with its line and field."""

import textwrap
from pathlib import Path

import pytest

from tieout.settlement.rate_cards import RateCardError, card_rows, read_rate_card, read_rate_cards


def read(tmp_path: Path, text: str):
    file = tmp_path / "adyen.yaml"
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    return read_rate_card(file)


@pytest.mark.parametrize(
    ("text", "line", "field", "words"),
    [
        ("rates: [", 1, None, "no YAML"),
        ("rates: []\n", 1, "rates", "at least 1"),
        ("rate: 1\nrates:\n- {percent: 1}\n", 1, "rate", "not permitted"),
        ("rates:\n- percent: 1\n- percent: much\n", 3, "rates.1.percent", "decimal"),
        ("rates:\n- {percent: 1}\n- country: Germany\n", 3, "rates.1.country", "pattern"),
        ("rates:\n- {region: EEA}\n", 2, "rates.0.region", "no region 'EEA'"),
        (
            "rates:\n- {country: DE, region: EEA}\nregions: {EEA: [DE]}\n",
            2,
            "rates.0",
            "not both",
        ),
        (
            "rates:\n- {valid_from: 2026-02-01, valid_to: 2026-01-01}\n",
            2,
            "rates.0",
            "before it begins",
        ),
        ("rates:\n- {minimum_minor: 2, maximum_minor: 1}\n", 2, "rates.0", "above the maximum"),
        (
            "rates:\n- percent: 1\n  tiers: [{volume_from_minor: 0}]\n",
            2,
            "rates.0",
            "each tier",
        ),
        ("rates:\n- tiers: [{volume_from_minor: 5}]\n", 2, "rates.0", "first tier"),
    ],
)
def test_what_does_not_hold_is_refused_with_line_and_field(
    tmp_path: Path, text: str, line: int, field: str | None, words: str
) -> None:
    with pytest.raises(RateCardError, match=words) as refused:
        read(tmp_path, text)
    place = refused.value.place
    assert (Path(place.file or "").name, place.line, place.field) == ("adyen.yaml", line, field)
    assert refused.value.remedy


TIES = {
    "the same words": "[{method: visa}, {method: VISA}]",
    "method against currency": "[{method: visa}, {currency: EUR}]",
    "regions that share a country": "[{region: EEA}, {region: DACH}]",
    "days in common": "[{valid_to: 2026-03-01}, {valid_from: 2026-03-01}]",
    "a tier against a rate": "[{percent: 1}, {tiers: [{volume_from_minor: 0}]}]",
    "decided for some days only":
        "[{method: visa}, {currency: EUR}, {method: visa, currency: EUR, valid_to: 2026-03-01}]",
}  # fmt: skip


@pytest.mark.parametrize("rates", TIES.values(), ids=TIES)
def test_two_rates_that_fit_equally_well_are_refused(tmp_path: Path, rates: str) -> None:
    regions = "regions: {EEA: [DE, FR], DACH: [DE, CH]}"
    with pytest.raises(RateCardError, match="rates 0 and 1"):
        read(tmp_path, f"{regions}\nrates: {rates}\n")


FINE = {
    "other words": "[{method: visa}, {method: mc}, {}]",
    "a country beats its region": "[{region: EEA}, {country: DE}]",
    "other countries": "[{region: EEA}, {region: UK}]",
    "one after the other": "[{valid_to: 2026-03-01}, {valid_from: 2026-03-02}]",
    "decided by a third": "[{method: visa}, {currency: EUR}, {method: visa, currency: EUR}]",
    "other kinds": "[{kind: charge}, {kind: refund}]",
    "tiers": "[{tiers: [{volume_from_minor: 0}, {volume_from_minor: 5}]}]",
}


@pytest.mark.parametrize("rates", FINE.values(), ids=FINE)
def test_rates_that_differ_stand_side_by_side(tmp_path: Path, rates: str) -> None:
    card = read(tmp_path, f"regions: {{EEA: [DE, FR], UK: [GB]}}\nrates: {rates}\n")
    assert card_rows(card)


def test_a_folder_has_one_card_per_gateway(tmp_path: Path) -> None:
    with pytest.raises(RateCardError, match="no rate card"):
        read_rate_cards(tmp_path)
    for name in ("adyen", "stripe"):
        (tmp_path / f"{name}.yaml").write_text("rates: [{percent: 1.4}]", encoding="utf-8")
    assert list(read_rate_cards(tmp_path)) == ["adyen", "stripe"]
