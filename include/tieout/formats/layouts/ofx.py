"""OFX and QFX downloads: version 1 (SGML, whose values need no end tag) and version 2 (XML)."""

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tieout.formats.grid import ROWS_TOGETHER, Grid, Record, grid_of_records, numbered
from tieout.formats.layouts.base import Layout, Recognised
from tieout.formats.layouts.ofx_elements import LINES, START, Element, elements
from tieout.formats.layouts.replacing import with_texts
from tieout.formats.results import FileRefused
from tieout.formats.source import Source
from tieout.formats.statements import Balance, Statement, amount_of, statements_fact

_AMOUNTS = {"TRNAMT", "BALAMT"}
_ERROR = re.compile(
    r"<CODE>\s*([1-9]\d*)\s*(?:</CODE>)?\s*<SEVERITY>\s*ERROR\s*(?:</SEVERITY>)?"
    r"(?:\s*<MESSAGE>([^<]*))?",
    re.IGNORECASE,
)
"""What a status says that is an error: its code, and maybe words."""
_LONGEST_ANSWER = 100_000
"""In how many bytes an error is looked for; where it occurs, it comes first."""


class OfxLayout(Layout):
    """One download: statements of bank, card and investment accounts with their transactions.

    A row is a `STMTTRN`, or a pending `STMTTRNP`. Columns are paths below `STMTRS` and `STMTTRN`;
    an element that occurs again is numbered. `STMTTRN` stands for both kinds of transactions,
    `STMTRS` and `ACCTFROM` for the statements and accounts of all kinds. `TRNAMT` and `BALAMT` have
    a point where the file has a comma. Worked out are `booked_on` (the day, as the bank wrote it),
    `currency` (that of the transaction if it says so, else of the statement), `closing` (the ledger
    balance, beside transactions in its currency), `original_currency`, and `list` (STMTTRN or
    STMTTRNP).
    """

    type: Literal["ofx"]

    def recognise(self, head: Source, format_id: str) -> Recognised | None:
        """Certain where the head has the OFX element after a header of OFX."""
        del format_id
        start = START.search(head.text)
        if start is None:
            return None
        version = "2" if "<?OFX" in head.text[: start.start()] else "1"
        return Recognised((), certain=True, reason=f"it is OFX of version {version}")

    @numbered
    def cut(self, source: Source) -> Iterator[Grid]:
        """The transactions of all statements, some thousands at a time."""
        reading = _Reading(source)
        waiting: list[Record] = []
        for element in elements(source):
            for record in reading.records(element):
                waiting.append(record)
                if len(waiting) >= ROWS_TOGETHER:
                    yield grid_of_records(waiting)
                    waiting = []
        if reading.waiting:
            raise _homeless(source, reading.waiting[0])
        if not reading.statements:
            raise _without_statement(source)
        grid = grid_of_records(waiting)
        grid.facts["statements"] = statements_fact(reading.statements)
        yield grid

    @property
    def by_line(self) -> bool:
        """Records are elements, which may start and end anywhere in a line."""
        return False

    def corrected(self, source: Source, texts: Mapping[int, str]) -> Iterator[bytes]:
        """The file with other texts of the records that start on these lines."""
        return with_texts(source, self.cut(source), texts)


@dataclass
class _Open:
    """A statement while its transactions are given out."""

    statement: Statement
    cells: dict[str, str]
    currency: str


@dataclass
class _Reading:
    """Transactions wait for what their statement says behind them, which is looked up for many."""

    source: Source
    statements: list[str] = field(default_factory=list)
    waiting: list[Element] = field(default_factory=list)
    open: _Open | None = None
    ended: int = 0
    _ahead: Iterator[tuple[int, Element]] | None = None

    def records(self, element: Element) -> Iterator[Record]:
        """The transactions that can be given out with this element."""
        is_line = element.name in LINES
        if is_line:
            self.waiting.append(element)
            if self.open is None and len(self.waiting) > ROWS_TOGETHER:
                self.open = _opened(self._looked_up())
        elif self.open is None and (self.waiting or element.child("CURDEF")):
            self.open = _opened(element)
        if self.open is not None:
            for each in self.waiting:
                yield _record(each, self.open)
            self.waiting = []
        if not is_line:
            self.ended += 1
            if self.open is not None:
                self.statements.append(self.open.statement.said)
            self.open = None

    def _looked_up(self) -> Element:
        """The statement that is not yet at its end."""
        if self._ahead is None:
            found = (each for each in elements(self.source) if each.name not in LINES)
            self._ahead = enumerate(found)
        for number, element in self._ahead:
            if number == self.ended:
                return element
        raise _homeless(self.source, self.waiting[0])


