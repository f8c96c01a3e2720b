"""OFX and QFX downloads: version 1 (SGML, whose values need no end tag) and version 2 (XML)."""

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tieout.formats.grid import ROWS_TOGETHER, Grid, Record, grid_of_records
from tieout.formats.layouts.base import Layout, Recognised
from tieout.formats.layouts.replacing import with_texts
from tieout.formats.results import FileRefused
from tieout.formats.source import Source
from tieout.formats.statements import Balance, Statement, amount_of, statements_fact
from tieout.kernel.errors import Place

MEBIBYTE = 1024 * 1024
MAX_DEPTH = 64
_START = re.compile(r"<OFX\s*>", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([A-Za-z0-9._:-]+)\s*(/?)>([^<]*)")
_LINES = {"STMTTRN", "STMTTRNP"}
_AMOUNTS = {"TRNAMT", "BALAMT"}
_STATEMENT = re.compile(r".*STMTRS")


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
    max_mebibytes: int = 32

    def recognise(self, head: Source, format_id: str) -> Recognised | None:
        """Certain where the head has the OFX element after a header of OFX."""
        del format_id
        start = _START.search(head.text)
        if start is None:
            return None
        version = "2" if "<?OFX" in head.text[: start.start()] else "1"
        return Recognised((), certain=True, reason=f"it is OFX of version {version}")

    def cut(self, source: Source) -> Iterator[Grid]:
        """The transactions of all statements, some thousands at a time."""
        if len(source.data) > self.max_mebibytes * MEBIBYTE:
            raise _too_large(source, self.max_mebibytes)
        parser = _Parser(source)
        reading = _Reading(parser.text)
        waiting: list[Record] = []
        for element in parser.elements():
            for record in reading.records(element):
                waiting.append(record)
                if len(waiting) >= ROWS_TOGETHER:
                    yield grid_of_records(waiting)
                    waiting = []
        if not reading.statements:
            raise source.misplaced(1, "at least one statement (STMTRS, CCSTMTRS)", "none")
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


def _too_large(source: Source, most: int) -> FileRefused:
    return FileRefused(
        "too-large",
        "The file is larger than files of this format are read.",
        remedy="Ask the bank for a file per account or per month.",
        expected=f"at most {most} MiB",
        found=f"{len(source.data) // MEBIBYTE} MiB",
        place=Place(source.name),
    )


@dataclass(slots=True, eq=False)
class _Element:
    name: str
    start: int
    text: str = ""
    end: int = 0
    children: list["_Element"] = field(default_factory=list)

    def at(self, *names: str) -> str:
        """The text of the first element at a path, else blank."""
        found = self.child(*names)
        return found.text if found else ""

    def child(self, *names: str) -> "_Element | None":
        """The first element at a path, if there is one."""
        here: _Element | None = self
        for name in names:
            children = here.children if here else []
            here = next((each for each in children if each.name == name), None)
        return here


def _without_cdata(source: Source) -> str:
    """The file with its CDATA sections as plain text; line breaks stay where they are."""
    text, done, parts = source.text, 0, []
    while (start := text.find("<![CDATA[", done)) >= 0:
        end = text.find("]]>", start)
        if end < 0:
            raise source.truncated("an end of each CDATA section", "none")
        parts += [text[done:start], html.escape(text[start + 9 : end], quote=False)]
        done = end + 3
    return "".join([*parts, text[done:]])


class _Parser:
    """Tags in their order; a value ends where the next tag starts, whether it is closed or not."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = _without_cdata(source)
        self.open: list[_Element] = []
        self.names: Counter[str] = Counter()

    def elements(self) -> Iterator[_Element]:
        """Transactions and statements where they end; the former stay out of the latter."""
        text = self.text
        start = _START.search(text)
        if start is None:
            raise self.source.misplaced(1, "an element OFX", "none")
        for tag in _TAG.finditer(text, start.start()):
            closing, name, empty, content = tag[1], tag[2].upper(), tag[3], tag[4].strip()
            if closing:
                yield from self._close(name, tag.end() - len(tag[4]))
                continue
            self._end_value()
            if len(self.open) >= MAX_DEPTH:
                raise self._misplaced(tag.start(), f"at most {MAX_DEPTH} nested elements", "more")
            element = _Element(name, tag.start(), html.unescape(content), tag.end())
            if self.open:
                self.open[-1].children.append(element)
            if not empty:
                self.open.append(element)
                self.names[name] += 1
        if self.open:
            raise self.source.truncated("an end of OFX", f"{self.open[-1].name} still open")

    def _end_value(self) -> None:
        """A value without an end tag ends before the next element."""
        if self.open and self.open[-1].text:
            self.names[self.open.pop().name] -= 1

    def _close(self, name: str, end: int) -> Iterator[_Element]:
        """Close an element, and first the blank values in it that were never closed."""
        if not self.names[name]:
            raise self._misplaced(end, "an end of an element that is open", f"</{name}>")
        while self.open[-1].name != name:
            blank = self.open.pop()
            self.names[blank.name] -= 1
            self.open[-1].children += blank.children
            blank.children = []
        element = self.open.pop()
        self.names[name] -= 1
        element.end = end
        if name in _LINES or _STATEMENT.fullmatch(name):
            yield element

    def _misplaced(self, at: int, expected: str, found: str) -> FileRefused:
        line = _breaks(self.text, 0, at) + 1
        return self.source.misplaced(line, expected, found)


@dataclass
class _Reading:
    text: str
    statements: list[str] = field(default_factory=list)
    waiting: list[_Element] = field(default_factory=list)
    line: int = 1
    counted: int = 0

    def records(self, element: _Element) -> Iterator[Record]:
        """The transactions of a statement that has ended; until then they wait."""
        if element.name in _LINES:
            self.waiting.append(element)
        elif self.waiting or element.child("CURDEF"):
            yield from self._statement(element)

    def _statement(self, element: _Element) -> Iterator[Record]:
        account = next((each for each in element.children if each.name.endswith("ACCTFROM")), None)
        said = _without_lines(element)
        cells = _leaves(said, "STMTRS")
        if account:
            cells |= _leaves(account, "ACCTFROM")
        statement = Statement(account.at("ACCTID") if account else "", "")
        balance = cells.get("STMTRS/LEDGERBAL/BALAMT", "")
        if balance:
            statement.closing = Balance(amount_of(balance), element.at("CURDEF"))
        for each in self.waiting:
            record = self._record(each, cells, element.at("CURDEF"))
            statement.add(amount_of(record.cells["STMTTRN/TRNAMT"]), record.line)
            yield record
        self.waiting = []
        self.statements.append(statement.said)

    def _record(self, each: _Element, above: dict[str, str], currency: str) -> Record:
        own = {"STMTTRN/TRNAMT": ""} | _leaves(each, "STMTTRN")
        posted = each.at("DTPOSTED") or each.at("DTTRAN")
        own_currency = each.at("CURRENCY", "CURSYM")
        other = each.at("ORIGCURRENCY", "CURSYM")
        worked_out = {
            "booked_on": posted[:8],
            "available_on": each.at("DTAVAIL")[:8],
            "currency": own_currency or currency,
            "closing": "" if own_currency else above.get("STMTRS/LEDGERBAL/BALAMT", ""),
            "original_currency": other,
            "party": each.at("NAME") or each.at("PAYEE", "NAME") or each.at("EXTDNAME"),
            "party_account": each.at("BANKACCTTO", "ACCTID") or each.at("CCACCTTO", "ACCTID"),
            "text": " ".join(part for part in (each.at("NAME"), each.at("MEMO")) if part),
            "list": each.name,
        }
        text = self.text
        self.line += _breaks(text, self.counted, each.start)
        self.counted = each.start
        return Record(above | own | worked_out, self.line, text[each.start : each.end])


def _breaks(text: str, start: int, end: int) -> int:
    """The line breaks of any kind between two places."""
    returns = text.count("\r", start, end) - text.count("\r\n", start, end)
    return text.count("\n", start, end) + returns


def _without_lines(element: _Element) -> _Element:
    """A statement without its transactions and the elements that hold the account."""
    kept = _Element(element.name, element.start, element.text, element.end)
    for each in element.children:
        if each.name in _LINES or each.name.endswith("ACCTFROM"):
            continue
        kept.children.append(_without_lines(each) if each.name.endswith("TRANLIST") else each)
    return kept


def _leaves(element: _Element, path: str) -> dict[str, str]:
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
