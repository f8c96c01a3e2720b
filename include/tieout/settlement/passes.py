"""The waterfall: which SQL files run, in what order, and what each leaves to the next.

A pass is one file of include/sql/settlement/passes, a naming of leftovers one file of .../classify.
But for the first pass and the last naming, such a file only says which groups of payments and lines
are candidates; its head says by which reference they meet. Candidates become pairs in one way for
all: contested lines wait, the mutual best win, and so on until nothing is added (.../steps). A pass
of parts has keys as candidates: those whose sums agree. A pass that converts, or that searches, has
pairs, and runs only where rates or payouts are given. Links (.../links) come last: they say what
the lines point to that need no payment of their own.
"""

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa

from tieout.kernel.sqlfiles import SqlFile, sql_folder, sql_text
from tieout.settlement.search import UNDECIDED, search
from tieout.settlement.stores import Rows, Store

PASSES = sql_folder("settlement/passes")
"""The passes that run by default, in their order; the first one is the exact one."""
_NAMINGS = sql_folder("settlement/classify")
_LINKS = sql_folder("settlement/links")
_ROUNDS = 4
_TEXT, _NUMBER = pa.string(), pa.int64()
_PAIRS = pa.schema(
    {
        "pass": _TEXT,
        "payment_no": _NUMBER,
        "line_no": _NUMBER,
        "payment_id": _TEXT,
        "line_id": _TEXT,
        "gateway": _TEXT,
        "currency": _TEXT,
        "line_currency": _TEXT,
        "amount_minor": _NUMBER,
        "gross_minor": _NUMBER,
        "variance_minor": _NUMBER,
    }
)
_TAKEN = pa.schema({"payment_no": _NUMBER, "line_id": _TEXT})
_CASES = pa.schema(
    {
        "line_no": _NUMBER,
        "line_id": _TEXT,
        "payment_no": _NUMBER,
        "code": _TEXT,
        "at_risk_minor": _NUMBER,
        "related_no": _NUMBER,
        "reference": _TEXT,
        "reason": _TEXT,
        "candidates": _NUMBER,
    }
)


_TAKES_NONE = ("undecided_cases", "contested_cases", "nearest_cases")
"""The steps that name lines and leave all payments as they are."""
_RATED = pa.schema({"payment_no": _NUMBER, "line_no": _NUMBER, "off_bps": _NUMBER})
_REVERSALS = pa.schema({"line_no": _NUMBER, "related_no": _NUMBER})
_ENDS = pa.schema(
    dict.fromkeys(("line_id", "gateway", "gateway_ref", "kind", "currency", "bucket"), _TEXT)
    | {"gross_minor": _NUMBER}
    | dict.fromkeys(("relation", "payment_id", "related_line_id"), _TEXT)
)
_ORIGINALS = pa.schema({"line_no": _NUMBER, "payment_id": _TEXT, "line_id": _TEXT})


def run_passes(store: Store, passes: Sequence[SqlFile] = PASSES) -> None:
    """Run the waterfall on the tables of the inputs.

    They are `payments`, `all_payments`, `lines`, `book_lines` (those that may point to others),
    `paid_lines` (those of payouts), `settings`, `rates`, `payouts` and `crowded_keys` (those that
    several rows of a side share). Leaves `exact_pairs` and `other_pairs` (one row per match),
    `exceptions` (one row per case), `rest_payments` (one row per payment that nothing took),
    `near_misses`, `originals` and `book_ends` (one row per line).
    """
    exact, *others = passes
    store.make("exact_pairs", exact.text)
    for step in ("left_lines", "near_lines", "line_refs", "near_payments"):
        _make(store, step)
    store.put("taken", _no_rows(_TAKEN))
    store.make("step", _text("crowded_pairs"))
    store.append("exact_pairs", "SELECT * FROM step")
    store.append("taken", _text("taken"))
    for step in ("open_payments", "open_lines"):
        _make(store, step)
    store.put("other_pairs", _no_rows(_PAIRS))
    store.put("rated_pairs", _no_rows(_RATED))
    store.put("undecided", _no_rows(UNDECIDED))
    for file in others:
        if "needs" not in file.head or store.count(file.head["needs"]):
            WAYS[file.head["cardinality"]](store, file)
    _name_the_rest(store)
    _link(store)


def _name_the_rest(store: Store) -> None:
    store.make("unmatched_lines", "SELECT * FROM open_lines")
    store.put("cases", _no_rows(_CASES))
    if store.count("undecided"):
        _take(store, "undecided_cases", "cases")
    for file in _NAMINGS[:-1]:
        if not store.count("open_lines"):
            break
        if "code" in file.head:
            if _candidates(store, file):
                _take(store, "nearest_cases", "cases")
        else:
            _name(store, file)
    store.append("cases", _NAMINGS[-1].text)
    _make(store, "rest_payments")
    _make(store, "exceptions")
    _make(store, "near_misses")


