"""ISO 20022 bank messages: camt.052 (report), camt.053 (statement), camt.054 (notification)."""

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from decimal import Decimal
from operator import itemgetter, mul
from typing import Literal

from tieout.formats.grid import ROWS_TOGETHER, Flaw, Grid, Record, grid_of_records, numbered
from tieout.formats.layouts.base import Layout, Recognised
from tieout.formats.layouts.replacing import with_texts
from tieout.formats.layouts.xml_safe import Element, beginning, elements
from tieout.formats.results import Fact
from tieout.formats.source import Source
from tieout.formats.statements import (
    Balance,
    Statement,
    Summary,
    amount_of,
    statements_fact,
    turned,
)
from tieout.formats.totals import Totals

_VERSION = re.compile(r"camt\.05[234]\.\d{3}\.(\d{2})")
_BODY = {"052": "BkToCstmrAcctRpt", "053": "BkToCstmrStmt", "054": "BkToCstmrDbtCdtNtfctn"}
_PART = {"052": "Rpt", "053": "Stmt", "054": "Ntfctn"}
_SIGNS = {"CRDT": 1, "DBIT": -1}
_APART = {"Bal", "TxsSummry", "NtryDtls"}
"""What is not just carried into the columns of a row: it is worked out."""
_BOTH_ENDS = 2
"""How many interim balances (ITBD) a report has that says where it opens and where it closes."""


class CamtLayout(Layout):
    """One of the three messages, in any version from 2 on; the root or an envelope may be around.

    A row is an entry (`Ntry`), or each transaction of it (`TxDtls`) where their amounts add up to
    it. Columns are paths of local names below the parts `Rpt`/`Stmt`/`Ntfctn`, `Ntry`, `Btch` and
    `TxDtls`; a text that occurs again stands on a line of its own, another element that occurs
    again is numbered (`Strd[2]/...`).

    These columns are worked out: `Amount` (credits are positive; `CdtDbtInd` says what happened to
    the account, also for reversals), `Amount/@Ccy`, `Original` and `Original/@Ccy` (the amount in
    another currency), `Opening` and `Closing` (booked balances), `Bal/<type>`, `BookgDt`, `ValDt`
    (days as the bank wrote them), `Counterparty`, `CounterpartyAcct`, `BkTxCd`, `Sts`, `Text` (all
    remittance and additional information) and `LineRef` (statement, entry, transaction).
    """

    type: Literal["camt"]
    message: Literal["052", "053", "054"]

    @property
    def ties(self) -> tuple[str, ...]:
        """What files of the layout say of themselves that must be so."""
        return (
            "opening and entries come to closing balance, booked or interim, where stated",
            "counts and sums as stated",
        )

    def recognise(self, head: Source, format_id: str) -> Recognised | None:
        """Certain where an element of the head is the message's body."""
        del format_id
        body = _BODY[self.message]
        if body not in head.text or not _has(beginning(head), body):
            return None
        version = _VERSION.search(head.text)
        named = f"version {int(version[1])} of " if version else ""
        return Recognised((), certain=True, reason=f"it is {named}camt.{self.message}")

    @numbered
    def cut(self, source: Source) -> Iterator[Grid]:
        """The entries, some thousands at a time; facts and checks come with the last of them."""
        part = _PART[self.message]
        reading = _Reading(source, part)
        wanted = [("GrpHdr",), (part, "Ntry"), (_BODY[self.message], part)]
        is_message = False
        for element in elements(source, wanted):
            is_message |= element.name == part
            reading.take(element)
            if len(reading.records) >= ROWS_TOGETHER:
                yield grid_of_records(reading.records)
                reading.records = []
        if not is_message:
            raise source.misplaced(1, f"at least one {part}", "none")
        grid = grid_of_records(reading.records)
        grid.facts = reading.facts | {"statements": statements_fact(reading.statements)}
        grid.checks = reading.totals.results
        yield grid

    @property
    def by_line(self) -> bool:
        """Records are elements, which may start and end anywhere in a line."""
        return False

    def corrected(self, source: Source, texts: Mapping[int, str]) -> Iterator[bytes]:
        """The file with other texts of the records that start on these lines."""
        return with_texts(source, self.cut(source), texts)


