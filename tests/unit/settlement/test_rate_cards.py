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


def sheet(tmp_path: Path, text: str, terms: str = ""):
    file = tmp_path / "adyen.csv"
    file.write_bytes(text.encode())
    if terms:
        file.with_suffix(".yaml").write_text(terms, encoding="utf-8")
    return read_rate_card(file)


SAME = """
    amounts_in: EUR
    regions: {EEA: [DE, FR]}
    rates:
    - {percent: 2.2, fixed_minor: 25}
    - {method: visa, region: EEA, percent: 1.1, valid_from: 2026-07-01}
    - method: ideal
      tiers:
      - {volume_from_minor: 0, fixed_minor: 29}
      - {volume_from_minor: 500000000, fixed_minor: 22, maximum_minor: 30}
    - {kind: refund, percent: -0.5}
"""
TERMS = "amounts_in: EUR\nregions: {EEA: [DE, FR]}\n"
HEAD = "kind,method,region,valid_from,volume_from_minor,percent,fixed_minor,maximum_minor"
ROWS = """
,,,,,2.2,25,
,visa,EEA,2026-07-01,,1.1,,
,ideal,,,0,,29,

,ideal,,,500000000,,22,30
refund,,,,,-0.5,,
"""


@pytest.mark.parametrize(
    "text",
    [
        HEAD + ROWS,
        "\ufeff" + (HEAD + ROWS).replace(",", ";").replace("\n", "\r\n"),
        (HEAD + ROWS).replace(",", "\t"),
    ],
    ids=["comma", "spreadsheet", "tab"],
)
def test_a_sheet_says_what_yaml_says(tmp_path: Path, text: str) -> None:
    rows = card_rows(sheet(tmp_path, text, TERMS))
    (tmp_path / "whole").mkdir()
    same = card_rows(read(tmp_path / "whole", SAME))
    assert [(row.rate, row.price, row.countries, row.amounts_in) for row in rows] == [
        (row.rate, row.price, row.countries, row.amounts_in) for row in same
    ]
    assert [row.place for row in rows] == [f".csv, line {line}" for line in (2, 3, 4, 6, 7)]


@pytest.mark.parametrize(
    ("text", "line", "field", "words"),
    [
        ("", None, None, "at least 1"),
        ("fee\n1\n", 1, "fee", "no column 'fee', only kind, method"),
        ("percent,percent\n1,2\n", 1, "percent", "twice"),
        ("percent,method\n1\n", 2, None, "has 1 cells, the header 2"),
        ("percent\n1\n\nmuch\n", 4, "percent", "decimal"),
        ('method;percent\nvisa;"1,5"\n', 2, "percent", "decimal"),
        ('percent\n1\n"2\n', 3, None, "unexpected end"),
        ("method,volume_from_minor,percent\nx,0,1\nx,9,y\n", 3, "percent", "decimal"),
        ("method,volume_from_minor,percent\nx,5,1\nx,9,1\n", 2, None, "first tier"),
        ("country,percent\nGermany,1\n", 2, "country", "pattern"),
        ("percent,region\n1,\n2,UK\n", 3, "region", "no region 'UK'"),
        ("percent,method\n1,\n2,visa\n3,visa\n", 4, None, "prices of lines 3 and 4 fit"),
    ],
)
def test_a_sheet_that_does_not_hold_is_refused_with_line_and_column(
    tmp_path: Path, text: str, line: int | None, field: str | None, words: str
) -> None:
    with pytest.raises(RateCardError, match=words) as refused:
        sheet(tmp_path, text)
    place = refused.value.place
    assert (Path(place.file or "").name, place.line, place.field) == ("adyen.csv", line, field)


@pytest.mark.parametrize(
    ("terms", "line", "field", "words"),
    [
        ("rounding: up", 1, "rounding", "half-even"),
        ("rounding: half-up\nrates: [{percent: 1}]", 2, "rates", "so does adyen.csv"),
        ("lines: [[1]]", 1, "lines", "not permitted"),
        ("- percent: 1", None, None, "keys and their values"),
    ],
)
def test_what_is_beside_a_sheet_is_refused_with_its_own_line(
    tmp_path: Path, terms: str, line: int | None, field: str | None, words: str
) -> None:
    with pytest.raises(RateCardError, match=words) as refused:
        sheet(tmp_path, "percent\n1\n", terms)
    place = refused.value.place
    assert (Path(place.file or "").name, place.line, place.field) == ("adyen.yaml", line, field)


def test_a_sheet_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "adyen.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(RateCardError, match="no text in UTF-8"):
        read_rate_card(tmp_path / "adyen.csv")


def test_a_folder_has_one_card_per_gateway(tmp_path: Path) -> None:
    with pytest.raises(RateCardError, match="no rate card"):
        read_rate_cards(tmp_path)
    for name in ("adyen", "stripe"):
        (tmp_path / f"{name}.yaml").write_text("rates: [{percent: 1.4}]", encoding="utf-8")
    sheet(tmp_path, "percent\n1.5\n", "rounding: half-up")
    cards = read_rate_cards(tmp_path)
    assert list(cards) == ["adyen", "stripe"]
    assert [str(card.rates[0].percent) for card in cards.values()] == ["1.5", "1.4"]
    assert cards["adyen"].rounding == "half-up"
