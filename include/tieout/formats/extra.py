"""What has no canonical place is kept as JSON text per row, under the partner's names."""

import json
from collections import Counter
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.fields import FieldSpec, normal_name
from tieout.formats.mapping import Sources
from tieout.formats.spec import FormatSpec

_NEEDS_ESCAPE = r'[\\"\x00-\x1f]'


def placed(spec: FormatSpec, present: set[str]) -> set[str]:
    """The normalised names of source columns whose whole content has a canonical place."""
    return {name for field in spec.fields for name in _placed_by(field, present)}


def _placed_by(field: FieldSpec, present: set[str]) -> set[str]:
    loses_words = any(word.endswith("*") for word in field.map) or field.rounding or field.unsigned
    if field.keep or field.source_when or len(field.plus) > 1 or loses_words:
        return set()
    if field.join is not None:
        return set(map(normal_name, (*field.source, *field.zone_source)))
    found = [name for name in field.alternatives if normal_name(name) in present][:1]
    zones = dict(zip(field.alternatives, field.zone_source, strict=False))
    beside = [zones[name] for name in found if name in zones]
    amounts = (*field.plus, *field.minus, *field.sign_source)
    return {normal_name(name) for name in (*found, *beside, *amounts)}


def extra_column(spec: FormatSpec, sources: Sources, size: int) -> pa.StringArray:
    """The JSON texts; a row's blank cells are left out, `{}` where nothing is left."""
    known = placed(spec, set(sources.names))
    keys = _keys(sources.written)
    parts = [
        _members(key, column)
        for key, column, name in zip(keys, sources.columns, sources.names, strict=True)
        if name not in known
    ]
    if not parts:
        return pa.array(["{}"]).take(pa.array([0] * size, pa.int64()))
    texts = pc.binary_join_element_wise("{", *parts, "}", "")
    return pc.replace_substring(texts, pattern='{,"', replacement='{"', max_replacements=1)


def _keys(written: Sequence[str]) -> list[str]:
    """The names of columns as keys: a blank name is its place, one that comes again is numbered."""
    times: Counter[str] = Counter()
    keys = []
    for place, name in enumerate(written, 1):
        key = " ".join(name.split()) or f"column {place}"
        times[key] += 1
        keys.append(key if times[key] == 1 else f"{key}#{times[key]}")
    return keys


def _members(name: str, cells: pa.StringArray) -> pa.StringArray:
    """`,"name":"text"` per row, nothing where the cell is blank."""
    filled = pc.if_else(pc.equal(cells, ""), None, cells)
    if pc.any(pc.match_substring_regex(filled, _NEEDS_ESCAPE)).as_py():
        coded = filled.dictionary_encode()
        escaped = [
            json.dumps(text, ensure_ascii=False)[1:-1] for text in coded.dictionary.to_pylist()
        ]
        filled = pa.array(escaped, pa.string()).take(coded.indices)
    key = json.dumps(name, ensure_ascii=False)
    return pc.fill_null(pc.binary_join_element_wise(f',{key}:"', filled, '"', ""), "")
