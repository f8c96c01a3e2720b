"""What header and trailer records say, as values."""

from collections.abc import Sequence

from tieout.formats.cells import CellError, cell_value
from tieout.formats.fields import FactRecord, FieldSpec
from tieout.formats.results import Fact, FileRefused
from tieout.kernel.cards import mask_cards
from tieout.kernel.errors import Place


def facts_of(record: FactRecord, cells: Sequence[str], place: Place) -> dict[str, Fact]:
    """The values of a record's cells (those after its tag).

    Raises FileRefused (structure) when one does not hold.
    """
    facts: dict[str, Fact] = {}
    for index, field in enumerate(record.fields):
        text = cells[index].strip() if index < len(cells) else ""
        try:
            facts[field.name] = _fact(field, text)
        except CellError as error:
            raise FileRefused(
                "structure",
                f"Record {record.tag!r} does not hold: {error.reason}",
                remedy="Check that this is a file of the format, then ask for it again.",
                expected=f"{field.name} ({field.type})",
                found=repr(mask_cards(text)),
                place=Place(place.file, place.line, field.name),
            ) from error
    return facts


def _fact(field: FieldSpec, text: str) -> Fact:
    if not text and field.required:
        raise CellError("required", "The value is missing.", "Fill it.")
    value = cell_value(field, text, None) if text else None
    wanted = field.constraints.enum
    if wanted and value not in wanted:
        raise CellError("enum", f"The value is not {' or '.join(wanted)}.", "Correct it.")
    return value
