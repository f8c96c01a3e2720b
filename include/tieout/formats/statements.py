"""Bank statements as their standards say them: balances that must tie with the entries between."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tieout.formats.totals import Totals, text_of

_AMOUNT = re.compile(r"[+-]?(\d{1,18}(\.\d{0,9})?|\.\d{1,9})", re.ASCII)


def amount_of(text: str) -> Decimal | None:
    """The number that a text is, if it is one of at most 18 and 9 digits."""
    return Decimal(text) if _AMOUNT.fullmatch(text) else None


def turned(text: str, negative: bool) -> str:
    """The text of an amount with its sign turned round where it is negative."""
    if not negative or not text:
        return text
    return text[1:] if text.startswith("-") else f"-{text.removeprefix('+')}"


@dataclass(frozen=True)
class Balance:
    """What an account holds; below zero it is overdrawn. `amount` is None where it is no number."""

    amount: Decimal | None
    currency: str


@dataclass
class Summary:
    """How many entries there are, and what they add up to without their signs."""

    count: int = 0
    sum: Decimal = Decimal(0)

    def add(self, amount: Decimal | None) -> None:
        """Count an entry; one without a number adds nothing."""
        self.count += 1
        self.sum += abs(amount or Decimal(0))


@dataclass
class Statement:
    """One statement of one account: its balances, and the entries that it lists so far.

    `unread` are the lines of entries without a number or in another currency.
    """

    account: str
    number: str
    opening: Balance | None = None
    closing: Balance | None = None
    sum: Decimal = Decimal(0)
    entries: int = 0
    unread: list[int] = field(default_factory=list)

    def add(self, amount: Decimal | None, line: int) -> None:
        """Count an entry of this amount, positive where it is a credit."""
        self.entries += 1
        if amount is None:
            self.unread.append(line)
        else:
            self.sum += amount

    @property
    def label(self) -> str:
        """The statement as people call it."""
        return f"statement {self.number or '?'} of {self.account or '?'}"

    @property
    def said(self) -> str:
        """The statement as JSON text, once all of its entries were added."""
        said: dict[str, str | int] = {
            "account": self.account,
            "statement_no": self.number,
            "entries": self.entries,
        }
        for name, balance in (("opening", self.opening), ("closing", self.closing)):
            if balance is not None and balance.amount is not None:
                said[name] = f"{text_of(balance.amount)} {balance.currency}"
        return json.dumps(said, ensure_ascii=False)

    def tie(self, totals: Totals) -> None:
        """Compare the closing balance with the opening balance and the entries between."""
        if self.opening is None or self.closing is None:
            return
        before, after = self.opening, self.closing
        totals.compare("balance_currency", before.currency, after.currency, self.label)
        if before.amount is None or after.amount is None:
            totals.compare("closing_balance", "a number", "none", self.label)
            return
        found = before.amount + self.sum
        totals.compare("closing_balance", after.amount, found, self.label, self.unread)


def statements_fact(said: Sequence[str]) -> str:
    """All statements of a file as JSON text, so that those without entries are not lost.

    `said` are their own texts (`Statement.said`).
    """
    return f"[{', '.join(said)}]"