@dataclass
class _Part:
    """A statement while its entries come by."""

    cells: dict[str, str]
    statement: Statement
    summaries: dict[str, Summary]
    entries: int = 0


@dataclass
class _Reading:
    source: Source
    part: str
    records: list[Record] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    totals: Totals = field(default_factory=Totals)
    facts: dict[str, Fact] = field(default_factory=dict)
    open: _Part | None = None

    def take(self, element: Element) -> None:
        """Use an element that has ended."""
        if element.name == "GrpHdr":
            said = {"message_id": element.at("MsgId"), "created_at": element.at("CreDtTm")}
            self.facts |= {name: text for name, text in said.items() if text}
        elif element.name == "Ntry" and element.parent is not None:
            self._entry(element, self._part_of(element.parent))
        elif element.name == self.part:
            self._close(element, self._part_of(element))

    def _part_of(self, element: Element) -> _Part:
        if self.open is None:
            self.open = _opened(element)
        return self.open

    def _entry(self, entry: Element, part: _Part) -> None:
        sign = _SIGNS.get(entry.at("CdtDbtInd"))
        amount = amount_of(entry.at("Amt"))
        status = entry.at("Sts/Cd") or entry.at("Sts")
        if status in {"BOOK", ""}:
            statement = part.statement
            known = amount is not None and sign is not None and _is_in(entry, statement)
            statement.add(amount * sign if known and amount and sign else _zero(known), entry.line)
        for name in ("TtlNtries", "TtlCdtNtries" if sign == 1 else "TtlDbtNtries"):
            part.summaries[name].add(amount)
        for details in entry.all("NtryDtls"):
            self._check_batch(details, entry.at("CdtDbtInd"))
        part.entries += 1
        above = part.cells | {"LineRef": f"{part.statement.number}/{part.entries}"}
        self.records += _rows_of(entry, above, self.source)

    def _check_batch(self, details: Element, side: str) -> None:
        """A batch has the transactions that it says; some banks give only some of them.

        What goes the other way than the entry is taken off; some banks add it all the same.
        """
        transactions = details.all("TxDtls")
        wanted = details.at("Btch/NbOfTxs")
        if not wanted.isdecimal() or len(transactions) < int(wanted):
            return
        where = f"batch on line {details.line}"
        self.totals.compare("batch_count", int(wanted), len(transactions), where)
        total = amount_of(details.at("Btch/TtlAmt"))
        amounts = [_amount_in(each, details.at("Btch/TtlAmt/@Ccy")) for each in transactions]
        known = [amount for amount in amounts if amount is not None]
        if total is not None and len(known) == len(amounts):
            signs = [_SIGNS.get(each.at("CdtDbtInd") or side, 0) for each in transactions]
            net = abs(sum(map(mul, known, signs), Decimal(0)))
            gross = sum(map(abs, known), Decimal(0))
            self.totals.compare("batch_sum", total, gross if gross == total else net, where)

    def _close(self, element: Element, part: _Part) -> None:
        part.statement.tie(self.totals)
        self.statements.append(part.statement.said)
        pages = element.at(f"{self.part}Pgntn/LastPgInd"), element.at(f"{self.part}Pgntn/PgNb")
        if pages[0] in {"", "true", "1"} and pages[1] in {"", "1"}:
            for name, summary in part.summaries.items():
                self._check_summary(element, name, summary, part.statement.label)
        self.open = None

    def _check_summary(self, element: Element, name: str, found: Summary, where: str) -> None:
        count = element.at(f"TxsSummry/{name}/NbOfNtries")
        total = amount_of(element.at(f"TxsSummry/{name}/Sum"))
        if count.isdecimal():
            self.totals.compare(f"{name}/NbOfNtries", int(count), found.count, where)
        if total is not None:
            self.totals.compare(f"{name}/Sum", total, found.sum, where)


def _has(root: Element | None, body: str) -> bool:
    """Whether the body is the root, or not far below it."""
    paths = [body, f"Document/{body}", f"Body/Document/{body}"]
    return root is not None and (root.name == body or any(root.first(path) for path in paths))


