"""BAI2, the cash management balance reporting of banks in North America."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tieout.formats.grid import ROWS_TOGETHER, Flaw, Grid, Record, grid_of_records
from tieout.formats.layouts.base import Layout, Recognised
from tieout.formats.layouts.replacing import with_texts
from tieout.formats.layouts.windows import LONGEST, lines_of
from tieout.formats.source import Source
from tieout.formats.statements import turned
from tieout.formats.totals import Totals

_CODES = {"01", "02", "03", "16", "49", "88", "98", "99"}
_HEADERS = {
    "01": "sender receiver date time file_id record_length block_size version".split(),
    "02": "receiver originator status as_of_date as_of_time currency modifier".split(),
}
_DEFAULT_CURRENCY = "USD"
_CREDITS = [(100, 399), (720, 759), (920, 959)]
_DEBITS = [(400, 699), (760, 799), (960, 999)]
_INSIDE = {
    "01": {""},
    "02": {"01", "98"},
    "03": {"02", "49"},
    "16": {"03", "16"},
    "49": {"03", "16"},
    "98": {"49", "02"},
    "99": {"98", "01"},
}
"""Which records may stand before each."""


class Bai2Layout(Layout):
    """Records 01 to 99 with their continuations (88); a file may hold several from 01 to 99.

    A row is a transaction (16) with its account (03) and group (02). Columns are
    `16/type`, `16/amount` (as written), `16/funds_type`, `16/immediate`, `16/one_day`,
    `16/two_days`, `16/value_date`, `16/value_time`, `16/distribution`, `16/bank_ref`,
    `16/customer_ref`, `16/text`; `03/account`, `03/<type>` for each status and summary amount, with
    `.items` and `.funds` for their count and availability; `02/as_of_date` and so on; `01/file_id`
    and so on. `amount` is signed by the type (credits are positive), `currency` that of the
    account, else of the group, else USD; `LineRef` numbers the transactions of an account.

    Control totals and record counts of 49, 98 and 99 must tie.
    """

    type: Literal["bai2"]

    @property
    def ties(self) -> tuple[str, ...]:
        """What files of the layout say of themselves that must be so."""
        return ("control totals and record counts of 49, 98 and 99 as stated",)

    def recognise(self, head: Source, format_id: str) -> Recognised | None:
        """Certain where a file header of version 2 and a group header come first."""
        del format_id
        lines = [line.strip() for line in head.lines[:50] if line.strip()]
        if len(lines) < 2 or not lines[0].startswith("01,"):
            return None
        if not lines[1].startswith(("02,", "88,")):
            return None
        return Recognised((), certain=True, reason="it has BAI2's file and group headers")

    def cut(self, source: Source) -> Iterator[Grid]:
        """The transactions of all accounts, some thousands at a time."""
        reading = _Reading(source)
        for record in _records(source):
            reading.take(record)
            if len(reading.rows) >= ROWS_TOGETHER:
                yield grid_of_records(reading.rows)
                reading.rows = []
        if reading.last != "99":
            raise source.truncated("a file trailer (99)", f"a record {reading.last!r} at the end")
        grid = grid_of_records(reading.rows)
        grid.facts |= {name: text for name, text in reading.header.items() if text}
        grid.facts["accounts"] = reading.accounts
        grid.checks = reading.totals.results
        yield grid

    def corrected(self, source: Source, texts: Mapping[int, str]) -> Iterator[bytes]:
        """The file with other texts of the records that start on these lines."""
        return with_texts(source, self.cut(source), texts)


@dataclass
class _Record:
    """A record with its continuations: what follows the code on each physical line.

    `text` are these lines as they stand, `lines` how many they are without blank ones.
    """

    code: str
    parts: list[str]
    line: int
    text: str
    lines: int = 1

    @property
    def cells(self) -> list[str]:
        """The fields, of a record that has no text."""
        joined = ",".join(part.rstrip().removesuffix("/") for part in self.parts)
        return [cell.strip() for cell in joined.split(",")]


def _records(source: Source) -> Iterator[_Record]:
    current: _Record | None = None
    blank = ""
    for number, line in enumerate(lines_of(source), 1):
        text = line.rstrip("\r\n")
        if not text.strip():
            blank += line
            continue
        code, _, rest = text.lstrip().partition(",")
        code = code.strip().removesuffix("/")
        if code not in _CODES or (code == "88" and current is None):
            raise source.misplaced(number, "a record from 01 to 99", f"{text[:20]!r}")
        if code == "88" and current is not None:
            _continue(current, rest, blank + line, source)
        else:
            if current is not None:
                yield current
            current = _Record(code, [rest], number, line)
        blank = ""
    if current is not None:
        yield current


def _continue(record: _Record, rest: str, text: str, source: Source) -> None:
    record.parts.append(rest)
    record.text += text
    record.lines += 1
    if len(record.text) > LONGEST:
        expected = f"records of at most {LONGEST:,} characters"
        raise source.too_large(expected, "a longer one", record.line)


@dataclass
class _Sums:
    """What a file, a group or an account adds up to so far."""

    where: str
    total: int = 0
    records: int = 0
    members: int = 0
    unread: list[int] = field(default_factory=list)


@dataclass
class _Reading:
    source: Source
    rows: list[Record] = field(default_factory=list)
    totals: Totals = field(default_factory=Totals)
    header: dict[str, str] = field(default_factory=dict)
    group: dict[str, str] = field(default_factory=dict)
    account: dict[str, str] = field(default_factory=dict)
    open: dict[str, _Sums] = field(default_factory=dict)
    last: str = ""
    accounts: int = 0

    def take(self, record: _Record) -> None:
        """Use the next record."""
        before = _INSIDE[record.code] | ({"99"} if record.code == "01" else set())
        if self.last not in before:
            wanted = " or ".join(sorted(before)) or "nothing"
            found = f"a record {record.code} after {self.last or 'nothing'}"
            raise self.source.misplaced(record.line, f"{wanted} before a record", found)
        self.last = record.code
        match record.code:
            case "01":
                self.header = _named("01", record.cells)
                self.open = {"99": _Sums(f"file {self.header['01/file_id']}")}
            case "02":
                self.group = _named("02", record.cells)
                self.open["98"] = _Sums(f"group on line {record.line}")
                self.open["99"].members += 1
            case "03":
                self._open_account(record)
            case "16":
                self._transaction(record)
            case trailer:
                self._close(trailer, record)
                return
        for sums in self.open.values():
            sums.records += record.lines

    def _open_account(self, record: _Record) -> None:
        cells = record.cells
        currency = (cells[1] if len(cells) > 1 else "") or self.group["02/currency"]
        self.account = {"03/account": cells[0], "currency": currency or _DEFAULT_CURRENCY}
        self.accounts += 1
        sums = self.open["49"] = _Sums(f"account {cells[0]}")
        self.open["98"].members += 1
        at = 2
        while at < len(cells):
            kind, amount, items = [*cells[at : at + 3], "", ""][:3]
            length = _funds_length(cells[at + 3 : at + 5])
            funds = cells[at + 3 : at + 3 + length]
            at += 3 + length
            if kind and not (kind.isascii() and kind.isdigit() and len(kind) == 3):
                raise self.source.misplaced(record.line, "a type code", f"{kind[:20]!r}")
            self._add(sums, amount, record.line)
            said = {"": amount, ".items": items, ".funds": ",".join(funds).strip(",")}
            self.account |= {f"03/{kind}{part}": text for part, text in said.items() if text}

    def _add(self, sums: _Sums, amount: str, line: int) -> None:
        if not amount:
            return
        if _is_whole(amount):
            sums.total += int(amount)
        else:
            sums.unread.append(line)

    def _transaction(self, record: _Record) -> None:
        cells, text = _split_text(record.parts)
        kind, amount = cells[0], cells[1] if len(cells) > 1 else ""
        sums = self.open["49"]
        sums.members += 1
        self._add(sums, amount, record.line)
        funds, rest = _funds(cells[2:])
        refs = [*rest, "", ""]
        direction = _direction(kind)
        own = {
            "16/type": kind,
            "16/amount": amount,
            **{f"16/{name}": value for name, value in funds.items()},
            "16/bank_ref": refs[0],
            "16/customer_ref": refs[1],
            "16/text": text,
            "amount": turned(amount, direction < 0) if direction else "",
            "LineRef": self._line_ref(sums.members),
        }
        flaw = None
        if not direction and kind != "890":
            flaw = Flaw("type-code", f"Type code {kind!r} is neither a credit nor a debit.")
        row = self.header | self.group | self.account | own
        self.rows.append(Record(row, record.line, record.text.rstrip("\r\n"), flaw))

    def _line_ref(self, number: int) -> str:
        said = self.group["02/as_of_date"], self.group["02/as_of_time"], self.account["03/account"]
        return "/".join([*(part for part in said if part), str(number)])

    def _close(self, trailer: str, record: _Record) -> None:
        """Compare a trailer with what it closes, and add that to what is around it."""
        sums = self.open.pop(trailer)
        for each in (sums, *self.open.values()):
            each.records += record.lines
        cells = record.cells
        total = int(cells[0]) if _is_whole(cells[0]) else cells[0] or "none"
        self.totals.compare(f"{trailer}_control_total", total, sums.total, sums.where, sums.unread)
        if trailer != "49":
            self._count(f"{trailer}_members", cells, 1, sums.members, sums.where)
        self._count(
            f"{trailer}_records", cells, 1 if trailer == "49" else 2, sums.records, sums.where
        )
        outer = self.open.get({"49": "98", "98": "99"}.get(trailer, ""))
        if outer is not None:
            outer.total += sums.total
            outer.unread += sums.unread

    def _count(self, name: str, cells: Sequence[str], at: int, found: int, where: str) -> None:
        said = cells[at] if len(cells) > at else ""
        if said:
            self.totals.compare(name, int(said) if _is_whole(said) else said, found, where)


def _is_whole(text: str) -> bool:
    digits = text[1:] if text[:1] in {"+", "-"} else text
    return digits.isascii() and digits.isdigit() and len(digits) <= 18


def _named(code: str, cells: Sequence[str]) -> dict[str, str]:
    names = _HEADERS[code]
    padded = [*cells, *[""] * len(names)]
    return {f"{code}/{name}": cell for name, cell in zip(names, padded, strict=False)}


def _direction(kind: str) -> int:
    """1 for type codes of credits, -1 for those of debits, 0 for others."""
    if not (kind.isascii() and kind.isdigit() and len(kind) == 3):
        return 0
    code = int(kind)
    if any(low <= code <= high for low, high in _CREDITS):
        return 1
    return -1 if any(low <= code <= high for low, high in _DEBITS) else 0


def _funds_length(cells: Sequence[str]) -> int:
    """How many cells say when funds are available, their type included."""
    kind = cells[0].upper() if cells else ""
    if kind == "S":
        return 4
    if kind == "V":
        return 3
    if kind == "D":
        count = cells[1] if len(cells) > 1 else ""
        return 2 + 2 * int(count) if _is_whole(count) and len(count) <= 3 else 2
    return 1


def _funds(cells: list[str]) -> tuple[dict[str, str], list[str]]:
    """When funds are available, and the cells after that."""
    length = _funds_length(cells)
    own = [*cells[:length], "", "", "", ""]
    kind = own[0].upper()
    found = {"funds_type": own[0]}
    if kind == "S":
        found |= {"immediate": own[1], "one_day": own[2], "two_days": own[3]}
    elif kind == "V":
        found |= {"value_date": own[1], "value_time": own[2]}
    elif kind == "D":
        found["distribution"] = ",".join(cells[2:length])
    return found, cells[length:]


def _split_text(parts: Sequence[str]) -> tuple[list[str], str]:
    """The fields of a transaction before its text, and the text, which may hold commas.

    Continuations go on with the fields until these are complete, then with the text.
    """
    cells: list[str] = []
    texts: list[str] = []
    for part in parts:
        rest = part.rstrip().removesuffix("/")
        for wanted in (4, None):  # four cells tell how many there are
            missing = (wanted or _cells_before_text(cells)) - len(cells)
            if rest and missing > 0:
                more = rest.split(",", missing)
                cells += [cell.strip() for cell in more[:missing]]
                rest = more[missing] if len(more) > missing else ""
        if rest:
            texts.append(rest.strip())
    return cells or [""], "\n".join(texts)


def _cells_before_text(cells: Sequence[str]) -> int:
    """Type and amount, availability of funds, two references."""
    return 2 + _funds_length(cells[2:4]) + 2