def _link(store: Store) -> None:
    """Say what the lines point to that need no payment of their own."""
    if not store.count("book_lines"):
        store.put("originals", _no_rows(_ORIGINALS))
        store.put("book_ends", _no_rows(_ENDS))
        return
    _make(store, "originals")
    store.put("reversals", _no_rows(_REVERSALS))
    for file in _LINKS:
        store.put_row("this_pass", {"reference": file.head["reference"]})
        _make(store, "opposites")
        store.append("reversals", file.text)
    _make(store, "book_ends")
    _make(store, "refund_sums")
    store.append("exceptions", _text("book_cases"))


def _pair(store: Store, file: SqlFile) -> None:
    """Match a pass's candidates until none are left but contested ones."""
    while _candidates(store, file):
        _make(store, "contested")
        _make(store, "mutual_best")
        if not _more(store, "paired", "other_pairs"):
            return


def _share(store: Store, file: SqlFile) -> None:
    """Match the keys of which one side is the sum of the other."""
    _announce(store, file)
    _make(store, "key_sums")
    if not store.count("key_sums"):
        return
    store.make("candidates", file.text)
    if store.count("candidates"):
        _group(store)
        _take(store, "shared", "other_pairs")


def _convert(store: Store, file: SqlFile) -> None:
    """Match what a reference rate makes equal, or nearly so."""
    _announce(store, file)
    if _group(store):
        _make(store, "rated_pairs")
        store.make("candidates", file.text)
        _take(store, "converted", "other_pairs")


def _search(store: Store, file: SqlFile) -> None:
    """Match lines without a name to the only payments that can add up to them."""
    _announce(store, file)
    for step in ("nameless_lines", "free_payments", "search_sizes"):
        _make(store, step)
        if not store.count(step):
            return
    store.make("candidates", file.text)
    subsets, undecided = search(_rows(store.take("candidates")), _rows(store.take("search_sizes")))
    store.put("subsets", subsets)
    store.put("undecided", undecided)
    _take(store, "subset_pairs", "other_pairs")


WAYS: Mapping[str, Callable[[Store, SqlFile], None]] = {
    "one-to-one": _pair,
    "one payment to many lines": _share,
    "one line to many payments": _share,
    "one-to-one, converted": _convert,
    "one line to many payments, by search": _search,
}
"""How the candidates of a pass become matches, by the cardinality that its head states."""


def _name(store: Store, file: SqlFile) -> None:
    """Name a file's candidates until none are left, contested ones as such."""
    rounds = 0
    while _candidates(store, file):
        _make(store, "contested")
        store.make("mutual_best", _text("mutual_best" if rounds < _ROUNDS else "best_by_rank"))
        if store.count("contested"):
            _take(store, "contested_cases", "cases")
        if not _more(store, "paired_cases", "cases"):
            return
        rounds += 1


def _candidates(store: Store, file: SqlFile) -> int:
    _announce(store, file)
    if not _group(store):
        return 0
    for step in ("slot_lines", "neighbours"):
        _make(store, step)
    if store.count("neighbours") < store.count("slot_lines"):
        store.append("neighbours", _text("crowded_neighbours"))
    store.make("candidates", file.text)
    return store.count("candidates")


def _more(store: Store, result: str, into: str) -> bool:
    """Take what won into `into`; whether anything won and anything else may still win."""
    won = store.count("mutual_best")
    if won:
        _take(store, result, into)
    return 0 < won < store.count("candidates")


def _group(store: Store) -> bool:
    """Make the groups of a pass's payments and lines; whether any meet."""
    for name in ("pass_payments", "pass_lines"):
        _make(store, name)
        if not store.count(name):
            return False
    return True


def _announce(store: Store, file: SqlFile) -> None:
    """Tell the steps which file they serve, by values of the table `this_pass`."""
    head = file.head
    payments = head.get("payments", "open")
    bond = 2 if payments == "taken" else 0 if "lines" in head else 1
    one: dict[str, str | int] = {
        "name": _pass_name(file),
        "reference": head["reference"],
        "payments": payments,
        "strongest_bond": bond,
        "currency": head["currency"],
        "whole_side": "payment" if head["cardinality"].startswith("one payment") else "line",
        "in_window": int(head["window"].startswith("settings.")),
        "code": head.get("code", ""),
        "reason": head.get("reason", ""),
    }
    store.put_row("this_pass", one)


def _take(store: Store, result: str, into: str) -> None:
    """Add the rows of a step to `into` and take their payments and lines out of what is open."""
    store.make("step", _text(result))
    if store.count("step"):
        store.append(into, "SELECT * FROM step")
        store.make("open_lines", _text("drop_lines"))
        if result not in _TAKES_NONE:
            store.append("taken", _text("taken"))
            store.make("open_payments", _text("drop_payments"))


def _make(store: Store, name: str) -> None:
    store.make(name, _text(name))


def _text(step: str) -> str:
    return sql_text(f"settlement/steps/{step}")


def _no_rows(schema: pa.Schema) -> pa.Table:
    return pa.Table.from_batches([], schema)


def _rows(rows: Rows) -> pa.Table:
    return rows if isinstance(rows, pa.Table) else rows.read_all()


def _pass_name(file: SqlFile) -> str:
    return file.name.split("_", 1)[1]
