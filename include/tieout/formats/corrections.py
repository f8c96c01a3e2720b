"""A corrected row is read as if it had come that way: in its file, on its line."""

import tempfile
from codecs import BOM_UTF8
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.problems import raw_texts
from tieout.formats.reading import read
from tieout.formats.results import Counts, ParsedFile
from tieout.formats.source import open_source
from tieout.formats.spec import FormatSpec

_ROWS_TOGETHER = 65_536


def record_texts(
    content: bytes | Path, spec: FormatSpec, *, name: str, lines: Collection[int]
) -> dict[int, str]:
    """The text of the records of a file that start on these lines. Raises FileRefused.

    `content` are the bytes of the file, or where it is: then memory stays bounded.
    """
    source = open_source(content, name, spec.encodings, binary=spec.layout.binary)
    wanted = pa.array(list(lines), pa.int64())
    found: dict[int, str] = {}
    for grid in spec.layout.cut(source):
        rows = pc.indices_nonzero(pc.is_in(grid.lines, wanted)).to_pylist()
        found |= {grid.lines[row].as_py(): raw for row, raw in raw_texts(source, grid, rows)}
    return found


def read_corrected(
    content: bytes | Path,
    spec: FormatSpec,
    *,
    name: str,
    corrected: Mapping[int, str],
    accept_unbalanced: bool = False,
) -> ParsedFile:
    """Only the rows that a person corrected, read from the file they came in.

    `content` is the file as it came, or where it is: then memory stays bounded; `corrected` gives,
    for the line on which a record starts, its new text. The counts are those of the corrected rows.
    `accept_unbalanced` and FileRefused are as of `read`.
    """
    source = open_source(content, name, spec.encodings, binary=spec.layout.binary)
    with tempfile.TemporaryDirectory(prefix="tieout-") as folder:
        path = Path(folder, "corrected")
        with path.open("wb") as out:
            out.write(BOM_UTF8)
            out.writelines(spec.layout.corrected(source, corrected))
        parsed = read(path, spec, name=name, accept_unbalanced=accept_unbalanced)
    wanted = pa.array(list(corrected), pa.int64())
    found = [
        batch.filter(pc.is_in(batch.column("line_no"), wanted))
        for batch in parsed.batches(_ROWS_TOGETHER)
    ]
    rows = pa.Table.from_batches(found, parsed.rows.schema)
    rejected = [problem for problem in parsed.rejected if problem.line in corrected]
    counts = Counts(len(rows) + len(rejected), len(rows), len(rejected))
    return replace(parsed, rows=rows, rejected=rejected, counts=counts, on_disk=None)
