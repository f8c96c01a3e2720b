"""The servers of the outside world, and the connections that lead to them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tieout.kernel.settings import Settings
from tieout.world.accounts import accounts as accounts_server
from tieout.world.mailbox import mailbox
from tieout.world.partners import connection_id, write_connections
from tieout.world.sftp import serving

ACCOUNTS_CONNECTION, MAIL_CONNECTION, SFTP = "accounts", "smtp", "sftp"


@contextmanager
def outside(accounts: Sequence[str], folder: Path, place: Settings) -> Iterator[None]:
    """SFTP server, mailbox and accounts server over a world's folder, while the block runs.

    Their addresses are written to the connections file. Raises WorldNotStarted.
    """
    (folder / SFTP).mkdir(parents=True, exist_ok=True)
    keys = place.var / "world" / "keys"
    with (
        serving(folder / SFTP, keys) as sftp,
        mailbox(folder / "mail") as mail,
        accounts_server(folder / "accounts.sqlite") as opened,
    ):
        connections = {connection_id(account): sftp.connection(account) for account in accounts}
        servers = {MAIL_CONNECTION: mail.connection(), ACCOUNTS_CONNECTION: opened.connection()}
        write_connections(place.connections_file, connections | servers)
        yield