def _zero(known: bool) -> Decimal | None:
    return Decimal(0) if known else None


def _opened(element: Element) -> _Part:
    cells = _leaves(element, element.name, without={*_APART, "Ntry"})
    balances: dict[str, Balance] = {}
    interim: list[tuple[str, Balance]] = []
    for each in element.all("Bal"):
        kind = each.at("Tp/CdOrPrtry/Cd") or each.at("Tp/CdOrPrtry/Prtry")
        text = turned(each.at("Amt"), each.at("CdtDbtInd") == "DBIT")
        cells.setdefault(f"Bal/{kind}", text)
        balance = Balance(amount_of(text), each.at("Amt/@Ccy"))
        balances.setdefault(kind, balance)
        if kind == "ITBD":
            interim.append((each.at("Dt/DtTm") or each.at("Dt/Dt"), balance))
    opening, closing = balances.get("OPBD") or balances.get("PRCD"), balances.get("CLBD")
    if opening is None and closing is None and len(interim) == _BOTH_ENDS:
        opening, closing = (balance for _, balance in sorted(interim, key=itemgetter(0)))
    cells["Opening"] = cells.get("Bal/OPBD") or cells.get("Bal/PRCD", "")
    cells["Closing"] = cells.get("Bal/CLBD", "")
    account = element.at("Acct/Id/IBAN") or element.at("Acct/Id/Othr/Id")
    statement = Statement(account, element.at("Id"), opening, closing)
    names = ("TtlNtries", "TtlCdtNtries", "TtlDbtNtries")
    return _Part(cells, statement, {name: Summary() for name in names})


def _is_in(entry: Element, statement: Statement) -> bool:
    """Whether an entry is in the currency of the balances, if there are any."""
    currency = statement.opening.currency if statement.opening else ""
    return currency in {"", entry.at("Amt/@Ccy")}


def _rows_of(entry: Element, above: dict[str, str], source: Source) -> list[Record]:
    """An entry as rows: one per transaction where these make up the entry, else one."""
    cells = above | _leaves(entry, "Ntry", without=_APART)
    details = entry.all("NtryDtls/TxDtls")
    batches = entry.all("NtryDtls/Btch")
    if len(batches) == 1:
        cells |= _leaves(batches[0], "Btch")
    flaw = None
    if entry.at("CdtDbtInd") not in _SIGNS:
        flaw = Flaw("sign", f"CdtDbtInd is {entry.at('CdtDbtInd')!r}, neither CRDT nor DBIT.")
    if len(details) > 1 and _make_up(details, entry):
        return [
            Record(
                {
                    **(cells | _worked_out(entry, each, each)),
                    "LineRef": f"{cells['LineRef']}.{number}",
                },
                each.line,
                each.raw(source),
                flaw,
            )
            for number, each in enumerate(details, 1)
        ]
    if len(details) > 1:
        cells["NtryDtls"] = "".join(each.raw(source) for each in entry.all("NtryDtls"))
    detail = details[0] if len(details) == 1 else None
    cells |= _worked_out(entry, detail, entry)
    return [Record(cells, entry.line, entry.raw(source), flaw)]


def _make_up(details: list[Element], entry: Element) -> bool:
    """Whether the amounts of transactions, with their signs, add up to that of the entry."""
    total, currency = amount_of(entry.at("Amt")), entry.at("Amt/@Ccy")
    sign = _SIGNS.get(entry.at("CdtDbtInd"), 0)
    amounts = [_amount_in(each, currency) for each in details]
    signs = [_SIGNS.get(each.at("CdtDbtInd"), sign) for each in details]
    known = [amount * its for amount, its in zip(amounts, signs, strict=True) if amount is not None]
    return total is not None and len(known) == len(details) and sum(known) == total * sign


_OWN_AMOUNTS = ("Amt", "AmtDtls/TxAmt/Amt")


def _amount_in(transaction: Element, currency: str) -> Decimal | None:
    """The transaction's amount in a currency, where it is stated."""
    for path in _OWN_AMOUNTS:
        if transaction.at(f"{path}/@Ccy") == currency:
            return amount_of(transaction.at(path))
    return None


