"""A corrected row is read as if it had come that way: in its file, on its line."""

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.reading import read
from tieout.formats.results import Counts, ParsedFile
from tieout.formats.source import open_source
from tieout.formats.spec import FormatSpec


def read_corrected(
    data: bytes, spec: FormatSpec, *, name: str, corrected: Mapping[int, str]
) -> ParsedFile:
    """Only the rows that a person corrected, read from the file they came in.

    `data` is the file as it came; `corrected` gives, for the line on which a record starts, its new
    text. The counts are those of the corrected rows. Raises FileRefused as `read` does.
    """
    source = open_source(data, name, spec.encodings)
    starts = [line for grid in spec.layout.cut(source) for line in grid.lines.to_pylist()]
    lines = source.lines
    ends = [*starts[1:], starts[-1] + 1] if starts else []
    for start, end in zip(starts, ends, strict=True):
        if start in corrected:
            blanks = ["\n"] * (end - start - 1)
            lines[start - 1 : end - 1] = [corrected[start] + "\n", *blanks]
    parsed = read("".join(lines).encode(), spec, name=name)
    wanted = pa.array(list(corrected), pa.int64())
    rows = parsed.rows.filter(pc.is_in(parsed.rows.column("line_no"), wanted))
    rejected = [problem for problem in parsed.rejected if problem.line in corrected]
    counts = Counts(len(rows) + len(rejected), len(rows), len(rejected))
    return replace(parsed, rows=rows, rejected=rejected, counts=counts)
