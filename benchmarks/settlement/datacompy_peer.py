"""datacompy, timed by itself: run by the Python of the peers' environment (benchmarks.peers).

python datacompy_peer.py pandas|Polars PAYMENTS LINES TURNS
"""

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module

_KEY = ["gateway", "gateway_ref", "kind", "currency"]
_COLUMNS = [*_KEY, "amount_minor"]


def on_pandas(payments: str, lines: str) -> int:
    """One keyed comparison, which is all that it does: the rows that agree in the amount too."""
    import pandas as pd
    from datacompy import PandasCompare

    left, right = (pd.read_parquet(file).dropna(subset=_KEY) for file in (payments, lines))
    right = right.rename(columns={"gross_minor": "amount_minor"})
    compared = PandasCompare(left[_COLUMNS], right[_COLUMNS], join_columns=_KEY)
    return int(compared.count_matching_rows())


def on_polars(payments: str, lines: str) -> int:
    """As `on_pandas`, on Polars."""
    import polars as pl
    from datacompy import PolarsCompare

    left, right = (pl.read_parquet(file).drop_nulls(_KEY) for file in (payments, lines))
    right = right.rename({"gross_minor": "amount_minor"})
    compared = PolarsCompare(left[_COLUMNS], right[_COLUMNS], join_columns=_KEY)
    return int(compared.count_matching_rows())


CONTENDERS: dict[str, Callable[[str, str], int]] = {"pandas": on_pandas, "Polars": on_polars}


def main() -> None:
    """Write the best clock, the best processor time and the rows of so many turns, as JSON."""
    on, payments, lines, turns = sys.argv[1:]
    import_module("datacompy")  # with pandas and Polars, so that no turn pays for it
    contender = CONTENDERS[on]
    clocks, cpus, found = [], [], 0
    for _ in range(int(turns)):
        clock, cpu = time.perf_counter(), time.process_time()
        found = contender(payments, lines)
        clocks.append(time.perf_counter() - clock)
        cpus.append(time.process_time() - cpu)
    sys.stdout.write(json.dumps([min(clocks), min(cpus), found]))


if __name__ == "__main__":
    main()
