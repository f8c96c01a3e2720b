"""`tieout payments`: how a payment stands, and one more charge, from the command line."""

import pytest

from tests.sql.books import order
from tests.sql.harness import load
from tests.sql.payments.shop import Shop
from tests.sql.payments.test_cards import keep
from tieout.cli.main import main
from tieout.payments.tasks import charge_due, list_approvals

MORE = ["payments", "charge", "O1", "--reason", "the second half", "--actor", "olive"]
FAR = "2099-01-01T00:00:00Z"
"""After every instant at which a command can be given."""


@pytest.fixture
def ordered(shop: Shop) -> Shop:
    """An order of the customer of card R1; card R2 is another's."""
    keep(shop, "stripe")
    load(shop.url, {"sales_order": [order(1, order_ref="O1", storefront="shop", currency="USD")]})
    shop.do("UPDATE sales_order SET customer_id = (SELECT customer_id FROM customer)")
    keep(shop, "stripe", "R2", customer="C2")
    return shop


def charge(ref: str, amount_minor: int, card: str = "R1") -> int:
    amount = ["--amount-minor", str(amount_minor)]
    return main([*MORE, *amount, "--registration", card, "--payment-ref", ref])


def test_a_payment_is_shown_with_all_that_was_heard_of_it(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.world.play("timeout_after", times=1)
    shop.pay("stripe")
    assert main(["payments", "show", "A1"]) == 0
    told = capsys.readouterr().out
    assert "A1: DONE, captured 1999 minor units" in told
    assert "attempt 1: SUCCESS" in told
    events = [line.split("  ")[2] for line in told.splitlines() if "A1-1" in line]
    assert events == ["planned", "sent", "no_answer", "approved"]
    assert "pi_1" in told


def test_a_charge_waits_for_the_next_run_or_for_a_second_person(
    ordered: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert charge("S1", 1500) == 0
        assert capsys.readouterr().out == "S1 waits for the next run.\n"
    assert charge("S2", 5001) == 0
    assert capsys.readouterr().out == "S2 waits for a second person.\n"
    assert [each["payment_ref"] for each in list_approvals(as_of=FAR)] == ["S2"]
    assert charge_due(as_of=FAR)["applied"] == 1
    assert (ordered.world.captured("S1"), ordered.world.captured("S2")) == ([1500], [])
    assert ordered.ask("SELECT payment_ref, asked_by, reason FROM tender ORDER BY 1") == [
        ("S1", "olive", "the second half"),
        ("S2", "olive", "the second half"),
    ]


def test_what_has_not_left_is_stopped_once_and_never_goes_out(
    ordered: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    charge("S1", 1500)
    charge("S2", 5001)
    for ref in ("S1", "S2"):
        stop = ["payments", "stop", ref, "--reason", "she rang", "--actor", "olive"]
        assert main(stop) == 0
        assert main(stop) == 2
        assert f"{ref} is not due" in capsys.readouterr().err
    assert charge_due(as_of=FAR)["read"] == 0
    assert list_approvals(as_of=FAR) == []
    assert (ordered.world.captured("S1"), ordered.world.captured("S2")) == ([], [])
    audited = "SELECT actor, action, subject, reason FROM audit_log WHERE action = 'payment.stop'"
    assert ordered.ask(f"{audited} ORDER BY subject") == [
        ("olive", "payment.stop", f"payment:{ref}", "she rang") for ref in ("S1", "S2")
    ]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["payments", "show", "A9"], "There is no payment A9"),
        ([*MORE, "--amount-minor", "1", "--registration", "R2", "--payment-ref", "S1"], "not one"),
        ([*MORE, "--amount-minor", "1", "--registration", "R9", "--payment-ref", "S1"], "There is"),
        (
            [*MORE, "--amount-minor", "0", "--registration", "R1", "--payment-ref", "S1"],
            "not above",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    ordered: Shop, capsys: pytest.CaptureFixture[str], words: list[str], problem: str
) -> None:
    assert main(words) == 2
    assert problem in capsys.readouterr().err
    assert ordered.ask("SELECT count(*) FROM tender") == [(0,)]
