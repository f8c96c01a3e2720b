"""`tieout preview REFERENCE`: the purchase-order file that a vendor gets, before it goes."""

import argparse
import sys

from tieout.kernel.errors import TieoutError


class NothingToPreview(TieoutError):  # noqa: N818 (it is what was found)
    """A reference of which no vendor order is known."""

    slug = "nothing-to-preview"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "preview",
        help="show the purchase-order file of an order in its vendor's format",
        description="Prints what the vendor of an order gets, in the vendor's format; of an order "
        "with several vendors, one file each. Nothing is sent or changed, and no control number is "
        "taken: it stands as 000000.",
    )
    parser.add_argument(
        "reference", metavar="REFERENCE", help="an order's reference or a vendor order's number"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the files. Raises NothingToPreview (exit code 2) when there is no such vendor order."""
    from tieout.fulfilment.purchase_orders import preview
    from tieout.kernel.database import transaction
    from tieout.kernel.settings import settings

    with transaction(settings().database_url, actor="preview") as connection:
        files = preview(connection, reference=args.reference)
    if not files:
        raise NothingToPreview(
            f"No vendor order is known of {args.reference!r}.",
            remedy="Give an order's reference or a vendor order's number; an order is split by "
            "vendor when send_vendor_orders runs.",
        )
    for file in files:
        status = str(file.facts["status"]).lower()
        told = f"{file.partner_id}: {file.facts['format_id']}, {status}"
        print(f"-- {told}, {file.facts['lines']} lines", file=sys.stderr)
        sys.stdout.write(file.body.decode("utf-8"))
        if not file.body.endswith(b"\n"):
            sys.stdout.write("\n")
    return 0
