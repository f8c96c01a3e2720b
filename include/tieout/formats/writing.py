"""Canonical rows -> bytes of a format: the inverse of reading.

`read(write(rows, spec, facts=f), spec)` gives the same canonical rows and facts. Reading and then
writing keeps the meaning, not the bytes: columns may be in another order, zones become UTC.
"""

import json
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.cells import cell_value
from tieout.formats.columns import ARROW_TYPES, Columns
from tieout.formats.families import canonical_types, unfinish
from tieout.formats.fields import FieldSpec, normal_name
from tieout.formats.layouts.base import Content, Texts
from tieout.formats.layouts.message_writing import LONGEST_PARTY
from tieout.formats.results import CannotWrite, Fact
from tieout.formats.spec import FormatSpec
from tieout.formats.texts import texts_of


def write(
    rows: pa.Table | list[dict[str, object]],
    spec: FormatSpec,
    *,
    facts: Mapping[str, Fact] | None = None,
) -> bytes:
    """The file that says these canonical rows.

    `facts` are the header's and trailer's values; `format` and the control totals are filled in.
    Columns that are missing from `rows` are blank, except those that the family works out.
    Raises CannotWrite when the format is only read, when a required fact or value is missing, or
    when the format has no way to say a value.
    """
    if not spec.can_write:
        raise CannotWrite(
            f"Files of {spec.id} are only read, not written.",
            remedy="Choose a format that can be written (docs/formats.md says which can).",
            format=spec.id,
        )
    size = len(rows)
    columns = unfinish(spec, _columns(rows, spec), size)
    kept = _kept(rows)
    cells = _cells(spec, columns, kept, size)
    known = dict(facts or {}) | _totals(spec, columns, size)
    return spec.layout.render(Content(cells, size, known, spec.id, spec.fields))


def longest_receiver(spec: FormatSpec) -> int | None:
    """How many characters the id of a receiver has at most in a format, None for as many as any."""
    return LONGEST_PARTY.get(spec.layout.type)


def _columns(rows: pa.Table | list[dict[str, object]], spec: FormatSpec) -> Columns:
    types = canonical_types(spec)
    if isinstance(rows, pa.Table):
        return {
            name: rows.column(name).combine_chunks().cast(types[name])
            for name in rows.column_names
            if name in types
        }
    given = {name for row in rows for name in row} if rows else set(types)
    try:
        return {
            name: pa.array([row.get(name) for row in rows], types[name])
            for name in types
            if name in given
        }
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise CannotWrite(
            f"A value does not fit its column: {error}.", remedy="Give canonical values."
        ) from error


def _kept(rows: pa.Table | list[dict[str, object]]) -> list[dict[str, str]]:
    """What each row keeps under `extra`, by the partner's names."""
    if isinstance(rows, pa.Table):
        texts = rows.column("extra").to_pylist() if "extra" in rows.column_names else []
    else:
        texts = [row.get("extra") for row in rows]
    kept = [json.loads(text) if text else {} for text in texts]
    return kept if any(kept) else []


def _cells(
    spec: FormatSpec, columns: Columns, kept: list[dict[str, str]], size: int
) -> dict[str, Texts]:
    """The text of each source column, by its name in the file, in the file's order."""
    cells: dict[str, Texts] = {}
    for field in spec.fields:
        for name, texts in _field_cells(field, columns, size).items():
            before = cells.get(name, [""] * size)
            cells[name] = [old or new for old, new in zip(before, texts, strict=True)]
    for field in spec.fields:
        _require(field, cells, spec)
    _put_back(cells, kept, spec, size)
    return cells


def _require(field: FieldSpec, cells: dict[str, Texts], spec: FormatSpec) -> None:
    names = [name for name in field.sources if name in cells and name not in field.zone_source]
    if field.required and not all(map(any, zip(*(cells[name] for name in names), strict=True))):
        raise CannotWrite(
            f"A row has no {field.name}, which {spec.id} requires.",
            remedy="Fill the column before writing.",
            format=spec.id,
        )


