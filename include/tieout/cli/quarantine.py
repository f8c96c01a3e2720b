"""`tieout quarantine`: rows and files that were set aside, and what becomes of them."""

import argparse
import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

STATES = ("OPEN", "CORRECTED", "RELEASED", "DISCARDED")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "quarantine",
        help="list, show, correct or discard what was set aside",
        description="Rows and files that were set aside: docs/operators/quarantine.md.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    found = actions.add_parser("list", help="list rows, the oldest first")
    found.add_argument("--status", choices=STATES, default="OPEN")
    found.add_argument("--doc-type", metavar="TYPE", help="such as TRACKING")
    found.add_argument("--partner", metavar="ID")
    found.add_argument("--limit", type=int, default=100)
    _row(actions.add_parser("show", help="show one row with its raw text"))
    correct = actions.add_parser("correct", help="give a row its corrected text")
    _row(correct)
    correct.add_argument("--text", required=True, help="the whole record as it should be")
    _decision(correct)
    discard = actions.add_parser("discard", help="decide that a row is never loaded")
    _row(discard)
    _decision(discard)
    files = actions.add_parser("files", help="list files that are not loaded, the oldest first")
    files.add_argument("--partner", metavar="ID")
    files.add_argument("--limit", type=int, default=100)
    accept_file = actions.add_parser(
        "accept-file", help="load a file whose control number is taken, or that does not tie"
    )
    _file(accept_file)
    accept_file.add_argument(
        "--accept-unbalanced",
        action="store_true",
        help="load a refused file though its control totals do not tie",
    )
    _decision(accept_file)
    discard_file = actions.add_parser("discard-file", help="decide that a file is never loaded")
    _file(discard_file)
    _decision(discard_file)
    parser.set_defaults(run=run)


def _row(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", type=int, help="the row's number in `tieout quarantine list`")


def _file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", type=int, help="the file's number in `tieout quarantine files`")


def _decision(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", required=True, help="why, for the audit log")
    parser.add_argument("--actor", default=getpass.getuser(), help="who decides (default: you)")


def run(args: argparse.Namespace) -> int:
    """List, show or decide; 0, or TieoutError (exit code 2) and nothing changed."""
    from tieout.kernel.database import transaction
    from tieout.kernel.settings import settings

    actor = getattr(args, "actor", "tieout quarantine")
    with transaction(settings().database_url, actor=actor) as connection:
        if args.action == "list":
            _print_list(connection, args)
        elif args.action == "show":
            _print_row(connection, args.id)
        elif args.action == "files":
            _print_files(connection, args)
        elif args.action.endswith("-file"):
            _decide_file(connection, args)
        else:
            _decide(connection, args)
    return 0


def _print_list(connection: "Connection", args: argparse.Namespace) -> None:
    from tieout.exchange.quarantine import listed

    rows = listed(
        connection,
        status=args.status,
        doc_type=args.doc_type,
        partner_id=args.partner,
        limit=args.limit,
    )
    for row in rows:
        where = f"{row['name']}:{row['line_no']}" if row["name"] else "order_entry"
        what = f"{row['field']}={row['value']!r}" if row["field"] else row["rule"]
        print(
            f"{row['quarantine_id']:>8} {row['doc_type']:<16} {row['partner_id'] or '-':<12} "
            f"{where}  {what}  {row['reason']}"
        )
    print(f"{len(rows)} rows {args.status}")


def _print_row(connection: "Connection", quarantine_id: int) -> None:
    from tieout.exchange.quarantine import shown

    for name, value in shown(connection, quarantine_id).items():
        if value is not None:
            print(f"{name:<14} {value}")


def _print_files(connection: "Connection", args: argparse.Namespace) -> None:
    from tieout.exchange.unloaded import listed_files

    files = listed_files(connection, partner_id=args.partner, limit=args.limit)
    for file in files:
        print(
            f"{file['source_file_id']:>8} {file['status']:<9} {file['doc_type']:<16} "
            f"{file['partner_id']:<12} {file['name']}  {file['message']}"
        )
    print(f"{len(files)} files")


def _decide_file(connection: "Connection", args: argparse.Namespace) -> None:
    from tieout.exchange.unloaded import accept_file, accept_unbalanced_file, discard_file
    from tieout.kernel.audit import Decision

    decision = Decision(args.actor, args.reason, datetime.now(UTC))
    if args.action == "accept-file":
        accept = accept_unbalanced_file if args.accept_unbalanced else accept_file
        accept(connection, args.id, decision)
        print(f"file {args.id} is accepted; the next run of its flow loads it")
    else:
        discard_file(connection, args.id, decision)
        print(f"file {args.id} is discarded")


def _decide(connection: "Connection", args: argparse.Namespace) -> None:
    from tieout.exchange.quarantine import correct, discard
    from tieout.kernel.audit import Decision

    decision = Decision(args.actor, args.reason, datetime.now(UTC))
    if args.action == "correct":
        correct(connection, args.id, args.text, decision)
        print(f"row {args.id} is corrected; the next run of its flow loads it")
    else:
        discard(connection, args.id, decision)
        print(f"row {args.id} is discarded")
