"""How much of an ordered quantity is accepted, rejected and held back, by the words of a format."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

from pydantic import Field

from tieout.formats.fields import Names, Strict
from tieout.formats.grid import Flaw
from tieout.formats.layouts.message_cells import Cells, first_of, number_of, text_of
from tieout.formats.layouts.segments import Segment

Share = Literal["accepted", "rejected", "backordered"]
SHARES: tuple[Share, ...] = ("accepted", "rejected", "backordered")


class Repeated(Strict):
    """A segment that says a share each time: the elements with its kind and its quantity."""

    segment: str
    kind: int
    quantity: int


class Answer(Strict):
    """What a vendor answers to a line, as the cells `answer.accepted`, `.rejected`, `.backordered`.

    `ordered` is the cell with the whole quantity, which the shares must add up to. They are said by
    each `repeated` segment, and by the cells of `stated`; `words` gives the codes of each share. A
    segment without a quantity speaks of what is left. Where nothing is said of the line, the code
    of the cell `line` speaks for all of it, else the message's code in the cell `overall` (by
    `overall_words`). What is left after a code of `rest` goes to the share that it names there.
    `answer.outcome` is the share that has the whole quantity, else `partial`; `answer.reason` has
    the codes that say other than accepted.
    """

    ordered: Names
    repeated: Repeated | None = None
    stated: dict[Share, Names] = Field(default_factory=dict)
    line: Names = ()
    overall: Names = ()
    words: dict[Share, Names]
    overall_words: dict[Share, Names] = Field(default_factory=dict)
    rest: dict[str, Share] = Field(default_factory=dict)

    def cells(self, segments: Sequence[Segment], cells: Mapping[str, str]) -> Cells | Flaw:
        """The shares of a row (its segments and cells), or why they do not hold."""
        ordered_text = first_of(cells, self.ordered)
        ordered = _quantity(ordered_text)
        if ordered_text and ordered is None:
            return Flaw("quantity", f"The quantity {ordered_text!r} is no number.")
        try:
            shares, codes, left_to = self._said(segments, cells)
        except ValueError as error:
            return Flaw("answer", str(error))
        said = sum(shares.values(), Decimal(0))
        if ordered is not None and said != ordered:
            left_to = left_to or next(
                (self.rest[code] for code in codes if code in self.rest), None
            )
            if left_to is None or said > ordered:
                return Flaw(
                    "quantities-add-up",
                    f"The quantities answered make {said:f}, not the {ordered:f} ordered.",
                )
            shares[left_to] = shares.get(left_to, Decimal(0)) + ordered - said
        return _told(shares, left_to) | {"answer.reason": ", ".join(self._reasons(codes, cells))}

    def _reasons(self, codes: Sequence[str], cells: Mapping[str, str]) -> list[str]:
        """The codes, of the line or else of the message, that say more than accepted."""
        overall = first_of(cells, self.overall)
        known = codes or ([overall] if overall else [])
        words = self.words if codes else self.overall_words
        return [
            code
            for code in dict.fromkeys(known)
            if code in self.rest or code not in words.get("accepted", ())
        ]

    def _said(
        self, segments: Sequence[Segment], cells: Mapping[str, str]
    ) -> tuple[dict[Share, Decimal], list[str], Share | None]:
        """The shares that are stated, the codes with them, and the share that takes what is left.

        Raises ValueError for a code or a quantity that is not known.
        """
        shares: dict[Share, Decimal] = {}
        codes: list[str] = []
        left_to: Share | None = None
        repeats = [each for each in segments if self.repeated and each.tag == self.repeated.segment]
        for segment in repeats:
            assert self.repeated is not None
            code = segment.text(self.repeated.kind)
            share = _share(code, self.words)
            codes.append(code)
            text = segment.text(self.repeated.quantity)
            quantity = _known(text) if text else Decimal(0)
            shares[share] = shares.get(share, Decimal(0)) + quantity
            left_to = left_to or (share if not quantity else None)
        for share, names in self.stated.items():
            if not repeats and (text := first_of(cells, names)):
                shares[share] = shares.get(share, Decimal(0)) + _known(text)
        line = first_of(cells, self.line)
        codes += [line] if line else []
        if not shares:
            left_to = self._spoken_for(line, first_of(cells, self.overall))
        return shares, codes, left_to

    def _spoken_for(self, line: str, overall: str) -> Share:
        """The share that all of a line goes to, by its code or by the message's."""
        if line and any(line in codes for codes in self.words.values()):
            return _share(line, self.words)
        if overall and self.overall_words:
            return _share(overall, self.overall_words)
        return _share(line, self.words)


def _share(code: str, words: Mapping[Share, Sequence[str]]) -> Share:
    found = next((share for share, codes in words.items() if code in codes), None)
    if found is None:
        raise ValueError(f"The format has no meaning for the answer {code!r}.")
    return found


def _known(text: str) -> Decimal:
    found = _quantity(text)
    if found is None:
        raise ValueError(f"The quantity {text!r} is no number.")
    return found


def _quantity(text: str) -> Decimal | None:
    found = number_of(text)
    return found if found is not None and found >= 0 else None


def _told(shares: Mapping[Share, Decimal], left_to: Share | None) -> Cells:
    amounts = {share: shares.get(share, Decimal(0)) for share in SHARES}
    filled = [share for share in SHARES if amounts[share]]
    outcome = (filled[0] if len(filled) == 1 else "partial") if filled else (left_to or "partial")
    cells = {f"answer.{share}": text_of(amount) for share, amount in amounts.items()}
    return cells | {"answer.outcome": outcome}
