"""What a column of text consists of: its bytes, and its words where these are few."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_LOOK_AT = 1000
"""How many rows tell whether a column may be of few words."""


def content_of(cells: pa.StringArray) -> NDArray[np.uint8]:
    """The texts of all cells, one behind the other."""
    _, offsets, content = cells.buffers()
    if content is None or not len(cells):
        return np.empty(0, np.uint8)
    ends = np.frombuffer(offsets, np.int32)
    start, end = ends[cells.offset], ends[cells.offset + len(cells)]
    return np.frombuffer(content, np.uint8)[start:end]


def few_words(texts: pa.StringArray) -> pa.DictionaryArray | None:
    """The texts by their words where these are at most half as many, so that each is done once."""
    start = texts[:_LOOK_AT]
    if len(start.unique()) * 2 > len(start):
        return None
    coded = texts.dictionary_encode()
    return coded if len(coded.dictionary) * 2 <= len(texts) else None
