"""Which source columns make which canonical column: alternatives, sums, kinds, zones."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.cells import MOST_MINOR, OUT_OF_BOUNDS
from tieout.formats.columns import BadCell, Columns, constrain, convert
from tieout.formats.content import content_of
from tieout.formats.fields import FieldSpec, normal_name
from tieout.formats.spec import FormatSpec

_SPACE, _BEYOND_ASCII = 0x20, 0x80


@dataclass
class Sources:
    """The source columns of a file as text: as written, and trimmed with blanks as null."""

    written: Sequence[str]
    columns: Sequence[pa.StringArray]
    names: Sequence[str]
    _trimmed: dict[str, pa.StringArray] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return normal_name(name) in self.names

    def texts(self, name: str) -> pa.StringArray:
        """The column of that name, trimmed, null where blank."""
        key = normal_name(name)
        if key not in self._trimmed:
            self._trimmed[key] = _trimmed(self.columns[self.names.index(key)])
        return self._trimmed[key]


def _trimmed(cells: pa.StringArray) -> pa.StringArray:
    """Without white space around, null where nothing is left."""
    content = content_of(cells)
    if not content.size:
        return pa.nulls(len(cells), pa.string())
    has_space = content.min() <= _SPACE or content.max() >= _BEYOND_ASCII
    texts = pc.utf8_trim_whitespace(cells) if has_space else cells
    return pc.if_else(pc.equal(texts, ""), None, texts)


def convert_fields(spec: FormatSpec, sources: Sources, size: int) -> tuple[Columns, list[BadCell]]:
    """The columns that the spec's fields make, and all cells that did not hold."""
    columns: Columns = {}
    bad: list[BadCell] = []
    for each in sorted(spec.fields, key=_order):
        columns[each.name], more = _convert_field(each, sources, columns, size)
        bad += more
    place = {each.name: index for index, each in enumerate(spec.fields)}
    ordered = {name: columns[name] for name in place}
    return ordered, sorted(bad, key=lambda cell: cell.row)


def _order(each: FieldSpec) -> int:
    """What others depend on comes first: kinds and currencies, then amounts."""
    return (each.type == "money") + bool(each.source_when)


def _convert_field(
    each: FieldSpec, sources: Sources, done: Columns, size: int
) -> tuple[pa.Array, list[BadCell]]:
    if each.plus or each.minus:
        values, bad = _sum_of(each, sources, done, size)
        texts, source = values, (*each.plus, *each.minus)[0]
    else:
        source, texts, zones = _pick(each, sources, done, size)
        beside = done[each.currency] if each.currency else zones
        found = convert(each, source, texts, beside)
        values, bad = found.values, found.bad
        values, more = _with_sign(each, each.sign_of(source), sources, values)
        bad += more
        bad += constrain(each, source, values, texts)
    if each.required:
        bad += _missing(source, texts)
    return values, bad


def _missing(source: str, texts: pa.Array) -> list[BadCell]:
    rows = pc.indices_nonzero(pc.is_null(texts)).to_pylist()
    reason, remedy = "The value is missing.", "Ask the partner to fill it."
    return [BadCell(row, source, None, "required", reason, remedy) for row in rows]


def _sum_of(
    each: FieldSpec, sources: Sources, done: Columns, size: int
) -> tuple[pa.Array, list[BadCell]]:
    """Plus less minus in minor units; null where all parts are blank."""
    total = pa.repeat(pa.scalar(0, pa.int64()), size)
    any_part = pa.repeat(pa.scalar(False), size)
    bad: list[BadCell] = []
    currencies = done[cast("str", each.currency)].dictionary_encode()
    for names, operation in ((each.plus, pc.add_checked), (each.minus, pc.subtract_checked)):
        for name in names:
            if name not in sources:
                continue
            part = convert(each, name, sources.texts(name), currencies)
            bad += part.bad
            values, more = _with_sign(each, each.sign_of(name), sources, part.values)
            bad += more
            any_part = pc.or_(any_part, pc.is_valid(values))
            total = operation(total, pc.fill_null(values, 0))
    far = pc.greater(pc.abs(total), MOST_MINOR)
    first = (*each.plus, *each.minus)[0]
    bad += [
        BadCell(row, first, None, "money", OUT_OF_BOUNDS, "Check the amounts of the row.")
        for row in pc.indices_nonzero(far).to_pylist()
    ]
    return pc.if_else(pc.and_(any_part, pc.invert(far)), total, None), bad


