"""`python -m tests.mutations [NAME ...]`: take one safeguard away at a time; a test has to fail.

A safeguard is a unique key of a table on the way of a purchase, or the commit of SENT before a
request leaves. A key is dropped from the database that the tests copy (pytest's --without-key); the
commit is taken out of the code in a copy of the repository. The list of keys (test_keys) is not
asked: what counts is that a test of what the product does fails. Exit code 1 when none does.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial

from tests.mutations.mutants import SENT, schema_keys, survives, survives_without, tests_of


def main() -> int:
    """Try the mutants; 0 when none survives."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="sent-is-committed, or a key")
    mutants: dict[str, Callable[[], bool]] = {"sent-is-committed": partial(survives, SENT)}
    mutants |= {key.name: partial(survives_without, key, tests_of(key)) for key in schema_keys()}
    alive = []
    for name in parser.parse_args().names or mutants:
        is_alive = mutants[name]()
        print(f"{name}: {'SURVIVES' if is_alive else 'killed'}", flush=True)
        alive += [name] * is_alive
    print(f"{len(alive)} of {len(mutants)} survive")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
