"""`tieout tracking NUMBER`: whose tracking number that can be, and whether it holds."""

import argparse


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "tracking",
        help="say whose tracking number that can be",
        description="Says which couriers have numbers of this shape with this check digit, the "
        "likeliest first. Exit code 0, or 1 where none has.",
    )
    parser.add_argument("number", help="the tracking number, spaces allowed")
    parser.add_argument("--carrier", help="say what is wrong with it for this carrier")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the couriers; 0, or 1 where the number is none's, or not the carrier's."""
    from tieout.formats.tracking_numbers import couriers_of, fault_of, tracking_number

    likeliest = tracking_number(args.number)
    for courier in sorted(couriers_of(args.number), key=lambda each: each != likeliest):
        print(f"{courier.id}: {courier.name}")
    if likeliest is None:
        print("no courier known here has such numbers")
    fault = fault_of(args.carrier, args.number) if args.carrier else None
    if fault is not None:
        print(f"wrong for {args.carrier}: {fault}")
    return 0 if likeliest is not None and fault is None else 1
