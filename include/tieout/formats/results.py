"""What reading a file gives: rows, rejected rows, control totals, or a refusal of the whole."""

import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa

from tieout.kernel.cards import mask_cards
from tieout.kernel.errors import NOWHERE, Place, TieoutError

Fact = str | int | Decimal | date | datetime | None


@dataclass(frozen=True)
class RowProblem:
    """Why one row stepped aside. `line` is the physical line on which the record starts.

    `field` is the column as the file calls it, `value` its text and `raw` the record's text; `rule`
    is a stable word for what was broken. Card numbers are masked in all of them.
    """

    line: int
    field: str | None
    value: str | None
    rule: str
    reason: str
    remedy: str
    raw: str


@dataclass(frozen=True)
class CheckResult:
    """One control total. One that failed and only reports is in a file that was read."""

    name: str
    ok: bool
    expected: str
    found: str


@dataclass(frozen=True)
class Counts:
    """Rows of the file: read = applied + rejected + skipped.

    Skipped records are by the partner's documentation no canonical rows; blank rows and rows of
    totals are among them.
    """

    read: int
    applied: int
    rejected: int
    skipped: int = 0

    def __post_init__(self) -> None:
        assert self.read == self.applied + self.rejected + self.skipped, "a row was lost"


@dataclass(frozen=True)
class ParsedFile:
    """A file that was read.

    `rows` holds the canonical columns, then `line_no` (physical line on which the record starts)
    and `record_no` (1 for the first row). `facts` are header, trailer and name-pattern facts.
    `columns` are the file's where it names them once, normalised; of these the format knows no
    field for `new_columns`, whose cells are in `extra` only. `absent_columns` are columns that the
    format knows and the file has not, nor another one instead. A file that names its cells one by
    one (JSON, XML, EDI) has paths instead: `known_paths` are the first sources of the fields that
    it says something of, `unknown_paths` the cells that no field is made of, each told once however
    often it is repeated; in EDI they are segments. `on_disk` is what `rows` are mapped
    from where they are many.
    """

    format_id: str
    name: str
    sha256: str
    size: int
    rows: pa.Table
    rejected: list[RowProblem]
    facts: Mapping[str, Fact]
    checks: list[CheckResult]
    counts: Counts
    columns: tuple[str, ...] = ()
    new_columns: tuple[str, ...] = ()
    absent_columns: tuple[str, ...] = ()
    known_paths: tuple[str, ...] = ()
    unknown_paths: tuple[str, ...] = ()
    on_disk: mmap.mmap | None = field(default=None, repr=False, compare=False)

    def batches(self, size: int) -> Iterator[pa.RecordBatch]:
        """The rows, at most so many at a time.

        What is on the disk takes no memory any more once it was given.
        """
        for batch in self.rows.to_batches(max_chunksize=size):
            yield batch
            if self.on_disk is not None:
                self.on_disk.madvise(mmap.MADV_DONTNEED)


class FileRefused(TieoutError):  # noqa: N818 (it is what happened to the file)
    """A file that is not taken at all; nothing of it may be loaded.

    `reason` is one of empty, encoding, structure, truncated, too-large, missing-column, new-column,
    control-total, bad-rows, card-number; `expected` and `found` say in words what did not hold;
    card numbers in them are masked.
    """

    slug = "file-refused"

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        remedy: str,
        expected: str,
        found: str,
        place: Place = NOWHERE,
    ) -> None:
        self.reason = reason
        self.expected = mask_cards(expected)
        self.found = mask_cards(found)
        super().__init__(
            message,
            remedy=remedy,
            place=place,
            reason=reason,
            expected=self.expected,
            found=self.found,
        )


class CannotWrite(TieoutError):  # noqa: N818 (a state, as in FileRefused)
    """Rows or facts that the format has no way to say."""

    slug = "cannot-write"
