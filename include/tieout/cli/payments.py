"""`tieout payments`: how a payment stands, one more charge of a kept card, and to stop one."""

import argparse
import getpass
from datetime import UTC, datetime


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "payments",
        help="show a payment with all that was heard of it; charge a kept card once more; stop one",
        description="Tenders and their attempts: docs/operators/payments.md.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = actions.add_parser("show", help="show how a payment stands, and its events")
    show.add_argument("payment_ref")
    charge = actions.add_parser("charge", help="charge a registered card for an order once more")
    charge.add_argument("order_ref")
    charge.add_argument("--registration", required=True, metavar="REF", help="the kept card")
    charge.add_argument("--amount-minor", required=True, type=int, metavar="N", help="in cents")
    charge.add_argument(
        "--payment-ref", required=True, metavar="REF", help="its name; the same again is the same"
    )
    charge.add_argument("--reason", required=True, help="why, for whoever approves it")
    charge.add_argument("--actor", default=getpass.getuser(), help="who asks (default: you)")
    stop = actions.add_parser("stop", help="let a charge that has not left go out no more")
    stop.add_argument("payment_ref")
    stop.add_argument("--reason", required=True, help="why, for the audit log")
    stop.add_argument("--actor", default=getpass.getuser(), help="who decides (default: you)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Show, charge or stop; 0, or TieoutError (exit code 2) and nothing changed."""
    from tieout.kernel.audit import Decision
    from tieout.kernel.settings import settings
    from tieout.payments.linked import LinkedCharge, ask_for_order
    from tieout.payments.tenders import events_of, state_of, stop

    url = settings().database_url
    if args.action == "charge":
        wanted = LinkedCharge(
            order_ref=args.order_ref,
            registration_ref=args.registration,
            payment_ref=args.payment_ref,
            amount_minor=args.amount_minor,
            asked_by=args.actor,
            reason=args.reason,
        )
        state = ask_for_order(url, wanted, as_of=datetime.now(UTC))
        waits = "a second person" if state.tender == "HELD" else "the next run"
        print(f"{state.payment_ref} waits for {waits}.")
        return 0
    if args.action == "stop":
        stop(url, args.payment_ref, Decision(args.actor, args.reason, datetime.now(UTC)))
        print(f"{args.payment_ref} goes out no more.")
        return 0
    state = state_of(url, args.payment_ref)
    print(f"{state.payment_ref}: {state.tender}, captured {state.captured_minor} minor units,")
    print(f"refunded {state.refunded_minor}; attempt {state.attempt_no}: {state.attempt or 'none'}")
    for event in events_of(url, args.payment_ref):
        print(
            f"{event['occurred_at']:%Y-%m-%d %H:%M:%S}  {event['our_ref']}  {event['event']}",
            end="",
        )
        print(f"  {event['facts']}" if event["facts"] else "")
    return 0
