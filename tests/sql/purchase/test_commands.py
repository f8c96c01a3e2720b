"""`tieout purchases`, `tieout store` and `tieout certificate`, as an operator gives them."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.sql.payments.shop import NOW
from tests.sql.payments.test_cards import wanted
from tests.sql.purchase.season import MINUTE, PRICE, Season, entry_of
from tests.sql.purchase.test_certificate import DAY, certify
from tieout.cli.main import main
from tieout.kernel import archive
from tieout.payments.vault import register
from tieout.world.payment_calls import Fault

WHY = ["--reason", "seen on the gateway's page", "--by", "olive"]
AUDIT = "SELECT actor, action, subject, reason FROM audit_log ORDER BY audit_id"


@pytest.fixture(autouse=True)
def open_shop(season: Season) -> None:
    season.open_shop()


@pytest.fixture
def nobody_knows(season: Season) -> Season:
    """Two purchases that are a person's, of 1 and 2."""
    season.shop.world.play(Fault.ERROR_BEFORE, of=("find", "charge"))
    for number in (1, 2):
        season.capture(number)
        season.pay(number)
    season.watch(NOW + 5 * MINUTE)
    season.watch(NOW + timedelta(days=8))
    return season


def says(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 0
    return capsys.readouterr().out


def refuses(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 2
    return capsys.readouterr().err


def test_an_operator_finds_what_waits_and_decides_it(
    nobody_knows: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = says(capsys, "purchases", "list")
    assert [entry_of(number) in listed for number in (1, 2)] == [True, True]
    assert "MANUAL" in listed
    assert entry_of(2) not in says(capsys, "purchases", "list", "--limit", "1")
    shown = says(capsys, "purchases", "show", entry_of(1))
    assert "no proof either way in time" in shown
    says(capsys, "purchases", "decide", entry_of(1), "paid", *WHY)
    says(capsys, "purchases", "decide", entry_of(2), "not-paid", *WHY)
    assert "PERSON" in says(capsys, "purchases", "show", entry_of(1))
    nobody_knows.watch(datetime.now(UTC) + timedelta(hours=1))
    assert nobody_knows.history(1)[-3:] == ["PAID", "ORDERED", "FULFIL_SENT"]
    assert nobody_knows.status(2) == "CUSTOMER_TOLD"
    assert nobody_knows.mails("not paid yet") == {"c2@example.test": 1}
    ended = (
        "SELECT t.status, a.status FROM tender AS t JOIN payment_attempt AS a USING (payment_ref)"
        " WHERE payment_ref = 'P2'"
    )
    assert nobody_knows.shop.ask(ended) == [("STOPPED", "NOT_SENT")]
    assert nobody_knows.shop.ask(AUDIT) == [
        ("olive", "purchase.decide", f"purchase:{entry_of(number)}", WHY[1]) for number in (1, 2)
    ]
    assert says(capsys, "purchases", "list", "--status", "MANUAL") == "none\n"


def test_only_what_is_a_person_s_is_decided(
    season: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    season.capture(1)
    for entry, problem in (
        (entry_of(1), "not in state MANUAL"),
        (entry_of(9), "not in state MANUAL"),
        ("O1", "not the id of an entry"),
    ):
        assert problem in refuses(capsys, "purchases", "decide", entry, "paid", *WHY)
    assert "No purchase" in refuses(capsys, "purchases", "show", entry_of(9))
    assert (season.status(1), season.shop.ask(AUDIT)) == ("CAPTURED", [])


def test_a_person_s_word_closes_and_opens_a_store(
    season: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    says(capsys, "store", "close", "shop", *WHY)
    assert not season.door.is_open
    listed = says(capsys, "store", "list")
    assert all(word in listed for word in ("shop", "DRAINING", "olive", WHY[1]))
    says(capsys, "store", "open", "shop", *WHY)
    assert season.door.is_open
    says(capsys, "store", "auto", "shop", *WHY)
    held = "SELECT status, held_by FROM store_control"
    assert season.shop.ask(held) == [("OPEN", None)]
    assert [action for _, action, *_ in season.shop.ask(AUDIT)] == [
        "store.closed",
        "store.open",
        "store.auto",
    ]
    assert "nowhere" in refuses(capsys, "store", "close", "nowhere", *WHY)


def test_a_store_is_set_up(season: Season, capsys: pytest.CaptureFixture[str]) -> None:
    register(season.shop.url, wanted("stripe"), as_of=NOW, zone="UTC")
    link = "https://shop.test/again/{entry_id}"
    card = ["--canary-card", "R1", "--resume-link", link, "--connection", "shop_store"]
    says(capsys, "store", "set", "shop", *card, *WHY)
    known = (
        "SELECT s.connection_id, s.resume_link, r.registration_ref FROM store_control AS s"
        " JOIN card_registration AS r ON r.card_registration_id = s.canary_card_id"
    )
    assert season.shop.ask(known) == [("shop_store", link, "R1")]
    link, wrong = link.partition("/{")[0], ["--canary-card", "R9"]
    assert "no registered card 'R9'" in refuses(capsys, "store", "set", "shop", *wrong, *WHY)
    assert "no place" in refuses(capsys, "store", "set", "shop", "--resume-link", link, *WHY)
    link += "/{entry_id}"
    assert season.shop.ask(known) == [("shop_store", link, "R1")]


def test_certificates_are_listed_shown_and_verified(
    season: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says(capsys, "certificate", "list") == "none\n"
    season.capture(1)
    season.pay(1)
    season.watch(NOW + 5 * MINUTE)
    hashes = [certify(season, days) for days in range(2)]
    listed = says(capsys, "certificate", "list")
    assert all(each[:8] in listed for each in hashes)
    told = json.loads(says(capsys, "certificate", "show", str(DAY)))
    assert {"fate": "PAID", "currency": "USD", "sales": 1, "amount_minor": PRICE} in told["sums"]
    assert says(capsys, "certificate", "verify") == "2 certificates; the chain holds.\n"
    assert "2026-03-09" in refuses(capsys, "certificate", "show", "2026-03-09")
    file = archive.path_of(hashes[0])
    file.write_bytes(file.read_bytes() + b" ")
    refuses(capsys, "certificate", "verify")
