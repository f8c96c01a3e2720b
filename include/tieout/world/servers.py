"""The servers of the outside world, and the connections that lead to them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tieout.kernel.settings import Settings
from tieout.world.accounts import accounts as accounts_server
from tieout.world.mailbox import mailbox
from tieout.world.partners import PAYMENT_CONNECTIONS, connection_id, write_connections
from tieout.world.payment_gateway import PaymentGateway, payment_gateway
from tieout.world.sftp import serving

ACCOUNTS_CONNECTION, MAIL_CONNECTION, SFTP = "accounts", "smtp", "sftp"


@contextmanager
def outside(accounts: Sequence[str], folder: Path, place: Settings) -> Iterator[PaymentGateway]:
    """SFTP server, mailbox, accounts server and payment gateway over a world's folder.

    They run as long as the block; their addresses are written to the connections file. Gives the
    gateway. Raises WorldNotStarted.
    """
    (folder / SFTP).mkdir(parents=True, exist_ok=True)
    keys = place.var / "world" / "keys"
    with (
        serving(folder / SFTP, keys) as sftp,
        mailbox(folder / "mail") as mail,
        accounts_server(folder / "accounts.sqlite") as opened,
        payment_gateway(folder / "payments", datetime.now(UTC)) as payments,
    ):
        connections = {connection_id(account): sftp.connection(account) for account in accounts}
        servers = {MAIL_CONNECTION: mail.connection(), ACCOUNTS_CONNECTION: opened.connection()}
        ways = {name: payments.connection(n) for n, name in enumerate(PAYMENT_CONNECTIONS)}
        write_connections(place.connections_file, connections | servers | ways)
        yield payments
