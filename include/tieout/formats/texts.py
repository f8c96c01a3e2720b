"""Values -> the texts of cells: the inverse of cells.py."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.columns import Columns
from tieout.formats.fields import FactRecord, FieldSpec
from tieout.formats.results import CannotWrite, Fact
from tieout.kernel.money import format_minor


def texts_of(field: FieldSpec, values: pa.Array, columns: Columns) -> list[str]:
    """The texts of a column, blank for null; `columns` holds the currencies of money."""
    if pa.types.is_string(values.type) and not field.map:
        return cast("list[str]", pc.fill_null(values, "").to_pylist())
    if pa.types.is_timestamp(values.type) and field.formats:
        seconds = values.cast(pa.timestamp("s", "UTC"), safe=False)
        return cast(
            "list[str]", pc.fill_null(pc.strftime(seconds, field.formats[0]), "").to_pylist()
        )
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


def fact_cells(record: FactRecord, facts: Mapping[str, Fact]) -> list[str]:
    """The cells of a header or trailer record, its tag first.

    Raises CannotWrite for a missing fact.
    """
    missing = [
        each.name for each in record.fields if each.required and facts.get(each.name) is None
    ]
    if missing:
        raise CannotWrite(
            f"Record {record.tag!r} needs the fact {missing[0]!r}.", remedy="Give it in `facts`."
        )
    return [record.tag, *(_text(field, facts.get(field.name)) for field in record.fields)]
