"""A bank's statements in the layouts that banks send: camt.053, MT940, BAI2 and CSV.

Written here without the product's formats, as an independent witness.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from xml.sax.saxutils import escape

from tieout.kernel.money import format_minor
from tieout.world.tables import comma_separated

SHEET_COLUMNS = (
    *("Account", "Date", "Value Date", "Label", "Amount", "Currency", "Reference"),
    *("Partner Name", "Balance"),
)


@dataclass(frozen=True)
class Entry:
    """A booked line: positive is money to the storefront; `ref` is the bank's."""

    ref: str
    amount_minor: int
    party: str
    text: str


@dataclass(frozen=True)
class Statement:
    """What was booked on an account on a day."""

    account: str
    currency: str
    number: int
    day: date
    opening_minor: int
    entries: tuple[Entry, ...]

    @property
    def closing_minor(self) -> int:
        """The balance at the end of the day."""
        return self.opening_minor + sum(entry.amount_minor for entry in self.entries)

    def amount(self, minor: int) -> str:
        """An amount in major units, without its sign."""
        return format_minor(abs(minor), self.currency)


def camt(statement: Statement) -> bytes:
    """An ISO 20022 camt.053 message."""
    opening = _camt_balance(statement, "OPBD", statement.opening_minor)
    closing = _camt_balance(statement, "CLBD", statement.closing_minor)
    entries = "".join(_camt_entry(statement, entry) for entry in statement.entries)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>\n'
        f"<GrpHdr><MsgId>{statement.account}-{statement.number}</MsgId>"
        f"<CreDtTm>{statement.day}T23:00:00Z</CreDtTm></GrpHdr>\n"
        f"<Stmt><Id>{statement.number}</Id><ElctrncSeqNb>{statement.number}</ElctrncSeqNb>"
        f"<Acct><Id><Othr><Id>{statement.account}</Id></Othr></Id>"
        f"<Ccy>{statement.currency}</Ccy></Acct>\n{opening}{closing}{entries}"
        "</Stmt></BkToCstmrStmt></Document>\n"
    ).encode()


def _camt_balance(statement: Statement, code: str, minor: int) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_camt_amount(statement, minor)}"
        f"<Dt><Dt>{statement.day}</Dt></Dt></Bal>\n"
    )


def _camt_amount(statement: Statement, minor: int) -> str:
    side = "CRDT" if minor >= 0 else "DBIT"
    return (
        f'<Amt Ccy="{statement.currency}">{statement.amount(minor)}</Amt>'
        f"<CdtDbtInd>{side}</CdtDbtInd>"
    )


def _camt_entry(statement: Statement, entry: Entry) -> str:
    role = "Dbtr" if entry.amount_minor >= 0 else "Cdtr"
    return (
        f"<Ntry>{_camt_amount(statement, entry.amount_minor)}<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{statement.day}</Dt></BookgDt><ValDt><Dt>{statement.day}</Dt></ValDt>"
        f"<AcctSvcrRef>{entry.ref}</AcctSvcrRef>"
        "<BkTxCd><Prtry><Cd>TRF</Cd></Prtry></BkTxCd><NtryDtls><TxDtls>"
        f"<RltdPties><{role}><Pty><Nm>{escape(entry.party)}</Nm></Pty></{role}></RltdPties>"
        f"<RmtInf><Ustrd>{escape(entry.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
    )


def mt940(statement: Statement) -> bytes:
    """A SWIFT MT940 message, its text broken after 65 characters as SWIFT has it."""
    lines = [
        f":20:{statement.account[:10]}{statement.day:%y%m%d}",
        f":25:{statement.account}",
        f":28C:{statement.number}/1",
        f":60F:{_mt_balance(statement, statement.opening_minor)}",
    ]
    for entry in statement.entries:
        side = "C" if entry.amount_minor >= 0 else "D"
        amount = _mt_amount(statement, entry.amount_minor)
        lines.append(f":61:{statement.day:%y%m%d%m%d}{side}{amount}NTRFNONREF//{entry.ref}")
        said = f":86:{entry.text} {entry.party}"
        lines += [said[at : at + 65] for at in range(0, len(said), 65)]
    lines += [f":62F:{_mt_balance(statement, statement.closing_minor)}", "-"]
    return ("\r\n".join(lines) + "\r\n").encode()


def _mt_amount(statement: Statement, minor: int) -> str:
    whole, _, rest = statement.amount(minor).partition(".")
    return f"{whole},{rest}"


def _mt_balance(statement: Statement, minor: int) -> str:
    side = "C" if minor >= 0 else "D"
    day = f"{statement.day:%y%m%d}"
    return f"{side}{day}{statement.currency}{_mt_amount(statement, minor)}"


def bai2(statement: Statement) -> bytes:
    """A BAI2 file; amounts are in minor units, a credit's code is 142 and a debit's 475."""
    day, total = f"{statement.day:%y%m%d}", 0
    account = (
        f"03,{statement.account},{statement.currency},010,{statement.opening_minor},,,"
        f"015,{statement.closing_minor},,/"
    )
    lines = [account]
    for entry in statement.entries:
        code = 142 if entry.amount_minor >= 0 else 475
        amount, said = abs(entry.amount_minor), f"{entry.party} {entry.text}"
        lines.append(f"16,{code},{amount},0,{entry.ref},,{said}")
        total += amount
    total += statement.opening_minor + statement.closing_minor
    lines.append(f"49,{total},{len(lines) + 1}/")
    group = [f"02,SHOP,BANK,1,{day},2359,{statement.currency},2/", *lines]
    group.append(f"98,{total},1,{len(group) + 1}/")
    file = [f"01,BANK,SHOP,{day},2359,{statement.number},,,2/", *group]
    file.append(f"99,{total},1,{len(file) + 1}/")
    return ("\n".join(file) + "\n").encode()


def sheet(statement: Statement) -> bytes:
    """A CSV with a running balance, oldest line first."""
    amounts = [entry.amount_minor for entry in statement.entries]
    balances = list(accumulate(amounts, initial=statement.opening_minor))[1:]
    rows = [
        [
            *(statement.account, statement.day, statement.day, entry.text),
            *(format_minor(entry.amount_minor, statement.currency), statement.currency),
            *(entry.ref, entry.party, format_minor(balance, statement.currency)),
        ]
        for entry, balance in zip(statement.entries, balances, strict=True)
    ]
    return comma_separated([SHEET_COLUMNS, *rows])


@dataclass(frozen=True)
class Layout:
    """How statements of an account are written, and the product's name of the format."""

    format_id: str
    suffix: str
    write: Callable[[Statement], bytes]


LAYOUTS: Mapping[int, Layout] = {
    0: Layout("camt-053-1", "xml", camt),
    1: Layout("mt940-1", "sta", mt940),
    2: Layout("bai2-1", "bai", bai2),
    3: Layout("bank-sheet-1", "csv", sheet),
}
