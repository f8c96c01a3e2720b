"""What header and trailer records say, as values."""

from collections.abc import Mapping, Sequence

from tieout.formats.cells import CellError, cell_value
from tieout.formats.fields import FactRecord, FieldSpec, normal_name
from tieout.formats.results import Fact, FileRefused
from tieout.kernel.errors import Place


def facts_of(record: FactRecord, cells: Sequence[str], place: Place) -> dict[str, Fact]:
    """The values of a record's cells (those after its tag).

    Raises FileRefused (structure) when one does not hold.
    """
    named = {field.name: text for field, text in zip(record.fields, cells, strict=False)}
    by_position = [field.model_copy(update={"source": (field.name,)}) for field in record.fields]
    return facts_from(by_position, named, place, f"Record {record.tag!r}")


def facts_from(
    fields: Sequence[FieldSpec], cells: Mapping[str, str], place: Place, what: str
) -> dict[str, Fact]:
    """The values of fields whose sources are cells by name; money finds its currency among them.

    Raises FileRefused (structure) when one does not hold; `what` is what they are part of.
    """
    by_name = {normal_name(name): text.strip() for name, text in cells.items()}
    facts: dict[str, Fact] = {}
    for field in sorted(fields, key=lambda each: each.type == "money"):
        texts = [by_name.get(normal_name(name), "") for name in field.alternatives]
        text = next(filter(None, texts), field.value or "")
        try:
            facts[field.name] = _fact(field, text, facts)
        except CellError as error:
            raise FileRefused(
                "structure",
                f"{what} does not hold: {error.reason}",
                remedy="Check that this is a file of the format, then ask for it again.",
                expected=f"{field.name} ({field.type})",
                found=repr(text),
                place=Place(place.file, place.line, field.name),
            ) from error
    return {field.name: facts[field.name] for field in fields}


def _fact(field: FieldSpec, text: str, known: Mapping[str, Fact]) -> Fact:
    if not text and field.required:
        raise CellError("required", "The value is missing.", "Fill it.")
    currency = known.get(field.currency) if field.currency else None
    value = cell_value(field, text, str(currency) if currency else None) if text else None
    wanted = field.constraints.enum
    if wanted and value not in wanted:
        raise CellError("enum", f"The value is not {' or '.join(wanted)}.", "Correct it.")
    return value
