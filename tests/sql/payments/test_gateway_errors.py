"""Staff is told of charges that ended in an error for a person: once per gateway, problem, day."""

from datetime import timedelta

import pytest

from tests.sql.payments.shop import NOW
from tests.sql.purchase.conftest import season
from tests.sql.purchase.season import MINUTE, Season
from tieout.payments.rules import Event
from tieout.payments.tasks import charge_due, tell_staff
from tieout.world.payment_calls import Fault

__all__ = ["season"]
STAFF = "staff@localhost"


def told(season: Season, problem: str) -> int:
    return season.mails(f"{problem} of")[STAFF]


@pytest.mark.parametrize("gateway", ["anet", "stripe"])
def test_a_key_that_expired_is_told_once_for_all_charges_of_a_day(
    season: Season, gateway: str
) -> None:
    season.shop.world.play(Fault.KEY_EXPIRED)
    for number in (1, 2):
        season.pay(number, gateway)
    for minutes in (5, 10):
        tell_staff(as_of=NOW + minutes * MINUTE)
    assert told(season, "KEY_EXPIRED") == 1
    assert season.mails(f"{gateway}: KEY_EXPIRED of 2 charges") == {STAFF: 1}
    season.shop.world.lift()
    season.shop.world.now = tomorrow = NOW + timedelta(hours=20)
    assert charge_due(as_of=tomorrow)["applied"] == 2
    tell_staff(as_of=tomorrow)
    assert told(season, "KEY_EXPIRED") == 1


def test_another_amount_is_told_and_silence_is_not(season: Season) -> None:
    season.shop.world.play(Fault.WRONG_AMOUNT, times=1)
    season.pay(1)
    season.shop.world.play(Fault.ERROR_BEFORE, of=("charge", "find"))
    season.pay(2)
    season.shop.world.lift()
    season.shop.world.play(Fault.SOFT_DECLINE, times=1)
    season.pay(3)
    assert tell_staff(as_of=NOW + MINUTE)["applied"] == 1
    assert told(season, "AMOUNT_DIFFERS") == 1


def test_what_was_given_up_unsent_is_told(season: Season) -> None:
    season.shop.world.play(Fault.REFUSED)
    season.pay(1)
    assert tell_staff(as_of=NOW + MINUTE)["read"] == 0
    late = NOW + timedelta(hours=25)
    season.shop.world.now = late
    charge_due(as_of=late)
    assert season.shop.events("P1-1")[-1] == Event.NOT_SENT
    tell_staff(as_of=late)
    assert told(season, "REFUSED") == 1
