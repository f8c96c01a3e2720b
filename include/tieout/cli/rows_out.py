"""Canonical rows written to a file, batch by batch: whole, or not at all."""

import json
import tempfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from tieout.cli.identify import FileUnreadable
from tieout.kernel.errors import Place, TieoutError

if TYPE_CHECKING:
    from tieout.formats.results import ParsedFile

BATCH = 10_000
ROW_GROUP = 100_000


class OutUnknown(TieoutError):  # noqa: N818 (a state, as in FileUnreadable)
    """A file name that does not say in which form the rows are wanted."""

    slug = "out-unknown"


def write_rows(parsed: "ParsedFile", path: Path) -> None:
    """Write the rows in the form that the name ends in: .jsonl, .csv or .parquet.

    Raises OutUnknown for another ending, FileUnreadable where the file cannot be written.
    """
    forms = {".jsonl": _as_json_lines, ".csv": _as_csv, ".parquet": _as_parquet}
    if path.suffix not in forms:
        raise OutUnknown(
            f"Rows cannot be written as {path.suffix or 'a file without an ending'!r}.",
            remedy=f"End the name in one of: {', '.join(forms)}.",
            place=Place(str(path)),
        )
    try:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            part = Path(folder, path.name)
            forms[path.suffix](parsed, part)
            part.replace(path)
    except OSError as error:
        raise FileUnreadable(
            f"The rows cannot be written: {error.strerror}.",
            remedy="Name a file in a folder that can be written to.",
            place=Place(str(path)),
        ) from error


def _as_json_lines(parsed: "ParsedFile", part: Path) -> None:
    with part.open("w", encoding="utf-8") as out:
        for batch in parsed.batches(BATCH):
            out.writelines(
                f"{json.dumps(row, default=_plain, ensure_ascii=False)}\n"
                for row in batch.to_pylist()
            )


def _as_csv(parsed: "ParsedFile", part: Path) -> None:
    import pyarrow.csv as pacsv

    with pacsv.CSVWriter(part, parsed.rows.schema) as out:
        for batch in parsed.batches(BATCH):
            out.write_batch(batch)


def _as_parquet(parsed: "ParsedFile", part: Path) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetWriter(part, parsed.rows.schema) as out:
        for batch in parsed.batches(ROW_GROUP):
            out.write_batch(batch)


def _plain(value: object) -> str:
    """Times in ISO 8601, rates as exact text."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    raise TypeError(f"{type(value)} has no JSON")
