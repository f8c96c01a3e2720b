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
from tieout.formats.results import FileRefused
from tieout.formats.source import Source
from tieout.formats.statements import Balance, Statement, amount_of, statements_fact
from tieout.formats.totals import Totals, text_of
from tieout.kernel.errors import Place

MEBIBYTE = 1024 * 1024
_TAGS = "20 21 25 25P 28 28C 34F 13 13D 60F 60M 61 62F 62M 64 65 86 90C 90D NS".split()
_TAG = re.compile(rf":({'|'.join(_TAGS)}):(.*)")
_END = re.compile(r"-(\}.*|X{3})?\s*")
_BLOCKS = re.compile(r"^\{1:")
_NEXT = (":20:", "{")
_CLOSING = ("62F", "62M")


class SwiftLayout(Layout):
    """Messages with their block headers or without, one after the other.

    A row is a statement line (:61:) with its texts (:86:). Columns are named by field and part:
    `61/amount` (credits are positive), `61/value_date`, `61/entry_date`, `61/code`,
    `61/customer_ref`, `61/bank_ref`, `86/text`, `86/party`, `86/party_account`, `86/EREF` and
    others of the text's dialect; `20`, `21`, `25`, `28C` of the message, `86/of_statement` for its
    own text; `currency`, `account`, `opening`, `closing` and `LineRef` (message, statement and
    line) are worked out. Larger files than `max_mebibytes` are refused.
    """

    type: Literal["swift"]
    message: Literal["940", "942"]
    max_mebibytes: int = 64

    @property
    def ties(self) -> tuple[str, ...]:
        """What files of the layout say of themselves that must be so."""
        return ("opening balance and lines come to the closing balance",)

    def recognise(self, head: Source, format_id: str) -> Recognised | None:
        """Certain where the head has the fields of this message, or starts with one of them."""
        del format_id
        found = [tag for tag, _ in map(_tag_of, head.lines[:2000]) if tag]
        tags = set(found)
        is_interim = bool({"34F", "13D"} & tags) and not {"60F", "60M"} & tags
        is_whole = {"20", "25"} <= tags and (is_interim or bool({"60F", "60M"} & tags))
        first = next((line for line in head.lines if line.strip()), "")
        if is_interim != (self.message == "942") or not (is_whole or _tag_of(first)[0]):
            return None
        what = "the fields" if is_whole else "some fields"
        return Recognised((), certain=True, reason=f"it has {what} of an MT{self.message}")

    def cut(self, source: Source) -> Iterator[Grid]:
        """The lines of all messages, some thousands at a time."""
        if len(source.data) > self.max_mebibytes * MEBIBYTE:
            raise _too_large(source, self.max_mebibytes)
        reading = _Reading(source, is_interim=self.message == "942")
        waiting: list[Record] = []
        for message in _messages(source):
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


def _too_large(source: Source, most: int) -> FileRefused:
    return FileRefused(
        "too-large",
        "The file is larger than files of this format are read.",
        remedy="Ask the bank for a file per account or per day.",
        expected=f"at most {most} MiB",
        found=f"{len(source.data) // MEBIBYTE} MiB",
        place=Place(source.name),
    )


def _tag_of(line: str) -> tuple[str, str]:
    found = _TAG.match(line)
    return (found[1], found[2].rstrip("\r\n")) if found else ("", "")


@dataclass
class _Field:
    """A field with all its lines; `first` and `last` are physical lines, counted from 1."""

    tag: str
    lines: list[str]
    first: int
    last: int

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def _messages(source: Source) -> Iterator[list[_Field]]:
    """The fields of each message. A new one starts with :20:, or after the end of the one before.

    A line with a hyphen only ends a message once its closing balance was there, or when another
    message or nothing follows: broken lines of texts may be just that, too.
    """
    fields: list[_Field] = []
    is_open = False
    for number, line in enumerate(source.lines, 1):
        tag, rest = _tag_of(line)
        if tag == "20" and is_open and not _is_start(fields, source.lines, number):
            tag = ""
        if tag == "20" and fields:
            yield fields
            fields = []
        if tag == "20" or (tag and is_open):
            is_open = True
            fields.append(_Field(tag, [rest], number, number))
        elif is_open and _END.fullmatch(line) and _is_end(fields, source.lines, number):
            is_open = False
            yield fields
            fields = []
        elif is_open and not _BLOCKS.match(line):
            _continue(fields[-1], line, number)
        elif tag and not is_open:
            raise source.misplaced(number, "a message that starts with :20:", f":{tag}:")
    if fields:
        yield fields


