"""Files of any size for each layout that holds only parts of them, written piece by piece."""

import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.unit.formats.workbooks import workbook

LINES = 20
"""How many lines a message, a set or an account has."""


def write(format_id: str, path: Path, size: int) -> int:
    """Write a file of about so many bytes; how many rows it has."""
    start, piece, end, rows = FILES[format_id]
    one = piece(1)
    count = max(size // len(one), 1)
    with _opened(format_id, path) as file:
        file.write(start.encode())
        for number in range(1, count + 1):
            file.write(piece(number).encode())
        file.write(end(count).encode())
    return count * rows


@contextmanager
def _opened(format_id: str, path: Path) -> Iterator[IO[bytes]]:
    """The file, or the sheet in a workbook."""
    if "xlsx" not in format_id:
        with path.open("wb") as file:
            yield file
        return
    path.write_bytes(workbook({"S": {1: []}}, without=["xl/worksheets/sheet1.xml"]))
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as zipped,
        zipped.open("xl/worksheets/sheet1.xml", "w") as sheet,
    ):
        yield sheet


def _x12(number: int) -> str:
    lines = [f"PO1*{line}*3*EA*4.25**BP*MUG-{number}-{line}~\nACK*IA*3*EA~\n" for line in _lines()]
    body = f"BAK*00*AC*W-{number}*20270304~\n{''.join(lines)}CTT*{LINES}~\n"
    return f"ST*855*{number:04d}~\n{body}SE*{2 * LINES + 4}*{number:04d}~\n"


def _edifact(number: int) -> str:
    lines = [f"LIN+{line}+5+{line}:EN'\nPIA+5+V-{line}:BP'\nQTY+21:2'\n" for line in _lines()]
    body = f"BGM+231+K-{number}+4'\nRFF+ON:W-{number}'\n{''.join(lines)}UNS+S'\nCNT+2:{LINES}'\n"
    return f"UNH+{number}+ORDRSP:D:96A:UN'\n{body}UNT+{3 * LINES + 6}+{number}'\n"


def _bai2(number: int) -> str:
    lines = "".join(f"16,142,100,0,R{line},,A PAYOUT OF {number}\n" for line in _lines())
    return f"03,{number},USD,010,0,,/\n{lines}49,{LINES * 100},{LINES + 2}/\n"


def _mt940(number: int) -> str:
    lines = "".join(
        f":61:2603040304C1,00NTRFREF-{line}//B{number}\n:86:A payout\n" for line in _lines()
    )
    head = f":20:S{number}\n:25:NL01\n:28C:{number}/1\n:60F:C260303EUR0,00\n"
    return f"{head}{lines}:62F:C260304EUR{LINES},00\n-\n"


def _camt(number: int) -> str:
    entries = "".join(
        f"<Ntry><NtryRef>{number}-{line}</NtryRef><Amt Ccy='EUR'>1.00</Amt>"
        "<CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-03-04</Dt></BookgDt>"
        "</Ntry>\n"
        for line in _lines()
    )
    return f"<Stmt><Id>{number}</Id><Acct><Id><IBAN>NL1</IBAN></Id></Acct>{entries}</Stmt>\n"


def _ofx(number: int) -> str:
    return f"<STMTTRN><DTPOSTED>20260304<TRNAMT>1.00<FITID>F-{number}<NAME>A payout</STMTTRN>\n"


def _braintree(number: int) -> str:
    node = {
        "id": f"dHJ{number}",
        "legacyId": f"a{number}",
        "orderId": f"BON-{number}",
        "createdAt": "2026-10-01T10:00:00.000000Z",
        "merchantAccountId": "shop_eur",
        "status": "SETTLED",
        "amount": {"value": "120.00", "currencyCode": "EUR"},
        "statusHistory": [],
        "disbursementDetails": {
            "date": "2026-10-03",
            "amount": {"value": "120.00", "currencyCode": "EUR"},
            "exchangeRate": "1",
            "fundsHeld": False,
        },
    }
    return ("," if number > 1 else "") + json.dumps({"node": node}) + "\n"


