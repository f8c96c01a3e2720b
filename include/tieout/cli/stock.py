"""`tieout stock`: the articles that we keep, receipts by hand, and the lines that want them."""

import argparse
import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "stock",
        help="say which articles we keep, enter receipts, cancel a line, show what is where",
        description="Own stock and pre-orders: docs/operators/stock.md.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    items = actions.add_parser("items", help="say which articles we keep, and how")
    items.add_argument(
        "file", type=Path, help="CSV with the columns sku, shortage, release_on, expected_on"
    )
    receive = actions.add_parser("receive", help="enter a receipt that no file tells of")
    receive.add_argument("document", help="the number of the delivery note")
    receive.add_argument("sku")
    receive.add_argument("quantity", type=int)
    receive.add_argument("--line", type=int, default=1, help="the line of the delivery note")
    cancel = actions.add_parser("cancel", help="cancel what of an order line has not left")
    cancel.add_argument("order", help="the order's reference")
    cancel.add_argument("line", type=int)
    cancel.add_argument("--reason", required=True)
    cancel.add_argument("--by", default=getpass.getuser(), help="who decides (default: you)")
    show = actions.add_parser("show", help="show an article's stock, or the lines of an order")
    show.add_argument("what", help="a SKU or an order's reference")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the action; 0, or TieoutError (exit code 2) and nothing written."""
    from tieout.kernel.database import transaction
    from tieout.kernel.settings import settings

    action = {"items": _items, "receive": _receive, "cancel": _cancel, "show": _show}[args.action]
    with transaction(settings().database_url, actor=f"tieout stock {args.action}") as connection:
        action(connection, args)
    return 0


def _items(connection: "Connection", args: argparse.Namespace) -> None:
    from tieout.stock.receiving import load_items, read_items

    items = read_items(args.file)
    print(f"{items.num_rows} articles read, {load_items(connection, items)} new or changed")


def _receive(connection: "Connection", args: argparse.Namespace) -> None:
    import pyarrow as pa

    from tieout.stock.receiving import enter_movements

    row = {"document_no": args.document, "document_line": args.line, "kind": "receipt"}
    row |= {"sku": args.sku, "quantity": args.quantity}
    entered = enter_movements(connection, "hand", pa.Table.from_pylist([row]), datetime.now(UTC))
    print(f"{entered} receipt entered" if entered else "this receipt is known; nothing changed")


def _cancel(connection: "Connection", args: argparse.Namespace) -> None:
    from tieout.kernel.audit import audit
    from tieout.stock.allocation import cancel_line

    now = datetime.now(UTC)
    told = cancel_line(connection, args.order, args.line, reason=args.reason, as_of=now)
    audit(
        connection,
        actor=args.by,
        action="stock.cancel",
        subject=f"order:{args.order}/{args.line}",
        reason=args.reason,
        occurred_at=now,
        facts={"pieces": told.cancelled},
    )
    print(f"{told.cancelled} pieces cancelled, {told.gone} dispatched or ordered already")


def _show(connection: "Connection", args: argparse.Namespace) -> None:
    from tieout.kernel.database import fetch

    rows = fetch(connection, "stock/show", what=args.what)
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row["said"].items()))
    if not rows:
        print(f"{args.what} is neither an article that we keep nor an order with lines")
