"""Rate cards as sheets: a CSV file with one row per price, as spreadsheets keep it.

Rows that agree in all but volume and price are the tiers of one rate. An empty cell states nothing.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tieout.kernel.errors import Place, TieoutError

CARD_REMEDY = "Correct it; docs/operators/fees.md shows a card with every key."
_SCOPE = (
    *("kind", "method", "country", "region", "currency", "amounts_in"),
    *("valid_from", "valid_to"),
)
_VOLUME = "volume_from_minor"
_PRICE = ("percent", "fixed_minor", "minimum_minor", "maximum_minor")
COLUMNS = (*_SCOPE, _VOLUME, *_PRICE)
"""What a sheet may have as columns, in any order; it needs none of them."""
_SEPARATORS = ",;\t"
_Cells = dict[str, str]


class RateCardError(TieoutError):
    """A rate card that does not hold."""

    slug = "rate-card"


def card_refused(place: Place, problem: str) -> RateCardError:
    """The refusal of a card for what is wrong at a place of it."""
    return RateCardError(
        f"This rate card does not hold: {problem.removeprefix('Value error, ')}.",
        remedy=CARD_REMEDY,
        place=place,
    )


@dataclass(frozen=True)
class Sheet:
    """The rates of a sheet, as a YAML file would state them, and the line of each price."""

    path: Path
    rates: list[dict[str, object]]
    lines: tuple[tuple[int, ...], ...]

    def refused(self, location: Sequence[int | str], problem: str) -> RateCardError:
        """The refusal of what is at a location such as ("rates", 0, "tiers", 1, "percent")."""
        numbers = [step for step in location if isinstance(step, int)]
        columns = [step for step in location if step in COLUMNS]
        line = None
        if numbers:
            prices = self.lines[numbers[0]]
            line = prices[numbers[1] if len(numbers) > 1 else 0]
        field = str(columns[-1]) if columns else None
        return card_refused(Place(str(self.path), line=line, field=field), problem)


def read_sheet(path: Path) -> Sheet:
    """The rates of a CSV file: a header of COLUMNS, then one row per price.

    Cells are apart by comma, semicolon or tab, decimals have a point, days are written 2026-03-31.
    Raises RateCardError with file, line and column for what is no such sheet.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise card_refused(Place(str(path)), f"this is no text in UTF-8: {error}") from error
    groups: dict[tuple[str, ...], list[tuple[int, _Cells]]] = {}
    for line, cells in _rows(path, text):
        tier = () if cells.get(_VOLUME) else (str(line),)
        key = (*(cells.get(column, "") for column in _SCOPE), *tier)
        groups.setdefault(key, []).append((line, cells))
    return Sheet(
        path,
        [_rate([cells for _, cells in group]) for group in groups.values()],
        tuple(tuple(line for line, _ in group) for group in groups.values()),
    )


def _rows(path: Path, text: str) -> Iterator[tuple[int, _Cells]]:
    """The rows with the lines on which they begin; empty cells and empty rows are left out."""
    head = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: list[str] | None = None
    begins = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if header is None:
                header = _header(path, cells)
            elif any(cells):
                yield begins, _named(path, begins, header, cells)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise card_refused(Place(str(path), line=begins), str(error)) from error


def _header(path: Path, cells: list[str]) -> list[str]:
    for column in cells:
        place = Place(str(path), line=1, field=column or None)
        if column not in COLUMNS:
            known = ", ".join(COLUMNS)
            raise card_refused(place, f"there is no column {column!r}, only {known}")
        if cells.count(column) > 1:
            raise card_refused(place, f"the column {column!r} stands there twice")
    return cells


def _named(path: Path, line: int, header: list[str], cells: list[str]) -> _Cells:
    if len(cells) != len(header):
        raise card_refused(
            Place(str(path), line=line),
            f"the row has {len(cells)} cells, the header {len(header)}",
        )
    return {column: cell for column, cell in zip(header, cells, strict=True) if cell}


def _rate(prices: list[_Cells]) -> dict[str, object]:
    """A rate from its rows: one price without a volume, or tiers."""
    scope: dict[str, object] = {
        column: cell for column, cell in prices[0].items() if column in _SCOPE
    }
    if _VOLUME not in prices[0]:
        return scope | {column: prices[0][column] for column in _PRICE if column in prices[0]}
    tiers = [
        {column: cell for column, cell in row.items() if column not in _SCOPE} for row in prices
    ]
    return scope | {"tiers": tiers}
