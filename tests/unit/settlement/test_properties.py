"""What holds for all inputs: nothing twice, nothing lost, nothing by chance."""

import random

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.settlement.tables import AS_OF, LINES, PAYMENTS, Row, line, matches, pairs, pay, run
from tieout.settlement.engine import Limits, reconcile
from tieout.settlement.model import MatchSettings

_FACTS = {
    "gateway": st.sampled_from(["adyen", "stripe"]),
    "ref": st.sampled_from(["G1", "G2", "G3", None]),
    "order_ref": st.sampled_from(["O1", "O2", "O3"]),
    "kind": st.sampled_from(["charge", "charge", "refund"]),
    "currency": st.sampled_from(["EUR", "EUR", "USD"]),
    "amount": st.sampled_from([0, 100, 100, 102, 104, 120, -100]),
    "on": st.integers(0, 9),
}
_PARTS = {"parts_gateway_reference", "parts_our_reference"}
_BUNDLES = {"bundle_our_reference"}
_PAYMENT = st.fixed_dictionaries(_FACTS)
_LINE = st.fixed_dictionaries(
    _FACTS
    | {
        "order_ref": st.sampled_from(["O1", "O2", "O3", None]),
        "kind": st.sampled_from(["charge", "charge", "refund", "fee"]),
    }
)
_TABLES = st.tuples(st.lists(_PAYMENT, max_size=14), st.lists(_LINE, max_size=14))


def _rows(tables: tuple[list[Row], list[Row]]) -> tuple[list[Row], list[Row]]:
    payments = [pay(f"P{n:02}", **facts) for n, facts in enumerate(tables[0])]
    lines = [line(f"L{n:02}", **facts) for n, facts in enumerate(tables[1])]
    return payments, lines


@given(_TABLES)
@settings(max_examples=40, deadline=None)
def test_every_row_ends_in_one_place_and_no_currency_is_mixed(
    tables: tuple[list[Row], list[Row]],
) -> None:
    payments, lines = _rows(tables)
    found = run(payments, lines)
    paired, named = sorted(pairs(found)), found.exceptions.to_pylist()

    line_ends = [r["line_id"] for r in named if r["line_id"]] + list({one for _, one in paired})
    assert sorted(line_ends) == [r["line_id"] for r in lines if r["kind"] != "fee"]
    payment_ends = [r["payment_id"] for r in named if r["payment_id"]]
    payment_ends += {one for one, _ in paired}
    payment_ends += found.open.column("payment_id").to_pylist()
    assert sorted(payment_ends) == [r["payment_id"] for r in payments]

    payment_by = {r["payment_id"]: r for r in payments}
    line_by = {r["line_id"]: r for r in lines}
    for payment_id, line_id in paired:
        one, other = payment_by[payment_id], line_by[line_id]
        assert all(one[key] == other[key] for key in ("gateway", "kind", "currency"))
    assert all(row.unexplained.count == row.unexplained.sum_minor == 0 for row in found.proof.rows)


@given(_TABLES)
@settings(max_examples=40, deadline=None)
def test_nothing_is_matched_twice_and_shares_add_up(tables: tuple[list[Row], list[Row]]) -> None:
    payments, lines = _rows(tables)
    shares = run(payments, lines).matches.to_pylist()
    for one, other in (("payment_id", "line_id"), ("line_id", "payment_id")):
        by_one = {r[one]: [s for s in shares if s[one] == r[one]] for r in shares}
        for rows in by_one.values():
            names = {r["pass"] for r in rows}
            assert len(rows) == 1 or names <= (_PARTS if one == "payment_id" else _BUNDLES)
            assert len({r[other] for r in rows}) == len(rows)
    paid = {r["payment_id"]: r["amount_minor"] for r in payments}
    settled = {r["line_id"]: r["gross_minor"] for r in lines}
    for one, whole in (("payment_id", paid), ("line_id", settled)):
        variance = 0 if one == "payment_id" else 1
        sums: dict[str, int] = {}
        for r in shares:
            share = r["amount_minor"] + variance * r["variance_minor"]
            sums[r[one]] = sums.get(r[one], 0) + share
        assert all(abs(total) == abs(whole[key]) for key, total in sums.items())


