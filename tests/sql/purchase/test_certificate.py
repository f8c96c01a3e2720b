"""Certificates: what was paid is delivered, refunded, under way or listed; the chain holds."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.sql.payments.shop import NOW
from tests.sql.purchase.season import MINUTE, PRICE, Season
from tieout.kernel import archive
from tieout.kernel.database import transaction
from tieout.kernel.errors import TieoutError
from tieout.purchase import certificate
from tieout.purchase.model import CertificateError

DAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def open_shop(season: Season) -> None:
    season.open_shop()


def certify(season: Season, days: int = 0) -> str:
    day = DAY + timedelta(days=days)
    night = datetime(day.year, day.month, day.day, 3, 30, tzinfo=UTC) + timedelta(days=1)
    return certificate.certify(season.shop.url, day, night)


def verify(season: Season) -> int:
    with transaction(season.shop.url, actor="test") as connection:
        return certificate.verify(connection)


def sums(season: Season, days: int = 0) -> dict[str, tuple[int, int]]:
    with transaction(season.shop.url, actor="test") as connection:
        told = certificate.read(connection, DAY + timedelta(days=days))["sums"]
    return {each["fate"]: (each["sales"], each["amount_minor"]) for each in told}


def test_what_is_paid_is_carried_until_it_ends(season: Season) -> None:
    for number in range(3):
        season.capture(number)
        season.pay(number)
    season.capture(4, state="CAPTURED")
    season.watch(NOW + 5 * MINUTE)
    first = certify(season)
    assert certify(season) == first
    assert sums(season) == {"PAID": (4, 4 * PRICE), "UNDER_WAY": (4, 4 * PRICE)}
    season.run(
        "INSERT INTO state_transition (machine, from_state, event, to_state)"
        " VALUES ('service', 'PENDING_ACTIVATION', 'activated', 'ACTIVE');"
        " UPDATE service SET status = 'ACTIVE' WHERE service_id <= 3"
    )
    season.watch(NOW + timedelta(days=1))
    certify(season, 1)
    assert sums(season, 1)["DELIVERED"] == (3, 3 * PRICE)
    assert sums(season, 1)["OPENING"] == (4, 4 * PRICE)
    certify(season, 20)
    assert sums(season, 20)["LISTED"] == (1, PRICE)
    assert verify(season) == 3


def test_a_changed_byte_or_a_missing_link_breaks_the_chain(season: Season) -> None:
    hashes = [certify(season, days) for days in range(3)]
    assert verify(season) == 3
    file = archive.path_of(hashes[1])
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b'"sums": []', b'"sums": [ ]'))
    with pytest.raises(TieoutError) as changed:
        verify(season)
    assert changed.value.slug == "archive"
    file.write_bytes(whole)
    season.run("ALTER TABLE certificate DISABLE TRIGGER certificate_append_only")
    season.run(f"DELETE FROM certificate WHERE hash = '{hashes[1]}'")
    with pytest.raises(CertificateError, match="2026-03-04"):
        verify(season)


def test_a_day_that_is_not_over_is_not_certified(season: Season) -> None:
    with pytest.raises(CertificateError, match="not over"):
        certificate.certify(season.shop.url, DAY, NOW)
