"""SWIFT customer statements: MT940 (statement) and MT942 (interim report), in banks' dialects."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from tieout.formats.grid import ROWS_TOGETHER, Flaw, Grid, Record, grid_of_records
from tieout.formats.layouts.base import Layout, Recognised
from tieout.formats.layouts.replacing import with_texts
from tieout.formats.layouts.swift_fields import (
    account_of,
    balance_of,
    floor_currency,
    line_cells,
    text_cells,
    total_of,
)
from tieout.formats.layouts.swift_messages import CLOSING, Field, Line, Message, messages, tag_of
from tieout.formats.source import Source
from tieout.formats.statements import Balance, Statement, Summary, amount_of, statements_fact
from tieout.formats.totals import Totals, text_of


class SwiftLayout(Layout):
    """Messages with their block headers or without, one after the other.

    A row is a statement line (:61:) with its texts (:86:). Columns are named by field and part:
    `61/amount` (credits are positive), `61/value_date`, `61/entry_date`, `61/code`,
    `61/customer_ref`, `61/bank_ref`, `86/text`, `86/party`, `86/party_account`, `86/EREF` and
    others of the text's dialect; `20`, `21`, `25`, `28C` of the message, `86/of_statement` for its
    own text; `currency`, `account`, `opening`, `closing` and `LineRef` (message, statement and
    line) are worked out.
    """

    type: Literal["swift"]
    message: Literal["940", "942"]

    @property
    def ties(self) -> tuple[str, ...]:
        """What files of the layout say of themselves that must be so."""
        return ("opening balance and lines come to the closing balance",)

    def recognise(self, head: Source, format_id: str) -> Recognised | None:
        """Certain where the head has the fields of this message, or starts with one of them."""
        del format_id
        tags = set(map(tag_of, head.lines[:2000]))
        is_interim = bool({"34F", "13D"} & tags) and not {"60F", "60M"} & tags
        is_named = "20" in tags and bool({"25", "25P"} & tags)
        is_whole = is_named and (is_interim or bool({"60F", "60M"} & tags))
        first = next((line for line in head.lines if line.strip()), "")
        if is_interim != (self.message == "942") or not (is_whole or tag_of(first)):
            return None
        what = "the fields" if is_whole else "some fields"
        return Recognised((), certain=True, reason=f"it has {what} of an MT{self.message}")

    def cut(self, source: Source) -> Iterator[Grid]:
        """The lines of all messages, some thousands at a time."""
        reading = _Reading(source, is_interim=self.message == "942")
        waiting: list[Record] = []
        for message in messages(source):
            for record in reading.records(message):
                waiting.append(record)
                if len(waiting) >= ROWS_TOGETHER:
                    yield grid_of_records(waiting)
                    waiting = []
        if not reading.statements:
            raise source.misplaced(1, "a message that starts with :20:", "none")
        grid = grid_of_records(waiting)
        grid.facts["statements"] = statements_fact(reading.statements)
        grid.checks = reading.totals.results
        yield grid

    def corrected(self, source: Source, texts: Mapping[int, str]) -> Iterator[bytes]:
        """The file with other texts of the records that start on these lines."""
        return with_texts(source, self.cut(source), texts)


@dataclass
class _Stated:
    """What a message says besides its lines."""

    statement: Statement
    cells: dict[str, str]
    lines: int = 0
    debits: Summary = field(default_factory=Summary)
    credits: Summary = field(default_factory=Summary)


@dataclass
class _Reading:
    source: Source
    is_interim: bool
    statements: list[str] = field(default_factory=list)
    before: Statement | None = None
    totals: Totals = field(default_factory=Totals)

    def records(self, message: Message) -> Iterator[Record]:
        """The lines of a message; after the last, its balances are compared with them."""
        by_tag = {each.tag: each for each in reversed(message.fields)}
        self._refuse_incomplete(message, by_tag)
        stated = self._opened(by_tag)
        stated.cells |= _of_message(message.fields)
        last = message.last
        if last and last.tag == "86" and not message.is_last_of_line:
            stated.cells["86/of_statement"] = last.text.strip()
        self._check_page(stated)
        for line in message.lines():
            yield self._record(line, stated)
        stated.statement.tie(self.totals)
        self._check_counts(by_tag, stated)
        if last and last.tag == "86":
            self._check_ing_sums(last.text, stated)
        self.before = stated.statement
        self.statements.append(stated.statement.said)

    def _refuse_incomplete(self, message: Message, by_tag: dict[str, Field]) -> None:
        wanted = [("20",), ("25", "25P"), ("28C", "28")]
        wanted += [("34F", "13D")] if self.is_interim else [("60F", "60M"), CLOSING]
        for tags in wanted:
            if any(tag in by_tag for tag in tags):
                continue
            expected = f"a field :{tags[0]}: in each message"
            if not message.after.strip("-}\r\n ") and tags == CLOSING:
                raise self.source.truncated(expected, "none")
            raise self.source.misplaced(message.fields[0].first, expected, "none")

    def _opened(self, by_tag: dict[str, Field]) -> _Stated:
        opening = self._balance(by_tag.get("60F") or by_tag.get("60M"))
        closing = self._balance(by_tag.get("62F") or by_tag.get("62M"))
        floor = by_tag.get("34F")
        currency = opening[0].currency if opening else floor_currency(floor.text if floor else "")
        account = account_of((by_tag.get("25") or by_tag["25P"]).text, currency)
        number = (by_tag.get("28C") or by_tag["28"]).text.replace("\n", "")
        statement = Statement(
            account, number, opening[0] if opening else None, closing[0] if closing else None
        )
        cells = {"account": account, "currency": currency, "number": number}
        for name, found in (("opening", opening), ("closing", closing)):
            cells[name] = text_of(found[0].amount or 0) if found else ""
            cells[f"{name}_date"] = found[1] if found else ""
        return _Stated(statement, cells)

    def _balance(self, each: Field | None) -> tuple[Balance, str] | None:
        found = balance_of(each.text.strip()) if each else None
        if each and found is None:
            expected = "a balance such as C260131EUR100,00"
            raise self.source.misplaced(
                each.first, expected, f"{each.text.partition(chr(10))[0][:40]!r}"
            )
        return found

    def _check_page(self, message: _Stated) -> None:
        """A page that continues the statement before opens with what that page closed with."""
        before, now = self.before, message.statement
        if "60M" not in message.cells or before is None:
            return
        if before.account != now.account or before.closing is None or now.opening is None:
            return
        if before.number.split("/")[0] == now.number.split("/")[0]:
            opening, closing = now.opening.amount or "none", before.closing.amount or "none"
            self.totals.compare("intermediate_balance", closing, opening, now.label)

    def _record(self, line: Line, message: _Stated) -> Record:
        message.lines += 1
        each = line.own
        found = line_cells(each.text.strip("\n"))
        amount = amount_of(found["61/amount"]) if found else None
        is_expected = found is not None and found["61/status"] == "expected"
        message.statement.add(Decimal(0) if is_expected else amount, each.first)
        if amount is not None:
            (message.debits if amount < 0 else message.credits).add(amount)
        if found is None:
            flaw = Flaw("statement-line", "Field :61: is not as SWIFT prescribes it.")
            return Record({}, each.first, line.raw, flaw)
        said = message.cells
        parts = (said["20"], message.statement.number, said["opening_date"], str(message.lines))
        said |= {"LineRef": "/".join(part for part in parts if part)}
        text = "\n".join(text.text.rstrip() for text in line.texts)
        return Record(said | found | text_cells(text), each.first, line.raw)

    def _check_counts(self, by_tag: dict[str, Field], message: _Stated) -> None:
        for tag, summary in (("90D", message.debits), ("90C", message.credits)):
            said = total_of(by_tag[tag].text.strip()) if tag in by_tag else None
            if said is not None:
                self._compare(tag, said, summary, message)

    def _check_ing_sums(self, text: str, message: _Stated) -> None:
        """ING counts and adds up the lines in the last text: /SUM/debits/credits/sum/sum/."""
        found = re.search(r"/SUM/(\d+)/(\d+)/([\d,]+)/([\d,]+)/", text)
        if found:
            for tag, summary, at in (
                ("debits", message.debits, 1),
                ("credits", message.credits, 2),
            ):
                said = int(found[at]), found[at + 2].replace(",", ".")
                self._compare(tag, said, summary, message)

    def _compare(self, tag: str, said: tuple[int, str], found: Summary, message: _Stated) -> None:
        where, unread = message.statement.label, message.statement.unread
        self.totals.compare(f"{tag}_count", said[0], found.count, where, unread)
        total = amount_of(said[1])
        self.totals.compare(f"{tag}_sum", "a number" if total is None else total, found.sum, where)


def _of_message(fields: Sequence[Field]) -> dict[str, str]:
    """The fields of a message besides its lines and their texts; repeated ones line by line."""
    cells: dict[str, str] = {}
    for each in fields:
        text = each.text.strip()
        cells[each.tag] = f"{cells[each.tag]}\n{text}" if each.tag in cells else text
    return cells
