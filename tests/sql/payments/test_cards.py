"""Kept cards: checked, vaulted, charged again without a new registration, and never another's."""

from dataclasses import replace as changed
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.sql.books import order
from tests.sql.harness import load
from tests.sql.payments.shop import LATER, NOW, Shop
from tieout.kernel import crash
from tieout.payments.linked import LinkedCharge, ask_for_order
from tieout.payments.model import Card, CardRefused, Kind, PaymentRefused
from tieout.payments.tasks import charge_due, decide_approval, list_approvals
from tieout.payments.tenders import follow_up, state_of
from tieout.payments.vault import Registration, age, forget, register, replace

CARD = Card("4111 1111 1111 1111", "123", 2027, 6)


def wanted(gateway: str, ref: str = "R1", customer: str = "C1", **more: Any) -> Registration:
    return Registration(
        **{
            "registration_ref": ref,
            "storefront": "shop",
            "customer_ref": customer,
            "customer_name": "Ann Example",
            "customer_email": "ann@example.org",
            "gateway": gateway,
            "card": CARD,
            **more,
        }
    )


def keep(shop: Shop, gateway: str, ref: str = "R1", **more: Any) -> str:
    return register(shop.url, wanted(gateway, ref, **more), as_of=NOW, zone="UTC").status


def kept(shop: Shop, ref: str = "R1") -> str:
    query = "SELECT status FROM card_registration WHERE registration_ref = %s"
    return str(shop.ask(query, ref)[0][0])


def by_card(gateway: str, **more: Any) -> dict[str, Any]:
    return {"gateway": gateway, "once_token": None, "registration_ref": "R1", **more}


def test_a_kept_card_is_charged_twice_with_one_registration(shop: Shop, gateway: str) -> None:
    assert keep(shop, gateway) == "VAULTED"
    assert keep(shop, gateway) == "VAULTED"
    for ref in ("A1", "A2"):
        assert shop.pay(ref=ref, **by_card(gateway)).attempt == "SUCCESS"
    assert kept(shop) == "ACTIVE"
    assert shop.ask("SELECT count(*) FROM card_registration") == [(1,)]
    charged = shop.ask(
        "SELECT DISTINCT customer_name, customer_email, last_four FROM payment_attempt"
    )
    assert charged == [("Ann Example", "ann@example.org", "1111")]


def test_a_card_of_one_on_an_order_of_another_is_refused_by_the_database(
    shop: Shop, gateway: str
) -> None:
    keep(shop, gateway)
    with pytest.raises(PaymentRefused, match="not one of the customer"):
        shop.pay(**by_card(gateway, customer_ref="C2"))
    shop.do("INSERT INTO customer (storefront, customer_ref) VALUES ('shop', 'C2')")
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        shop.do(
            "INSERT INTO tender (payment_ref, entry_id, order_ref, customer_id, gateway, currency,"
            " amount_minor, card_registration_id, asked_by, asked_at, status_at)"
            " SELECT 'X', gen_random_uuid(), 'O', c.customer_id, r.gateway, 'USD', 1,"
            " r.card_registration_id, 'me', now(), now() FROM card_registration AS r, customer AS c"
            " WHERE c.customer_ref = 'C2'"
        )
    assert shop.world.asked("charge") == 0


def test_last_four_cannot_be_typed(shop: Shop, gateway: str) -> None:
    keep(shop, gateway)
    shop.pay(**by_card(gateway))
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        shop.do("UPDATE payment_attempt SET last_four = '0000'")


