"""One JSON object per line."""

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Literal

from tieout.formats.fields import FieldSpec
from tieout.formats.grid import ROWS_TOGETHER, Flaw, Grid, Record, grid_of_records
from tieout.formats.layouts.base import Content, Layout, Recognised
from tieout.formats.layouts.delimited_opening import Lines
from tieout.formats.source import Source


class JsonLinesLayout(Layout):
    """One JSON object per line; the columns are the objects' keys."""

    type: Literal["jsonl"]
    final_newline: Literal["required", "optional"] = "optional"

    def recognise(self, head: Source, format_id: str) -> Recognised | None:
        """The keys of the first object."""
        del format_id
        first = next((line for line in head.lines if line.strip()), "")
        found = json_object(first)
        return None if isinstance(found, Flaw) else Recognised(list(found))

    def cut(self, source: Source) -> Iterator[Grid]:
        """The objects, some thousands at a time; the columns of these are all of their keys."""
        if self.final_newline == "required" and source.data[-1:] != b"\n":
            raise source.truncated("the last line ends with a line break", "it does not")
        found = (
            _record(number, line.rstrip("\r\n"))
            for number, line in enumerate(Lines(source), 1)
            if line.strip()
        )
        while batch := list(islice(found, ROWS_TOGETHER)):
            yield grid_of_records(batch)

    def render(self, content: Content) -> bytes:
        """One object per row; whole numbers stay numbers, blank values are left out."""
        plain = {each.alternatives[0] for each in content.fields if _is_json(each)}
        cells = content.cells
        rows = zip(*cells.values(), strict=True) if cells else iter([()] * content.size)
        lines = [
            json.dumps(
                {
                    name: json.loads(text) if name in plain else text
                    for name, text in zip(cells, row, strict=True)
                    if text
                },
                ensure_ascii=False,
            )
            for row in rows
        ]
        return "".join(f"{line}\n" for line in lines).encode("utf-8")


def _is_json(field: FieldSpec) -> bool:
    """Whether the texts of a field are JSON already."""
    is_minor = field.type == "money" and field.unit == "minor"
    return field.type in {"integer", "json"} or is_minor


def _record(line: int, text: str) -> Record:
    found = json_object(text)
    if isinstance(found, Flaw):
        return Record({}, line, text, found)
    return Record(found, line, text)


def json_object(line: str) -> dict[str, str] | Flaw:
    """The members of an object as text, or what is wrong with it."""
    try:
        found = json.loads(line, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, ArithmeticError, RecursionError) as error:
        return Flaw("json", f"The line is no JSON: {error}.")
    if not isinstance(found, dict):
        return Flaw("json", "The line is no JSON object.")
    return {key: json_cell(value) for key, value in found.items()}


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no number of JSON")


def json_cell(value: object) -> str:
    """A JSON value as the text of a cell: null is blank, objects and lists stay JSON."""
    if value is None:
        return ""
    if isinstance(value, str | Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=float)