def _with_sign(
    each: FieldSpec, name: str, sources: Sources, values: pa.Array
) -> tuple[pa.Array, list[BadCell]]:
    """The amounts turned round where the column of that name says so; bad where it says nothing."""
    if each.unsigned and not each.positive:
        values = pc.abs(values)
    if not name or name not in sources:
        return values, []
    words = pc.utf8_lower(sources.texts(name))
    negative = pc.is_in(words, pa.array([word.lower() for word in each.negative]))
    if not each.positive:
        return pc.if_else(negative, pc.negate(values), values), []
    positive = pc.is_in(words, pa.array([word.lower() for word in each.positive]))
    known = pc.or_(negative, positive)
    if each.unsigned:
        size = pc.abs(values)
        return pc.if_else(negative, pc.negate(size), pc.if_else(positive, size, values)), []
    unknown = pc.fill_null(pc.and_(pc.not_equal(values, 0), pc.invert(known)), False)
    return pc.if_else(negative, pc.negate(values), values), [
        BadCell(
            row,
            name,
            sources.texts(name)[row].as_py(),
            "money",
            "The word does not say whether the amount is positive or negative.",
            "Ask the partner what it means, or add it to the format's next version.",
        )
        for row in pc.indices_nonzero(unknown).to_pylist()
    ]


def _pick(
    each: FieldSpec, sources: Sources, done: Columns, size: int
) -> tuple[str, pa.StringArray, pa.StringArray | None]:
    """The texts of a column by its alternatives, with the zones beside them."""
    if each.join is None:
        source, texts, zones = _first_of(each.alternatives, each.zone_source, sources, size)
    else:
        source, texts = each.source[0], _joined(each, sources, size)
        zones = _first_of(each.zone_source, (), sources, size)[1] if each.zone_source else None
    for kind, names in each.source_when.items():
        other, of_kind, _ = _first_of(names, (), sources, size)
        texts = pc.if_else(pc.equal(done["kind"], kind), of_kind, texts)
        source = source or other
    if each.value is not None:
        texts = pc.fill_null(texts, each.value)
    return source or (*each.sources, each.name)[0], texts, zones


def _joined(each: FieldSpec, sources: Sources, size: int) -> pa.StringArray:
    """The texts of all sources, null where all are blank; plain text ends where its words do."""
    nothing = pa.nulls(size, pa.string())
    texts = [sources.texts(name) if name in sources else nothing for name in each.source]
    joined = pc.binary_join_element_wise(*(pc.fill_null(text, "") for text in texts), each.join)
    if not each.map and not each.formats:
        joined = pc.utf8_trim(joined, characters=f"{each.join} ")
    return pc.if_else(pc.is_valid(pc.coalesce(*texts)), joined, None)


def _first_of(
    names: Sequence[str], zone_names: Sequence[str], sources: Sources, size: int
) -> tuple[str, pa.StringArray, pa.StringArray | None]:
    present = [name for name in names if name in sources]
    if not present:
        return "", pa.nulls(size, pa.string()), None
    texts = sources.texts(present[0])
    beside = dict(zip(names, zone_names, strict=False))
    zones = _zone_texts(beside.get(present[0]), sources, size) if zone_names else None
    for name in present[1:]:
        if zones is not None:
            other = _zone_texts(beside.get(name), sources, size)
            zones = pc.if_else(pc.is_valid(texts), zones, other)
        texts = pc.coalesce(texts, sources.texts(name))
    return present[0], texts, zones


def _zone_texts(name: str | None, sources: Sources, size: int) -> pa.StringArray:
    if name is None or name not in sources:
        return pa.nulls(size, pa.string())
    return sources.texts(name)
