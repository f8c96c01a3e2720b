"""`python -m tests.mutations [NAME ...]`: take one safeguard away at a time; a test has to fail.

A safeguard is a unique key of the payment and purchase tables, or the commit of SENT before a
request leaves. Keys are taken out of the schema's text, the commit out of the code, in a copy of
the repository; the tests run there. Exit code 1 when the tests pass without one of them.
"""

import argparse
import sys

from tests.mutations.mutants import MUTANTS, survives


def main() -> int:
    """Try the mutants; 0 when none survives."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MUTANTS))
    asked = parser.parse_args()
    alive = []
    for name in asked.names or MUTANTS:
        is_alive = survives(MUTANTS[name])
        print(f"{name}: {'SURVIVES' if is_alive else 'killed'}", flush=True)
        alive += [name] * is_alive
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