def _worked_out(entry: Element, detail: Element | None, of: Element) -> dict[str, str]:
    """The columns that need more than one element; `of` is the one whose amount counts."""
    currency = entry.at("Amt/@Ccy")
    its_own = [path for path in _OWN_AMOUNTS if of.at(f"{path}/@Ccy") == currency]
    path = its_own[0] if of is not entry and its_own else "Amt"
    negative = (of.at("CdtDbtInd") or entry.at("CdtDbtInd")) == "DBIT"
    cells = {
        "Amount": turned(of.at(path), negative),
        "Amount/@Ccy": currency,
        "BookgDt": _day(entry, "BookgDt"),
        "ValDt": _day(entry, "ValDt"),
        "BkTxCd": _code(entry) or (_code(detail) if detail else ""),
        "Sts": entry.at("Sts/Cd") or entry.at("Sts"),
        "Text": _text(entry, detail),
    }
    cells |= _original(entry, detail, currency, negative)
    if detail is not None:
        cells |= _leaves(detail, "TxDtls")
        cells |= _counterparty(detail, negative != (entry.at("RvslInd") in {"true", "1"}))
    return cells


def _day(entry: Element, name: str) -> str:
    """The day without the zone or time that may follow."""
    return (entry.at(f"{name}/Dt") or entry.at(f"{name}/DtTm"))[:10]


_TEXTS = (
    *("RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/AddtlRmtInf", "AddtlTxInf"),
    *("RmtInf/Strd/RfrdDocInf/Nb",),
)


def _text(entry: Element, detail: Element | None) -> str:
    found = [each.text for path in _TEXTS if detail is not None for each in detail.all(path)]
    found += [each.text for each in entry.all("AddtlNtryInf")]
    return "\n".join(dict.fromkeys(text for text in found if text))


def _code(element: Element) -> str:
    domain = [element.at(f"BkTxCd/Domn/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    return "-".join(part for part in domain if part) or element.at("BkTxCd/Prtry/Cd")


def _original(
    entry: Element, detail: Element | None, currency: str, negative: bool
) -> dict[str, str]:
    """The amount in the currency in which it was paid, where that is another one."""
    for element in (detail, entry):
        for path in ("AmtDtls/InstdAmt/Amt", "AmtDtls/TxAmt/Amt", "Amt"):
            other = element.at(f"{path}/@Ccy") if element is not None else ""
            if element is not None and other and other != currency:
                amount = turned(element.at(path), negative)
                return {"Original": amount, "Original/@Ccy": other}
    return {}


def _counterparty(detail: Element, we_paid: bool) -> dict[str, str]:
    """The other side's name and account; some banks put it on our side of a reversal."""
    sides = ("Cdtr", "Dbtr") if we_paid else ("Dbtr", "Cdtr")
    for side in sides:
        parties = detail.first("RltdPties")
        if parties is None:
            continue
        name = parties.at(f"{side}/Nm") or parties.at(f"{side}/Pty/Nm")
        account = parties.at(f"{side}Acct/Id/IBAN") or parties.at(f"{side}Acct/Id/Othr/Id")
        if name or account:
            return {"Counterparty": name, "CounterpartyAcct": account}
    return {}


def _leaves(element: Element, path: str, without: Set[str] = frozenset()) -> dict[str, str]:
    """The texts and attributes below an element by their paths."""
    texts: dict[str, list[str]] = {}
    _collect(element, path, without, texts)
    return {name: "\n".join(parts) for name, parts in texts.items()}


def _collect(element: Element, path: str, without: Set[str], texts: dict[str, list[str]]) -> None:
    for name, value in element.attributes.items():
        texts.setdefault(f"{path}/@{name}", []).append(value)
    if element.text:
        texts.setdefault(path, []).append(element.text)
    times: dict[str, int] = {}
    for child in element.children:
        if child.name in without:
            continue
        times[child.name] = times.get(child.name, 0) + 1
        again = bool(child.children) and times[child.name] > 1
        below = f"{path}/{child.name}[{times[child.name]}]" if again else f"{path}/{child.name}"
        _collect(child, below, frozenset(), texts)
