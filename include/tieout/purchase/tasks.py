"""The tasks of `watch_purchases` and `certify_day`."""

import logging
from datetime import datetime, timedelta

from tieout.exchange.notices import send_notices
from tieout.kernel import crash
from tieout.kernel.database import transaction
from tieout.kernel.runs import Counts, record
from tieout.kernel.settings import settings
from tieout.kernel.time import local_day, parse_instant
from tieout.purchase import certificate, store, watching

FLOW = "watch_purchases"
_LOG = logging.getLogger(__name__)


def ask_gateways(*, as_of: datetime | str) -> dict[str, int]:
    """Bring purchases to what is known, ask the gateways about the unknown ones, and again.

    Returns the counts of purchases that were asked about; `deferred` are those whose gateway did
    not answer, which the next run asks about.
    """
    url, as_of = settings().database_url, parse_instant(as_of)
    watching.fold(url, as_of)
    asked = watching.ask(url, as_of)
    watching.fold(url, as_of)
    answered = asked.purchases - asked.unanswered
    counts = Counts(asked.purchases, answered, deferred=asked.unanswered)
    with transaction(url, actor=f"{FLOW}/ask_gateways") as connection:
        record(
            connection, flow=FLOW, task="ask_gateways", part="purchase", as_of=as_of, counts=counts
        )
    crash.point("purchase.recorded")
    _LOG.info("ask_gateways: %s; silent: %s", counts.log_line(), ", ".join(asked.silent) or "none")
    return counts.as_dict()


def are_orders_waiting() -> bool:
    """Whether paid purchases wait for their orders to be completed."""
    return watching.orders_to_complete(settings().database_url) > 0


def correct_purchases(*, as_of: datetime | str) -> dict[str, int]:
    """Bring purchases to what is known, tell customers, give money back; returns how many of each.

    Mails and refunds are effects: what was planned and not sent is sent by the next run.
    """
    url, as_of = settings().database_url, parse_instant(as_of)
    watching.fold(url, as_of)
    told = watching.tell(url, as_of)
    send_notices(url, [watching.RESUME], as_of=as_of, actor=f"{FLOW}/correct_purchases")
    refunded = watching.give_back(url, as_of)
    watching.fold(url, as_of)
    _LOG.info("correct_purchases: %d told, %d refunds", told, refunded)
    return {"told": told, "refunds": refunded}


def switch_stores(*, as_of: datetime | str) -> int:
    """Close and open storefronts as their payments go; returns how many switches were moved."""
    return store.switch_stores(settings().database_url, parse_instant(as_of))


def certify_day(*, as_of: datetime | str) -> str:
    """Certify the business day before `as_of`; returns the certificate's hash.

    A day that is certified keeps its certificate. Raises CertificateError when the sums do not tie.
    """
    instant = parse_instant(as_of)
    day = local_day(instant, settings().zone) - timedelta(days=1)
    return certificate.certify(settings().database_url, day, instant)
