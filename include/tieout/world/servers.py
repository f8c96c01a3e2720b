"""The servers of the outside world, and the connections that lead to them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tieout.kernel.settings import Settings
from tieout.world.mailbox import mailbox
from tieout.world.partners import connection_id, write_connections
from tieout.world.sftp import serving

MAIL_CONNECTION, SFTP = "smtp", "sftp"


@contextmanager
def outside(accounts: Sequence[str], folder: Path, place: Settings) -> Iterator[None]:
    """SFTP server and mailbox over a world's folder, for as long as the block runs.

    Their addresses are written to the connections file. Raises WorldNotStarted.
    """
    (folder / SFTP).mkdir(parents=True, exist_ok=True)
    keys = place.var / "world" / "keys"
    with serving(folder / SFTP, keys) as sftp, mailbox(folder / "mail") as mail:
        connections = {connection_id(account): sftp.connection(account) for account in accounts}
        known = connections | {MAIL_CONNECTION: mail.connection()}
        write_connections(place.connections_file, known)
        yield