@given(_TABLES)
@settings(max_examples=25, deadline=None)
def test_a_pair_with_references_of_its_own_adds_one_match_and_changes_no_other(
    tables: tuple[list[Row], list[Row]],
) -> None:
    payments, lines = _rows(tables)
    found = run(payments, lines)
    own: Row = {"ref": "own", "order_ref": "own"}
    more = run([*payments, pay("A", **own)], [*lines, line("A", **own)])
    assert matches(more) - matches(found) == {("exact_reference", "A", "A", 0)}
    assert matches(found) <= matches(more)
    assert more.exceptions.equals(found.exceptions)


@given(_TABLES, st.data())
@settings(max_examples=25, deadline=None)
def test_a_line_that_gains_its_exact_reference_is_matched(
    tables: tuple[list[Row], list[Row]], data: st.DataObject
) -> None:
    payments, lines = _rows(tables)
    known = data.draw(st.sampled_from([*payments, pay("P99", "G1")]))
    known = known | {"payment_id": "P98", "gateway_ref": "named"}
    keys = ("gateway", "gateway_ref", "order_ref", "kind", "currency")
    evidence = line("L98", amount=known["amount_minor"]) | {key: known[key] for key in keys}
    found = run([*payments, known], [*lines, evidence])
    assert ("exact_reference", "P98", "L98", 0) in matches(found)


@given(_TABLES, st.integers())
@settings(max_examples=25, deadline=None)
def test_the_order_of_rows_changes_nothing(tables: tuple[list[Row], list[Row]], seed: int) -> None:
    payments, lines = _rows(tables)
    found = run(payments, lines)
    shuffle = random.Random(seed).shuffle
    shuffle(payments)
    shuffle(lines)
    again = run(payments, lines)
    assert again.matches.equals(found.matches)
    assert again.exceptions.equals(found.exceptions)
    assert again.open.equals(found.open)


@given(_TABLES, st.data())
@settings(max_examples=25, deadline=None)
def test_a_copy_of_a_matched_line_is_one_more_duplicate(
    tables: tuple[list[Row], list[Row]], data: st.DataObject
) -> None:
    payments, lines = _rows(tables)
    exact = {m[1:3] for m in matches(run(payments, lines)) if m[0] == "exact_reference"}
    if not exact:
        return
    payments = [r for r in payments if r["payment_id"] in {one for one, _ in exact}]
    lines = [r for r in lines if r["line_id"] in {other for _, other in exact}]
    copy = data.draw(st.sampled_from(lines)) | {"line_id": "Z"}
    found = run(payments, [*lines, copy])
    assert found.matches.num_rows == len(payments)
    assert [r["code"] for r in found.exceptions.to_pylist()] == ["DUPLICATE_SETTLEMENT"]


def test_the_number_of_threads_changes_nothing() -> None:
    chance = random.Random(7)
    payments, lines = [], []
    for n in range(3000):
        ref, day = chance.choice([f"G{n // 3}", None]), chance.randrange(20)
        facts = {"order_ref": f"O{n // 2}", "amount": chance.choice([100, 102, 130]), "ref": ref}
        payments.append(pay(f"P{n:04}", **facts, on=day))
        lines.append(line(f"L{n:04}", **facts | {"amount": chance.choice([100, 102])}, on=day))
    single, several = (
        reconcile(
            pa.Table.from_pylist(payments, PAYMENTS),
            pa.Table.from_pylist(lines, LINES),
            MatchSettings(AS_OF),
            Limits(threads=threads),
        )
        for threads in (1, 4)
    )
    assert single.matches.equals(several.matches)
    assert single.exceptions.equals(several.exceptions)
    assert single.proof == several.proof