def _put_back(
    cells: dict[str, Texts], kept: list[dict[str, str]], spec: FormatSpec, size: int
) -> None:
    """Cells that reading kept under `extra`; where they make up a field, they replace its cells."""
    written = {normal_name(name): name for name in cells}
    parts = [set(map(normal_name, field.plus)) for field in spec.fields if len(field.plus) > 1]
    for index, row in enumerate(kept):
        names = {normal_name(name) for name in row}
        for group in parts:
            if group & names:
                for name in group & written.keys():
                    cells[written[name]][index] = ""
        for name, text in row.items():
            place = written.setdefault(normal_name(name), name)
            cells.setdefault(place, [""] * size)[index] = text


def _field_cells(field: FieldSpec, columns: Columns, size: int) -> dict[str, Texts]:
    values = columns.get(field.name)
    if values is None:
        kind = "text" if field.map else field.type
        values = pa.nulls(size, ARROW_TYPES[kind])
    elif field.value is not None:
        _refuse_others(field, values)
    if field.plus or field.minus:
        return _added_cells(field, values, columns)
    if field.sign_source:
        return _signed_cells(field, field.alternatives[0], values, columns)
    texts = texts_of(field, values, columns)
    cells: dict[str, Texts] = {}
    default = field.alternatives[:1]
    if field.join is not None:
        cells = _parted(field, texts)
    elif not field.source_when:
        cells = dict.fromkeys(default, texts)
    else:
        kinds = columns["kind"].to_pylist()
        targets = [field.source_when.get(kind, default)[:1] for kind in kinds]
        for name in dict.fromkeys(name for target in targets for name in target):
            cells[name] = [
                text if target == (name,) else ""
                for text, target in zip(texts, targets, strict=True)
            ]
    if field.zone_source:
        cells[field.zone_source[0]] = ["UTC" if text else "" for text in texts]
    return cells


def _refuse_others(field: FieldSpec, values: pa.Array) -> None:
    """Raises CannotWrite where the format says nothing but one value, and a row has another."""
    if field.source:
        return
    constant = str(field.value)
    known = cell_value(field, constant, None)
    if any(value not in (known, None) for value in pc.unique(values).to_pylist()):
        raise CannotWrite(
            f"In this format {field.name} is always {constant}.",
            remedy="Choose a format that can say another (docs/formats.md).",
        )


def _parted(field: FieldSpec, texts: Texts) -> dict[str, Texts]:
    """The sources that are read as one, each by itself."""
    separator = str(field.join)
    blank = separator * (len(field.source) - 1)
    parts = [(text or blank).split(separator) for text in texts]
    if any(len(each) != len(field.source) for each in parts):
        raise CannotWrite(
            f"{field.name} does not part into {len(field.source)} columns at {separator!r}.",
            remedy="Choose a format that has it in one column (docs/formats.md).",
        )
    return {name: [each[place] for each in parts] for place, name in enumerate(field.source)}


def _added_cells(field: FieldSpec, values: pa.Array, columns: Columns) -> dict[str, Texts]:
    """An amount in the first column that adds, or the first that subtracts where it is negative."""
    if field.sign_source:
        turned = values if field.plus else pc.negate(values)
        return _signed_cells(field, (*field.plus, *field.minus)[0], turned, columns)
    if not field.minus:
        return {field.plus[0]: texts_of(field, values, columns)}
    if not field.plus:
        return {field.minus[0]: texts_of(field, pc.negate(values), columns)}
    negative = pc.less(values, 0)
    up = texts_of(field, pc.if_else(negative, None, values), columns)
    down = texts_of(field, pc.if_else(negative, pc.negate(values), None), columns)
    return {field.minus[0]: down, field.plus[0]: up}


def _signed_cells(
    field: FieldSpec, name: str, values: pa.Array, columns: Columns
) -> dict[str, Texts]:
    """An amount without its sign, and the column with the word that says it."""
    texts = texts_of(field, pc.abs(values), columns)
    plus, minus = (field.positive or ("",))[0], field.negative[0]
    words = ["" if value is None else minus if value < 0 else plus for value in values.to_pylist()]
    return {name: texts, field.sign_of(name): words}


def _totals(spec: FormatSpec, columns: Columns, size: int) -> dict[str, Fact]:
    """The trailer's control totals, as the spec's checks want them."""
    totals: dict[str, Fact] = {}
    for check in spec.checks:
        if check.rule == "trailer_count":
            totals[str(check.fact)] = size
        elif check.rule == "trailer_sum":
            totals[str(check.fact)] = pc.sum(columns[str(check.column)], min_count=0).as_py()
    return totals
