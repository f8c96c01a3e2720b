"""`python -m tieout.storefront_api [--host HOST] [--port PORT]`: serve until INT or TERM."""

import argparse
import logging
import sys
from datetime import UTC, datetime

import uvicorn
from fastapi import FastAPI

from tieout.exchange.feeds import reach
from tieout.exchange.notices import MAIL_CONNECTION, Notice, mail_of
from tieout.exchange.outbox import message_of
from tieout.kernel.errors import TieoutError
from tieout.kernel.settings import settings
from tieout.storefront_api.app import make_app
from tieout.storefront_api.desk import Desk
from tieout.storefront_api.known import ALARM, Known, load_known
from tieout.transport.mail import smtp

DEFAULT_PORT = 8090
KEEP_ALIVE_S = 75
"""Longer than clients keep a connection that is idle, so that none is closed under a request."""

_log = logging.getLogger(__name__)


def app() -> FastAPI:
    """The app of this installation, by its settings and the clock of the machine."""
    place = settings()
    url = place.database_url
    return make_app(lambda: Desk(url, place.spool, load_known(), _now, tell_staff), _now)


def tell_staff(known: Known, since: datetime, reason: str) -> None:
    """Tell staff by mail that the database is out, without the database; a failure is logged."""
    if known.alarm is None or not known.alarm.active:
        return
    facts = {
        "since": f"{since:%Y-%m-%d %H:%M:%S} UTC",
        "reason": reason,
        "spool": str(settings().spool),
    }
    mail = mail_of(Notice(ALARM[0], since.isoformat(), facts), known.alarm)
    try:
        with smtp(reach(mail.connection_id)) as server:
            server.send(mail.sender, mail.recipients, message_of(mail, since).as_bytes())
    except TieoutError as error:
        _log.error("staff was not told by connection %s: %s", MAIL_CONNECTION, error)


def _now() -> datetime:
    return datetime.now(UTC)


def main() -> int:
    """Serve; 2 when that cannot be begun."""
    parser = argparse.ArgumentParser(prog="tieout.storefront_api", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="(default: %(default)s)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="(default: %(default)s)")
    args = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.INFO)
    try:
        served = app()
    except TieoutError as error:
        sys.stderr.write(f"tieout: {error}\n")
        return 2
    uvicorn.run(
        served,
        host=args.host,
        port=args.port,
        access_log=False,
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
