"""Numbers that occur more than once among very many, found by sorting them."""

import duckdb
import numpy as np
import pyarrow as pa

_AT_ONCE = 2**24
"""How many numbers are sorted at once; more are taken in parts, so that memory stays bounded."""


def repeated(numbers: duckdb.DuckDBPyRelation) -> np.ndarray:
    """The numbers that a relation of one column `number` has more than once, each of them once.

    The column holds whole numbers of 64 bits, spread evenly (codes of text), and no NULL. Sorting
    them costs less than a hash table of all of them.
    """
    rows = numbers.aggregate("count(*)").fetchall()[0][0]
    parts = rows // _AT_ONCE + 1
    found = [np.empty(0, np.int64)]
    for part in range(parts):
        share = numbers if parts == 1 else numbers.filter(f"number % {parts} = {part}")
        some = share.fetchnumpy()["number"]
        some.sort()
        found.append(np.unique(some[1:][some[1:] == some[:-1]]))
    return np.concatenate(found)


def crowded_keys(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """The exact keys that several payments or several lines share: one row `key_code` per key.

    Only these need ranks: every other key has one payment and one line at most. A key_code is a
    number made of the key; two keys that happen to share one are ranked in vain, nothing else.
    """
    sides = [
        repeated(con.view(side).filter("gateway_ref IS NOT NULL").project("key_code AS number"))
        for side in ("payments", "lines")
    ]
    return pa.table({"key_code": pa.array(np.union1d(*sides), pa.int64())})
