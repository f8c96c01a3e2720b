"""`python -m tieout.supervisor up | down | destroy`."""

import argparse
import sys

from tieout.kernel.errors import TieoutError
from tieout.kernel.settings import settings
from tieout.supervisor.house import House


def main() -> int:
    """Do what the command line asks; the exit code is 1 when that cannot be done."""
    parser = argparse.ArgumentParser(prog="tieout.supervisor", description=__doc__)
    parser.add_argument("action", choices=["up", "down", "destroy"])
    action = parser.parse_args().action
    house = House(settings())
    try:
        return {"up": house.up, "down": house.down, "destroy": house.destroy}[action]()
    except TieoutError as error:
        sys.stderr.write(f"tieout: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