def _is_start(fields: Sequence[_Field], lines: Sequence[str], number: int) -> bool:
    """Whether :20: in an open message starts another; a broken line of text may look like it."""
    is_closed = any(each.tag in _CLOSING for each in fields)
    return is_closed or _following(lines, number).startswith((":21:", ":25"))


def _is_end(fields: Sequence[_Field], lines: Sequence[str], number: int) -> bool:
    if any(each.tag in _CLOSING for each in fields):
        return True
    following = _following(lines, number)
    return not following or following.startswith(_NEXT)


def _following(lines: Sequence[str], number: int) -> str:
    """The next line that is not blank, if it is near."""
    return next((line for line in lines[number : number + 50] if line.strip()), "")


def _continue(each: _Field, line: str, number: int) -> None:
    text = line.rstrip("\r\n")
    each.lines.append(text)
    if text.strip():
        each.last = number


@dataclass
class _Message:
    """What a message says besides its lines."""

    statement: Statement
    cells: dict[str, str]
    lines: int = 0
    debits: list[Decimal] = field(default_factory=list)
    credits: list[Decimal] = field(default_factory=list)


@dataclass
class _Reading:
    source: Source
    is_interim: bool
    statements: list[Statement] = field(default_factory=list)
    totals: Totals = field(default_factory=Totals)

    def records(self, fields: list[_Field]) -> Iterator[Record]:
        """The lines of a message; after the last, its balances are compared with them."""
        by_tag = {each.tag: each for each in reversed(fields)}
        self._refuse_incomplete(fields, by_tag)
        message = self._opened(by_tag)
        message.cells |= _of_message(fields)
        if fields[-1].tag == "86" and not _is_of_line(fields):
            message.cells["86/of_statement"] = fields[-1].text.strip()
        self.statements.append(message.statement)
        self._check_page(message)
        for index, each in enumerate(fields):
            if each.tag == "61":
                yield self._record(each, _texts_after(fields, index), message)
        message.statement.tie(self.totals)
        self._check_counts(by_tag, message)
        self._check_ing_sums(fields, message)

    def _refuse_incomplete(self, fields: list[_Field], by_tag: dict[str, _Field]) -> None:
        wanted = [("20",), ("25",), ("28C", "28")]
        wanted += [("34F", "13D")] if self.is_interim else [("60F", "60M"), _CLOSING]
        for tags in wanted:
            if any(tag in by_tag for tag in tags):
                continue
            expected = f"a field :{tags[0]}: in each message"
            is_last = not _following(self.source.lines, fields[-1].last).strip("-}\r\n ")
            if is_last and tags == _CLOSING:
                raise self.source.truncated(expected, "none")
            raise self.source.misplaced(fields[0].first, expected, "none")

    def _opened(self, by_tag: dict[str, _Field]) -> _Message:
        opening = self._balance(by_tag.get("60F") or by_tag.get("60M"))
        closing = self._balance(by_tag.get("62F") or by_tag.get("62M"))
        floor = by_tag.get("34F")
        currency = opening[0].currency if opening else floor_currency(floor.text if floor else "")
        account = account_of(by_tag["25"].text, currency)
        number = (by_tag.get("28C") or by_tag["28"]).text.replace("\n", "")
        statement = Statement(
            account, number, opening[0] if opening else None, closing[0] if closing else None
        )
        cells = {"account": account, "currency": currency, "number": number}
        for name, found in (("opening", opening), ("closing", closing)):
            cells[name] = text_of(found[0].amount or 0) if found else ""
            cells[f"{name}_date"] = found[1] if found else ""
        return _Message(statement, cells)

    def _balance(self, each: _Field | None) -> tuple[Balance, str] | None:
        found = balance_of(each.text.strip()) if each else None
        if each and found is None:
            expected = "a balance such as C260131EUR100,00"
            raise self.source.misplaced(each.first, expected, f"{each.lines[0][:40]!r}")
        return found

    def _check_page(self, message: _Message) -> None:
        """A page that continues the statement before opens with what that page closed with."""
        if "60M" not in message.cells or len(self.statements) < 2:
            return
        before, now = self.statements[-2:]
        if before.account != now.account or before.closing is None or now.opening is None:
            return
        if before.number.split("/")[0] == now.number.split("/")[0]:
            opening, closing = now.opening.amount or "none", before.closing.amount or "none"
            self.totals.compare("intermediate_balance", closing, opening, now.label)

    def _record(self, each: _Field, texts: list[_Field], message: _Message) -> Record:
        message.lines += 1
        last = texts[-1].last if texts else each.last
        raw = "".join(self.source.lines[each.first - 1 : last]).rstrip("\r\n")
        found = line_cells(each.text.strip("\n"))
        amount = amount_of(found["61/amount"]) if found else None
        message.statement.add(amount, each.first)
        if amount is not None:
            (message.debits if amount < 0 else message.credits).append(abs(amount))
        if found is None:
            flaw = Flaw("statement-line", "Field :61: is not as SWIFT prescribes it.")
            return Record({}, each.first, raw, flaw)
        said = message.cells
        parts = (said["20"], message.statement.number, said["opening_date"], str(message.lines))
        said |= {"LineRef": "/".join(part for part in parts if part)}
        text = "\n".join(text.text.rstrip() for text in texts)
        return Record(said | found | text_cells(text), each.first, raw)

    def _check_counts(self, by_tag: dict[str, _Field], message: _Message) -> None:
        for tag, amounts in (("90D", message.debits), ("90C", message.credits)):
            said = total_of(by_tag[tag].text.strip()) if tag in by_tag else None
            if said is not None:
                self._compare(tag, said, amounts, message)

    def _check_ing_sums(self, fields: list[_Field], message: _Message) -> None:
        """ING counts and adds up the lines in the last text: /SUM/debits/credits/sum/sum/."""
        found = re.search(r"/SUM/(\d+)/(\d+)/([\d,]+)/([\d,]+)/", fields[-1].text)
        if fields[-1].tag == "86" and found:
            for tag, amounts, at in (
                ("debits", message.debits, 1),
                ("credits", message.credits, 2),
            ):
                said = int(found[at]), found[at + 2].replace(",", ".")
                self._compare(tag, said, amounts, message)

    def _compare(
        self, tag: str, said: tuple[int, str], amounts: list[Decimal], message: _Message
    ) -> None:
        where, unread = message.statement.label, message.statement.unread
        self.totals.compare(f"{tag}_count", said[0], len(amounts), where, unread)
        total = amount_of(said[1])
        found = sum(amounts, Decimal(0))
        self.totals.compare(f"{tag}_sum", "a number" if total is None else total, found, where)


def _of_message(fields: list[_Field]) -> dict[str, str]:
    """The fields of a message besides its lines and their texts; repeated ones line by line."""
    cells: dict[str, str] = {}
    for each in fields:
        if each.tag not in {"61", "86"}:
            text = each.text.strip()
            cells[each.tag] = f"{cells[each.tag]}\n{text}" if each.tag in cells else text
    return cells


def _is_of_line(fields: list[_Field]) -> bool:
    """Whether the text at the end of a message belongs to a line before it."""
    before = next((each.tag for each in reversed(fields) if each.tag != "86"), "")
    return before == "61"


def _texts_after(fields: list[_Field], index: int) -> list[_Field]:
    """The texts (:86:) that belong to the line before them."""
    texts = []
    for after in range(index + 1, len(fields)):
        if fields[after].tag != "86":
            break
        texts.append(fields[after])
    return texts