def _ingenico(number: int) -> str:
    return (
        f"<DataRecord><MerchantID>77</MerchantID><OrderID>{number}</OrderID><EffortID>1</EffortID>"
        "<PaymentData><Recordcategory>X</Recordcategory><Recordtype>ON</Recordtype>"
        f"<PaymentReference>0</PaymentReference><AdditionalReference>BON-{number}"
        "</AdditionalReference><PaymentStatus>975</PaymentStatus>"
        "<TransactionDateTime>2026-10-09T23:10:00</TransactionDateTime>"
        "<PaymentCurrency>EUR</PaymentCurrency><PaymentAmount>100</PaymentAmount></PaymentData>"
        "</DataRecord>\n"
    )


def _row(number: int) -> str:
    return (
        f'<row r="{number + 1}"><c t="inlineStr"><is><t>2026-03-04</t></is></c>'
        f'<c t="inlineStr"><is><t>Payout {number}</t></is></c>'
        '<c t="inlineStr"><is><t>EUR</t></is></c><c><v>1.5</v></c></row>\n'
    )


def _lines() -> range:
    return range(1, LINES + 1)


ISA = (
    f"ISA*00*{'':10}*00*{'':10}*ZZ*{'KILN':<15}*ZZ*{'TIEOUT':<15}*270304*0915*U*00401*000000007"
    "*0*P*>~\nGS*PR*KILN*TIEOUT*20270304*0915*7*X*004010~\n"
)
NAMES = "".join(
    f'<c t="inlineStr"><is><t>{name}</t></is></c>'
    for name in ("Date", "Label", "Currency", "Amount")
)
FILES: dict[str, tuple[str, Callable[[int], str], Callable[[int], str], int]] = {
    "x12-855-1": (ISA, _x12, lambda count: f"GE*{count}*7~\nIEA*1*000000007~\n", LINES),
    "edifact-ordrsp-1": (
        "UNB+UNOC:3+KILN:14+TIEOUT:ZZ+270304:0915+7'\n",
        _edifact,
        lambda count: f"UNZ+{count}+7'\n",
        LINES,
    ),
    "bai2-1": (
        "01,BANK,SHOP,260304,0615,12,,,2/\n02,SHOP,BANK,1,260303,,USD,2/\n",
        _bai2,
        lambda count: (
            f"98,{count * LINES * 100},{count},{count * (LINES + 2) + 2}/\n"
            f"99,{count * LINES * 100},1,{count * (LINES + 2) + 4}/\n"
        ),
        LINES,
    ),
    "mt940-1": ("", _mt940, lambda count: "", LINES),
    "camt-053-1": (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>\n',
        _camt,
        lambda count: "</BkToCstmrStmt></Document>\n",
        LINES,
    ),
    "ofx-1": (
        "<OFX><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>1</BANKACCTFROM><BANKTRANLIST>\n",
        _ofx,
        lambda count: f"</BANKTRANLIST><LEDGERBAL><BALAMT>{count}</LEDGERBAL></STMTRS></OFX>\n",
        1,
    ),
    "braintree-transactions-json-1": (
        '{"data": {"search": {"transactions": {"edges": [\n',
        _braintree,
        lambda count: f'], "count": {count}}}}}}}, "extensions": {{"requestId": "r"}}}}\n',
        1,
    ),
    "ingenico-wx-1": (
        '<report xmlns="https://wx.v2_6.globalcollect.com"><AccountID>77</AccountID>\n',
        _ingenico,
        lambda count: f"<Totals><NumberOfRecords>{count}</NumberOfRecords></Totals></report>\n",
        1,
    ),
    "bank-sheet-xlsx-1": (
        f'<worksheet><sheetData><row r="1">{NAMES}</row>\n',
        _row,
        lambda count: "</sheetData></worksheet>\n",
        1,
    ),
}
