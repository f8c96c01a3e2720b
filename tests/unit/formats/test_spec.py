"""A format file says what it means, or is refused."""

import pytest
import yaml

from tieout.formats.fields import normal_name
from tieout.formats.registry import all_formats, format_spec, load_format
from tieout.formats.spec import FormatSpec
from tieout.kernel.errors import SettingsError

GOOD = """
id: some-partner-file-1
version: 1
title: A file
family: inventory
partner: some
layout: {type: delimited}
fields:
  - {name: sku, required: true}
  - {name: unit_cost_minor, type: money, currency: currency, source: Cost}
  - {name: currency, type: currency}
"""


def test_a_format_file_is_read(tmp_path):
    path = tmp_path / "some-partner-file-1.yaml"
    path.write_text(GOOD)
    assert load_format(path).fields[0].column_required


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("title: A file", "title: A file\ncolour: red", "colour"),
        ("required: true", "requird: true", "requird"),
        ("version: 1", "version: 2", "does not end with its version"),
        ("type: money, currency: currency", "type: money", "does not name its currency"),
        ("currency: currency, source", "currency: money_of, source", "money_of"),
        ("{name: sku, required: true}", "{name: currency}", "have one name"),
        ("{name: sku, required: true}", "{name: at, type: timestamp}", "names no zone"),
        ("{name: sku, required: true}", "{name: n, type: integer, plus: [a]}", "only money"),
        (
            "{type: delimited}",
            "{type: delimited, trailer: {tag: T, fields: []}}",
            "tagged records need",
        ),
        ("id: some-partner-file-1", "id: other-file-1", "holds the format 'other-file-1'"),
        ("type: delimited", "type: [", "no format file"),
        ("family: inventory", "family: stock", "no family 'stock'"),
        ("{name: sku, required: true}", "{name: colour}", "'colour' is no column of inventory"),
        ("{name: sku, required: true}", "{name: sku, type: date}", "'sku' is text, not date"),
        ("source: Cost", "source: Cost, sign_source: Sign", "says what is negative"),
        (
            "source: Cost",
            "plus: [A, B, C], sign_source: [D, E], negative: [DR]",
            "one sign for all amounts, or one for each",
        ),
    ],
)
def test_a_word_that_does_not_hold_is_named(tmp_path, old, new, says):
    assert old in GOOD
    path = tmp_path / "some-partner-file-1.yaml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(SettingsError, match=says) as caught:
        load_format(path)
    assert caught.value.place.file == str(path)
    assert caught.value.remedy


@pytest.mark.parametrize("rule", ["sum_is_zero", "has_kind", "trailer_count", "trailer_sum"])
def test_a_check_must_say_what_its_rule_needs(rule):
    spec = yaml.safe_load(GOOD) | {"checks": [{"name": "total", "rule": rule}]}
    with pytest.raises(ValueError, match="does not say what"):
        FormatSpec.model_validate(spec)


def test_all_formats_hold_and_are_found_by_their_ids():
    assert len(all_formats()) >= 7
    for spec in all_formats():
        assert format_spec(spec.id) is spec


def test_an_unknown_format_names_the_known_ones():
    with pytest.raises(SettingsError, match="adyen-settlement-detail-1"):
        format_spec("no-such-format-1")


def test_names_of_columns_are_compared_without_case_and_runs_of_space():
    assert normal_name("  Gross  Debit (GC) ") == normal_name("gross debit (gc)")
