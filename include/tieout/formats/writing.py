"""Canonical rows -> bytes of a format: the inverse of reading.

`read(write(rows, spec, facts=f), spec)` gives the same canonical rows and facts. Reading and then
writing keeps the meaning, not the bytes: columns may be in another order, zones become UTC.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.columns import ARROW_TYPES
from tieout.formats.families import Columns, canonical_types, unfinish
from tieout.formats.model import FactRecord, FieldSpec, FormatSpec, normal_name
from tieout.formats.results import Fact
from tieout.kernel.errors import TieoutError
from tieout.kernel.money import format_minor

Texts = list[str]


class CannotWrite(TieoutError):  # noqa: N818 (a state, as in FileRefused)
    """Rows or facts that the format has no way to say."""

    slug = "cannot-write"


def write(
    rows: pa.Table | list[dict[str, object]],
    spec: FormatSpec,
    *,
    facts: Mapping[str, Fact] | None = None,
) -> bytes:
    """The file that says these canonical rows.

    `facts` are the header's and trailer's values; `format` and the control totals are filled in.
    Columns that are missing from `rows` are blank, except those that the family works out.
    Raises CannotWrite when a required fact or value is missing.
    """
    size = len(rows)
    columns = unfinish(spec, _columns(rows, spec), size)
    kept = _kept(rows)
    cells = _cells(spec, columns, kept, size)
    if spec.layout == "jsonl":
        return _as_jsonl(spec, columns, size)
    body = list(zip(*cells.values(), strict=True)) if cells else []
    if not spec.tagged:
        return _as_csv([list(cells), *body], spec)
    known = dict(facts or {}) | _totals(spec, columns, size)
    shape = spec.records
    records: list[Sequence[str]] = []
    if shape.header is not None:
        records.append(_fact_record(shape.header, {"format": spec.id, **known}))
    records.append([shape.columns_tag or "", *cells])
    records += [(shape.detail.tag or "", *row) for row in body]
    if shape.trailer is not None:
        records.append(_fact_record(shape.trailer, known))
    return _as_csv(records, spec)


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
    cells: dict[str, Texts] = {name: [""] * size for name in spec.header_order}
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
    values = columns.get(field.name, pa.nulls(size, ARROW_TYPES[field.type]))
    if field.plus or field.minus:
        return _signed_cells(field, values, columns)
    texts = _texts(field, values, columns)
    cells: dict[str, Texts] = {}
    default = field.alternatives[:1]
    if not field.source_when:
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


def _signed_cells(field: FieldSpec, values: pa.Array, columns: Columns) -> dict[str, Texts]:
    """An amount in the first column that adds, or the first that subtracts where it is negative."""
    if not field.minus:
        return {field.plus[0]: _texts(field, values, columns)}
    negative = pc.less(values, 0)
    up = _texts(field, pc.if_else(negative, None, values), columns)
    down = _texts(field, pc.if_else(negative, pc.negate(values), None), columns)
    return {field.minus[0]: down, field.plus[0]: up}


def _texts(field: FieldSpec, values: pa.Array, columns: Columns) -> Texts:
    if pa.types.is_string(values.type) and not field.map:
        return cast("Texts", pc.fill_null(values, "").to_pylist())
    if pa.types.is_timestamp(values.type) and field.formats:
        seconds = values.cast(pa.timestamp("s", "UTC"), safe=False)
        return cast("Texts", pc.fill_null(pc.strftime(seconds, field.formats[0]), "").to_pylist())
    found = values.to_pylist()
    if field.map:
        words = {value: word for word, value in reversed(field.map.items())}
        return [words[value] if value is not None else "" for value in found]
    if field.type == "money" and field.unit == "major":
        currencies = columns[str(field.currency)].to_pylist()
        pairs = zip(found, currencies, strict=True)
        return ["" if value is None else format_minor(value, code) for value, code in pairs]
    return [_text(field, value) for value in found]


def _text(field: FieldSpec, value: Fact) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        return moment.strftime(field.formats[0]) if field.formats else moment.isoformat()
    if isinstance(value, date):
        return value.strftime(field.formats[0]) if field.formats else value.isoformat()
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def _totals(spec: FormatSpec, columns: Columns, size: int) -> dict[str, Fact]:
    """The trailer's control totals, as the spec's checks want them."""
    totals: dict[str, Fact] = {}
    for check in spec.checks:
        if check.rule == "trailer_count":
            totals[str(check.fact)] = size
        elif check.rule == "trailer_sum":
            totals[str(check.fact)] = pc.sum(columns[str(check.column)], min_count=0).as_py()
    return totals


def _fact_record(record: FactRecord, facts: Mapping[str, Fact]) -> list[str]:
    missing = [
        each.name for each in record.fields if each.required and facts.get(each.name) is None
    ]
    if missing:
        raise CannotWrite(
            f"Record {record.tag!r} needs the fact {missing[0]!r}.", remedy="Give it in `facts`."
        )
    return [record.tag, *(_text(field, facts.get(field.name)) for field in record.fields)]


def _as_csv(records: Sequence[Sequence[str]], spec: FormatSpec) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(
        out,
        delimiter=spec.dialect.delimiter,
        quotechar=spec.dialect.quoteChar,
        lineterminator="\n",
    )
    writer.writerows(records)
    return out.getvalue().encode("utf-8")


def _as_jsonl(spec: FormatSpec, columns: Columns, size: int) -> bytes:
    """One object per row; whole numbers stay numbers, blank values are left out."""
    named = {}
    for field in spec.fields:
        values = columns.get(field.name, pa.nulls(size, ARROW_TYPES[field.type]))
        numbers = pa.types.is_integer(values.type) and field.unit == "minor"
        plain = field.type == "integer" or numbers
        found = values.to_pylist() if plain else _texts(field, values, columns)
        if field.type == "json":
            found = [json.loads(text) if text else "" for text in found]
        named[field.alternatives[0]] = found
    rows = zip(*named.values(), strict=True)
    lines = [
        json.dumps(
            {name: cell for name, cell in zip(named, row, strict=True) if cell not in (None, "")},
            ensure_ascii=False,
        )
        for row in rows
    ]
    return "".join(f"{line}\n" for line in lines).encode("utf-8")
