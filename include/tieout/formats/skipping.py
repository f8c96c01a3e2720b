"""Records that by the partner's documentation are no canonical rows: counted, and left out."""

from collections.abc import Collection, Sequence
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.mapping import Sources
from tieout.formats.spec import Skip


def kept_rows(
    skips: Sequence[Skip], sources: Sources, size: int, flawed: Collection[int]
) -> pa.Int64Array | None:
    """The rows to convert, by index, or None for all. A flawed row is never left out."""
    masks = [mask for skip in skips if (mask := _mask(skip, sources)) is not None]
    if not masks:
        return None
    skipped = reduce(pc.or_, masks)
    if flawed:
        flaw = pc.is_in(pa.arange(0, size), pa.array(list(flawed), pa.int64()))
        skipped = pc.and_(skipped, pc.invert(flaw))
    if not pc.any(skipped).as_py():
        return None
    return pc.indices_nonzero(pc.invert(skipped)).cast(pa.int64())


def _mask(skip: Skip, sources: Sources) -> pa.BooleanArray | None:
    if any(name not in sources for name in skip.when):
        return None
    found = [_has_word(sources.texts(name), words) for name, words in skip.when.items()]
    return reduce(pc.and_, found)


def _has_word(texts: pa.StringArray, words: Sequence[str]) -> pa.BooleanArray:
    lowered = pc.fill_null(pc.utf8_lower(texts), "")
    exact = pa.array([word.lower() for word in words if not word.endswith("*")], pa.string())
    starts = [word[:-1].lower() for word in words if word.endswith("*")]
    tests = [pc.is_in(lowered, exact), *(pc.starts_with(lowered, start) for start in starts)]
    return reduce(pc.or_, tests)
