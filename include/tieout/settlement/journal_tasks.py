"""What the DAGs call to hold the journal against the proofs."""

import logging
from datetime import datetime

from tieout.kernel.database import transaction
from tieout.kernel.settings import settings
from tieout.kernel.time import local_day, parse_instant
from tieout.settlement import journal

_log = logging.getLogger(__name__)


def prove_journal(*, flow: journal.Flow, as_of: datetime | str) -> None:
    """Prove the journal of the business date of an instant; `flow` says by which proofs.

    Raises RunDoesNotAddUp when journal and proof differ, or an entry does not add up.
    """
    day = local_day(parse_instant(as_of), settings().zone)
    with transaction(settings().database_url, actor=f"{flow}/prove_journal") as connection:
        journal.prove_journal(connection, flow, day)
    _log.info("The journal of %s agrees with the proof of %s.", day, flow)