def _without_statement(source: Source) -> FileRefused:
    """The refusal of a file without statements, in the bank's words where it answers an error."""
    text = source.data[:_LONGEST_ANSWER].decode("utf-8", "replace")
    error = _ERROR.search(text)
    if error is None:
        return source.misplaced(1, "at least one statement (STMTRS, CCSTMTRS)", "none")
    said = " ".join(html.unescape(part.strip()) for part in error.groups() if part)
    return FileRefused(
        "partner-error",
        f"There is no statement in the file. The bank answers: {said}.",
        remedy="Check what was asked for, then ask the bank again.",
        expected="a statement",
        found=said,
        place=source.place(len(text[: error.start()].encode())),
    )


def _homeless(source: Source, element: Element) -> FileRefused:
    return source.misplaced(element.line, "a statement around each transaction", "none")


def _opened(element: Element) -> _Open:
    """A statement with what it says besides its transactions."""
    account = next((each for each in element.children if each.name.endswith("ACCTFROM")), None)
    cells = _leaves(_without_account(element), "STMTRS")
    if account:
        cells |= _leaves(account, "ACCTFROM")
    statement = Statement(account.at("ACCTID") if account else "", "")
    balance = cells.get("STMTRS/LEDGERBAL/BALAMT", "")
    if balance:
        statement.closing = Balance(amount_of(balance), element.at("CURDEF"))
    return _Open(statement, cells, element.at("CURDEF"))


def _record(each: Element, within: _Open) -> Record:
    own = {"STMTTRN/TRNAMT": ""} | _leaves(each, "STMTTRN")
    above = within.cells
    posted = each.at("DTPOSTED") or each.at("DTTRAN")
    own_currency = each.at("CURRENCY", "CURSYM")
    worked_out = {
        "booked_on": posted[:8],
        "available_on": each.at("DTAVAIL")[:8],
        "currency": own_currency or within.currency,
        "closing": "" if own_currency else above.get("STMTRS/LEDGERBAL/BALAMT", ""),
        "original_currency": each.at("ORIGCURRENCY", "CURSYM"),
        "party": each.at("NAME") or each.at("PAYEE", "NAME") or each.at("EXTDNAME"),
        "party_account": each.at("BANKACCTTO", "ACCTID") or each.at("CCACCTTO", "ACCTID"),
        "text": " ".join(part for part in (each.at("NAME"), each.at("MEMO")) if part),
        "list": each.name,
    }
    within.statement.add(amount_of(own["STMTTRN/TRNAMT"]), each.line)
    return Record(above | own | worked_out, each.line, each.raw)


def _without_account(element: Element) -> Element:
    """A statement without the elements that hold the account; empty transactions say nothing."""
    kept = Element(element.name, element.text)
    for each in element.children:
        if each.name in LINES or each.name.endswith("ACCTFROM"):
            continue
        kept.children.append(_without_account(each) if each.name.endswith("TRANLIST") else each)
    return kept


def _leaves(element: Element, path: str) -> dict[str, str]:
    """The values below an element by their paths."""
    cells: dict[str, str] = {}
    times: Counter[str] = Counter()
    for child in element.children:
        times[child.name] += 1
        number = f"[{times[child.name]}]" if times[child.name] > 1 else ""
        below = f"{path}/{child.name}{number}"
        if child.children:
            cells |= _leaves(child, below)
        elif child.text:
            cells[below] = child.text.replace(",", ".") if child.name in _AMOUNTS else child.text
    return cells