def test_no_card_number_is_kept_anywhere(
    shop: Shop, gateway: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keep(shop, gateway)
    shop.pay(**by_card(gateway))
    tables = shop.ask(
        "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    text = "".join(
        str(shop.ask(f"SELECT coalesce(jsonb_agg(t), '[]')::text FROM {table} AS t"))
        for (table,) in tables
    )
    assert "1111" in text
    assert "4111111111111111" not in (text + caplog.text).replace(" ", "")
    assert "4111" not in repr(CARD) + repr(wanted(gateway))


@pytest.mark.parametrize(
    ("card", "check"),
    [
        (changed(CARD, number="4111111111111112"), "luhn"),
        (changed(CARD, number="41111111111"), "length"),
        (changed(CARD, number="9111111111111111"), "brand"),
        (changed(CARD, number="4111-x"), "number"),
        (changed(CARD, code="12"), "code"),
        (changed(CARD, expires_year=2026, expires_month=2), "expiry"),
    ],
)
def test_a_card_that_can_be_none_never_reaches_the_gateway(
    shop: Shop, card: Card, check: str
) -> None:
    with pytest.raises(CardRefused) as refused:
        keep(shop, "anet", card=card)
    assert refused.value.fields["check"] == check
    assert shop.ask("SELECT verdict FROM card_check") == [(check,)]
    assert shop.world.asked("store") == 0


def test_a_customer_who_shows_too_many_cards_is_sent_away_for_a_while(shop: Shop) -> None:
    for number in range(5):
        assert keep(shop, "stripe", f"R{number}") == "VAULTED"
    with pytest.raises(CardRefused) as refused:
        keep(shop, "stripe", "R5")
    assert refused.value.fields["check"] == "velocity"
    later = NOW + timedelta(minutes=61)
    assert register(shop.url, wanted("stripe", "R6"), as_of=later, zone="UTC").status == "VAULTED"


@pytest.mark.parametrize("point", ["payments.vault_received", "payments.vault_stored"])
def test_a_registration_that_was_cut_short_goes_on_and_keeps_one_card(
    shop: Shop, gateway: str, point: str
) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    crash.at(point, die)
    with pytest.raises(KeyboardInterrupt):
        keep(shop, gateway)
    crash.clear()
    assert kept(shop) == "RECEIVED"
    assert keep(shop, gateway) == "VAULTED"
    cards = "SELECT count(*) AS n FROM card WHERE last_four = '1111'"
    assert shop.world.books.rows(cards) == [{"n": 1}]


def test_cards_age_and_are_replaced_and_deleted(shop: Shop, gateway: str) -> None:
    keep(shop, gateway)
    keep(shop, gateway, "R2")
    assert age(shop.url, as_of=NOW, zone="UTC") == 0
    near = NOW.replace(year=2027, month=6)
    assert age(shop.url, as_of=near, zone="UTC") == 2
    assert (kept(shop), kept(shop, "R2")) == ("EXPIRING", "EXPIRING")
    keep(shop, gateway, "R3", card=changed(CARD, expires_year=2030))
    replace(shop.url, "R1", replaced_by="R3", as_of=near)
    age(shop.url, as_of=near + timedelta(days=40), zone="UTC")
    forget(shop.url, "R2", as_of=near)
    forget(shop.url, "R1", as_of=near)
    states = [kept(shop, ref) for ref in ("R1", "R2", "R3")]
    assert states == ["DELETED", "DELETED", "VAULTED"]
    with pytest.raises(PaymentRefused, match="not good for a charge"):
        shop.pay(**by_card(gateway))


def test_a_card_whose_deletion_was_cut_short_is_deleted_by_the_next(
    shop: Shop, gateway: str
) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    keep(shop, gateway)
    crash.at("payments.vault_forgotten", die)
    with pytest.raises(KeyboardInterrupt):
        forget(shop.url, "R1", as_of=NOW)
    crash.clear()
    assert kept(shop) == "VAULTED"
    forget(shop.url, "R1", as_of=NOW)
    assert kept(shop) == "DELETED"


def test_a_hard_decline_makes_the_card_invalid(shop: Shop, gateway: str) -> None:
    keep(shop, gateway)
    shop.world.play("hard_decline", times=1)
    shop.pay(**by_card(gateway))
    assert kept(shop) == "INVALID"


def test_an_amount_above_the_band_waits_for_a_second_person(shop: Shop, gateway: str) -> None:
    keep(shop, gateway)
    held = shop.pay(ref="A1", **by_card(gateway, amount_minor=5001, asked_by="olive"))
    assert held.tender == "HELD"
    assert charge_due(as_of=LATER)["read"] == 0
    asked = list_approvals(as_of=LATER)
    assert [each["payment_ref"] for each in asked] == ["A1"]
    assert "50.01 USD" in asked[0]["subject"]
    with pytest.raises(PaymentRefused, match="another must decide"):
        decide_approval(payment_ref="A1", approved=True, decided_by="olive", as_of=LATER)
    assert decide_approval(payment_ref="A1", approved=True, decided_by="vera", as_of=LATER)
    assert not decide_approval(payment_ref="A1", approved=False, decided_by="max", as_of=LATER)
    shop.world.now = LATER
    assert charge_due(as_of=LATER) == {
        "read": 1,
        "applied": 1,
        "duplicate": 0,
        "quarantined": 0,
        "deferred": 0,
    }
    assert shop.world.captured("A1") == [5001]
    later = LATER + timedelta(days=1)
    assert shop.pay(ref="A2", as_of=later, **by_card(gateway, amount_minor=15003)).tender == "DONE"
    assert shop.pay(ref="A3", as_of=later, **by_card(gateway, amount_minor=45010)).tender == "HELD"
    assert decide_approval(payment_ref="A3", approved=False, decided_by="vera", as_of=later)
    assert state_of(shop.url, "A3").tender == "STOPPED"
    assert shop.world.captured("A3") == []


def test_refunds_never_exceed_what_was_captured(shop: Shop, gateway: str) -> None:
    keep(shop, gateway)
    shop.pay(**by_card(gateway))
    shop.world.books.close_batch()
    part = follow_up(shop.url, "A1", Kind.REFUND, as_of=LATER, amount_minor=999)
    assert (part.captured_minor, part.refunded_minor) == (1999, 999)
    with pytest.raises(PaymentRefused, match="More would be given back"):
        follow_up(shop.url, "A1", Kind.REFUND, as_of=LATER, amount_minor=1001)
    whole = follow_up(shop.url, "A1", Kind.REFUND, as_of=LATER, amount_minor=1000)
    assert whole.refunded_minor == 1999
    backs = shop.world.books.rows("SELECT amount_minor FROM refund ORDER BY number")
    assert [row["amount_minor"] for row in backs] == [999, 1000]


@pytest.mark.parametrize("fault", ["timeout_after", "garbled", "too_busy"])
def test_a_refund_goes_once_whatever_the_gateway_does(shop: Shop, gateway: str, fault: str) -> None:
    keep(shop, gateway)
    shop.pay(**by_card(gateway))
    shop.world.books.close_batch()
    shop.world.play(fault, times=1, of=("refund",))
    assert follow_up(shop.url, "A1", Kind.REFUND, as_of=LATER).refunded_minor == 1999
    assert len(shop.world.books.rows("SELECT * FROM refund")) == 1


def test_a_void_takes_the_capture_back(shop: Shop, gateway: str) -> None:
    keep(shop, gateway)
    shop.pay(**by_card(gateway))
    assert follow_up(shop.url, "A1", Kind.VOID, as_of=LATER).captured_minor == 0
    assert shop.world.captured("A1") == []


def test_a_second_charge_for_an_order_takes_everything_from_the_registration(
    shop: Shop, gateway: str
) -> None:
    keep(shop, gateway)
    load(shop.url, {"sales_order": [order(1, order_ref="O1", storefront="shop", currency="USD")]})
    shop.do("UPDATE sales_order SET customer_id = (SELECT customer_id FROM customer)")
    wanted_again = LinkedCharge("O1", "R1", "S1", 1500, "olive", "the second half")
    assert ask_for_order(shop.url, wanted_again, as_of=NOW).attempt == "INIT"
    shop.world.now = LATER
    assert charge_due(as_of=LATER)["applied"] == 1
    assert shop.world.captured("S1") == [1500]
    payments = "SELECT payment_ref, kind, gateway, amount_minor, state FROM payment"
    assert shop.ask(payments) == [("S1", "charge", gateway, 1500, "CAPTURED")]
    shop.do("INSERT INTO customer (storefront, customer_ref) VALUES ('shop', 'C2')")
    keep(shop, gateway, "R2", customer="C2")
    with pytest.raises(PaymentRefused, match="not one of the customer"):
        ask_for_order(
            shop.url, changed(wanted_again, registration_ref="R2", payment_ref="S2"), as_of=LATER
        )
