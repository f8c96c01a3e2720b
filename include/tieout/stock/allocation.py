"""Own stock shared out among the lines of paid orders: first paid, first served.

All of it is one transaction and set-based. Articles are locked in the order of their SKUs, as by
receipts and cancellations, so that none of them waits for another crosswise.
"""

from datetime import datetime

from sqlalchemy import Connection

from tieout.kernel.database import execute, fetch, lock
from tieout.kernel.sqlfiles import sql_folder
from tieout.stock.model import Cancelled, Outcome

TURN = "stock"


def allocate(connection: Connection, as_of: datetime) -> Outcome:
    """Decide every part that waits, in the caller's transaction.

    A line gets own stock as far as there is some, in the order in which orders were paid; the rest
    is pre-ordered, or routed to the vendor where the article says so and the vendor's fresh feed
    has it. Lines of articles that we do not keep are routed to their vendors. An order that wants
    everything at once gets all of its own lines or none, and its other lines wait for them.
    """
    lock(connection, TURN)
    run_all(connection, "stock/allocate", as_of=as_of)
    while execute(connection, "stock/drop_incomplete"):
        pass  # each round puts out at least one order
    run_all(connection, "stock/save", as_of=as_of)
    return Outcome(**fetch(connection, "stock/outcome")[0])


def cancel_line(
    connection: Connection, order_ref: str, line_no: int, *, reason: str, as_of: datetime
) -> Cancelled:
    """Cancel what of an order line has neither left nor been ordered from its vendor.

    Own stock is released; the next allocation gives it to who waits. Called again it changes
    nothing. A line of which some own pieces were dispatched keeps its own pieces.
    """
    lock(connection, TURN)
    line = {"order_ref": order_ref, "line_no": line_no}
    fetch(connection, "stock/lock_line", **line)
    execute(connection, "stock/open_line", **line, as_of=as_of)
    rows = fetch(connection, "stock/cancel_line", **line, reason=reason, as_of=as_of)
    return Cancelled(**rows[0])


def run_all(connection: Connection, folder: str, **params: object) -> None:
    """Run the statements of a folder in their order."""
    for file in sql_folder(folder):
        execute(connection, file.path.with_suffix("").as_posix(), **params)
