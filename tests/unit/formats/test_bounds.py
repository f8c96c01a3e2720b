"""Amounts so large that 64 bits do not hold what is worked out from them: never wrapped."""

import pytest
import yaml

from tests.unit.formats.test_delimited_words import bank
from tieout.formats.cells import MOST_MINOR, OUT_OF_BOUNDS
from tieout.formats.columns import SMALL
from tieout.formats.reading import read
from tieout.formats.results import FileRefused
from tieout.formats.spec import FormatSpec

LARGEST = f"{MOST_MINOR // 100}.{MOST_MINOR % 100:02d}"
SETTLED = """
id: gateway-1
version: 1
title: A gateway
family: settlement_line
partner: gateway
max_bad_share: 1
layout: {type: delimited}
fields:
  - {name: kind, source: Kind, map: {sale: charge, payout: payout}}
  - {name: settlement_currency, type: currency, value: EUR}
  - name: settlement_net_minor
    type: money
    currency: settlement_currency
    plus: [Credit, More]
    minus: Debit
checks:
  - {name: batch, rule: sum_is_zero, column: settlement_net_minor, by: [settlement_currency],
     kinds: [payout]}
"""


def settled(*lines: str):
    text = "Kind,Credit,More,Debit\n" + "".join(f"{line}\n" for line in lines)
    return read(text.encode(), FormatSpec.model_validate(yaml.safe_load(SETTLED)), name="x")


@pytest.mark.parametrize("rows", [1, SMALL + 1])
@pytest.mark.parametrize("unit", ["major", "minor"])
def test_an_amount_beyond_the_bounds_is_a_bad_row(rows, unit):
    spec = bank(max_bad_share=0.5)
    fields = [
        field.model_copy(update={"unit": unit}) if field.type == "money" else field
        for field in spec.fields
    ]
    spec = spec.model_copy(update={"fields": tuple(fields)})
    largest, beyond = (
        (LARGEST, f"{(MOST_MINOR + 1) // 100}.00")
        if unit == "major"
        else (str(MOST_MINOR), str(MOST_MINOR + 1))
    )
    text = f"01/02/2026,{largest},a\n01/02/2026,-{beyond},b\n" * rows
    parsed = read(f"Date,Amount,Text\n{text}".encode(), spec, name="x")
    assert parsed.rows.column("amount_minor").to_pylist() == [MOST_MINOR] * rows
    assert {problem.reason for problem in parsed.rejected} == {OUT_OF_BOUNDS}
    assert len(parsed.rejected) == rows


def test_amounts_of_a_row_that_come_to_more_than_the_bounds_are_a_bad_row():
    parsed = settled(f"sale,{LARGEST},0.01,", f"sale,{LARGEST},0.01,0.01")
    assert parsed.rows.column("net_minor").to_pylist() == [MOST_MINOR]
    assert [(each.line, each.field, each.reason) for each in parsed.rejected] == [
        (2, "Credit", OUT_OF_BOUNDS)
    ]


WRAPPING = 2**56
TIMES = 256
"""So many of them are 2**64, which is 0 where a sum has 64 bits."""
EACH = f"{WRAPPING // 100}.{WRAPPING % 100:02d}"


def test_a_sum_that_64_bits_would_wrap_to_zero_does_not_tie():
    with pytest.raises(FileRefused) as caught:
        settled(*[f"sale,{EACH},,"] * TIMES, "payout,,,0.00")
    assert caught.value.reason == "control-total"
    assert caught.value.found == "184467440737095516.16 (EUR)"


def test_a_total_that_64_bits_would_wrap_to_does_not_tie():
    summary = {"row": "last", "fields": [{"name": "total", "source": "Amount", "type": "integer"}]}
    check = {"name": "sum", "rule": "trailer_sum", "column": "amount_minor", "fact": "total"}
    spec = bank(layout={"summary": [summary]}, checks=[check])
    text = "Date,Amount,Text\n" + f"01/02/2026,{EACH},a\n" * TIMES
    with pytest.raises(FileRefused) as caught:
        read(f"{text},0,\n".encode(), spec, name="x")
    assert (caught.value.expected, caught.value.found) == ("sum 0", str(2**64))


def test_a_running_balance_that_64_bits_would_wrap_does_not_tie():
    balance = {"name": "balance_after_minor", "source": "Text", "type": "money"}
    check = {"name": "run", "rule": "running_balance", "column": "amount_minor"}
    check["balance"] = "balance_after_minor"
    spec = bank(more=[balance | {"currency": "currency"}], checks=[check])
    lines = [f"01/02/2026,{EACH},0.00\n", *[f"01/02/2026,{EACH},\n"] * (TIMES - 1)]
    text = "".join([*lines, "01/02/2026,0.00,0.00\n"])
    with pytest.raises(FileRefused, match="beyond 64 bits") as caught:
        read(f"Date,Amount,Text\n{text}".encode(), spec, name="x")
    assert caught.value.reason == "control-total"
