"""Rows of a file as text, before anything is converted."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from tieout.formats.results import CheckResult, Fact


@dataclass(frozen=True)
class Flaw:
    """A record that cannot be cut into cells: its rule and what is wrong."""

    rule: str
    reason: str


@dataclass
class Grid:
    """Some consecutive rows of a file: one array of text per source column.

    `lines` holds the physical line on which each row starts (1 for the first of the file). `flaws`
    holds rows, by their index here, that are no proper records (their cells are blank). `raws` has
    the text of each row where it is not just the lines from its own to the next row's. `facts` are
    what headers and trailers say, `checks` the control totals that the layout itself prescribes
    (envelopes, record counts, balances): both count for the whole file. `trailer_line` is where the
    control totals stand.
    """

    names: list[str]
    columns: list[pa.StringArray]
    lines: pa.Int64Array
    flaws: dict[int, Flaw] = field(default_factory=dict)
    raws: Sequence[str] | None = None
    facts: dict[str, Fact] = field(default_factory=dict)
    checks: list[CheckResult] = field(default_factory=list)
    trailer_line: int | None = None
