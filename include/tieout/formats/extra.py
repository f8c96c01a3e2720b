"""What has no canonical place is kept as JSON text per row, under the partner's names."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.content import content_of, few_words
from tieout.formats.fields import FieldSpec, normal_name
from tieout.formats.mapping import Sources
from tieout.formats.spec import FormatSpec

_SPACE, _QUOTE, _BACKSLASH = 0x20, 0x22, 0x5C
_Part: TypeAlias = str | pa.StringArray


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
    members = [
        _member(key, column)
        for key, column, name in zip(keys, sources.columns, sources.names, strict=True)
        if name not in known and content_of(column).size
    ]
    if not members:
        return pa.repeat(pa.scalar("{}"), size)
    always = next((place for place, member in enumerate(members) if member.always), None)
    if always is None:
        parts = [part for member in members for part in member.parts(before=",")]
        texts = pc.binary_join_element_wise("{", *parts, "}", "")
        return pc.replace_substring(texts, pattern='{,"', replacement='{"', max_replacements=1)
    parts = [part for member in members[:always] for part in member.parts(behind=",")]
    parts += members[always].parts()
    parts += [part for member in members[always + 1 :] for part in member.parts(before=",")]
    merged = _merged(["{", *parts, "}"])
    if len(merged) == 1:
        return pa.repeat(pa.scalar(merged[0], pa.string()), size)
    return pc.binary_join_element_wise(*merged, "")


def _merged(parts: Sequence[_Part]) -> list[_Part]:
    """Texts that follow each other as one, since each part costs time per row."""
    found: list[_Part] = []
    for part in parts:
        last = found[-1] if found else None
        if isinstance(part, str) and isinstance(last, str):
            found[-1] = last + part
        else:
            found.append(part)
    return found


def _keys(written: Sequence[str]) -> list[str]:
    """The names of columns as keys: a blank name is its place, one that comes again is numbered."""
    times: Counter[str] = Counter()
    keys = []
    for place, name in enumerate(written, 1):
        key = " ".join(name.split()) or f"column {place}"
        times[key] += 1
        keys.append(key if times[key] == 1 else f"{key}#{times[key]}")
    return keys


@dataclass(frozen=True)
class _Member:
    """One key of the objects and its texts, escaped; `always` where no row is without it.

    `same` is the text of all rows where they have the same one.
    """

    key: str
    texts: pa.StringArray
    always: bool
    same: str | None

    def parts(self, *, before: str = "", behind: str = "") -> list[_Part]:
        """What is joined: the member between two marks, nothing where the cell is blank."""
        start, end = f'{before}"{self.key}":"', f'"{behind}'
        if self.same:
            return [start + self.same + end]
        if self.always:
            return [start, self.texts, end]
        coded = few_words(self.texts)
        texts = self.texts if coded is None else coded.dictionary
        joined = pc.binary_join_element_wise(start, texts, end, "")
        whole = pc.if_else(pc.equal(texts, ""), "", joined)
        return [whole if coded is None else whole.take(coded.indices)]


def _member(name: str, cells: pa.StringArray) -> _Member:
    content = content_of(cells)
    if (content < _SPACE).any() or (content == _QUOTE).any() or (content == _BACKSLASH).any():
        coded = cells.dictionary_encode()
        escaped = [
            json.dumps(text, ensure_ascii=False)[1:-1] for text in coded.dictionary.to_pylist()
        ]
        cells = pa.array(escaped, pa.string()).take(coded.indices)
    is_always = not pc.any(pc.equal(cells, "")).as_py()
    is_same = is_always and pc.all(pc.equal(cells, cells[0])).as_py()
    same = cells[0].as_py() if is_same else None
    return _Member(json.dumps(name, ensure_ascii=False)[1:-1], cells, is_always, same)
