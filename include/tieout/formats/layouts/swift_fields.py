"""The fields of SWIFT's customer statements: balances, lines (:61:) and their texts (:86:)."""

import re
from collections.abc import Mapping
from datetime import date

from tieout.formats.statements import Balance, amount_of, turned

Cells = dict[str, str]

_BALANCE = re.compile(r"([CD])(\d{6})([A-Z]{3})(\d{1,18}(?:,\d{0,9})?)\s*", re.ASCII)
_LINE = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4}|\s{4})?(?P<mark>R[CD]|E[CD]|[CD])(?P<funds>[A-Z])?"
    r"(?P<amount>\d{1,18}(?:,\d{0,9})?)(?P<code>[A-Z][A-Z0-9 ]{3})(?P<rest>[^\n]*)"
    r"(?P<more>(?:\n.*)*)",
    re.ASCII,
)
_TOTAL = re.compile(r"(\d{1,5})([A-Z]{3})(\d{1,18}(?:,\d{0,9})?)\s*", re.ASCII)
_FLOOR = re.compile(r"([A-Z]{3})([CD])?(\d{1,18}(?:,\d{0,9})?)\s*", re.ASCII)
_GERMAN = re.compile(r"\s*(\d{3})([?<>@|^~])(?=\d\d)", re.ASCII)
_SEPA = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC)\+")
_SLASH_WORDS = (
    "ADDR BENM BIC CNTP CREF CSID EREF EXCH IBAN ID IREF ISDT KREF MARF MREF NAME ORDP ORDRP PREF "
    "PURP REMI RTRN SVCL TRCD TRTP ULTB ULTC ULTD CHGS OCMT SUM"
).split()
_SLASH = re.compile(rf"/({'|'.join(_SLASH_WORDS)})/")
_CHUNK = 27
"""How long a part of a German text is; a shorter one ends its word."""
MONTHS_APART = 6


def decimal_text(text: str) -> str:
    """An amount as SWIFT writes it (a comma, maybe nothing after it) with a point."""
    whole, _, decimals = text.strip().partition(",")
    return f"{whole}.{decimals}" if decimals else whole


def balance_of(text: str) -> tuple[Balance, str] | None:
    """A balance (:60F: and its like) and its day as YYMMDD, or None where it is none."""
    found = _BALANCE.fullmatch(text)
    if found is None:
        return None
    amount = turned(decimal_text(found[4]), found[1] == "D")
    return Balance(amount_of(amount), found[3]), found[2]


def total_of(text: str) -> tuple[int, str] | None:
    """Number and sum of entries (:90D:, :90C:), or None where it is no such field."""
    found = _TOTAL.fullmatch(text)
    return None if found is None else (int(found[1]), decimal_text(found[3]))


def floor_currency(text: str) -> str:
    """The currency of a floor limit (:34F:); blank where it is none."""
    found = _FLOOR.fullmatch(text)
    return found[1] if found else ""


def account_of(text: str, currency: str) -> str:
    """The account in :25: without the currency that some banks append, and without a BIC below."""
    account = text.split("\n", 1)[0].strip()
    return account.removesuffix(currency) if currency and len(account) > 3 else account


def line_cells(text: str) -> Cells | None:
    """The parts of a statement line (:61:), or None where it is none.

    `61/amount` is signed: credits and reversed debits are positive. `61/entry_date` has the year
    that brings it next to the value date.
    """
    found = _LINE.fullmatch(text)
    if found is None:
        return None
    mark, rest, more = found["mark"], found["rest"], found["more"].strip("\n")
    ours, _, theirs = rest.partition("//")
    first, _, beside = re.sub(r"\s{2,}", "\0", ours.strip()).partition("\0")
    texts = [beside.replace("\0", " "), more]
    value = _value_date(found["value"])
    return {
        "61/value_date": value,
        "61/written_value_date": found["value"] if value != found["value"] else "",
        "61/entry_date": _entry_date(value, (found["entry"] or "").strip()),
        "61/mark": mark,
        "61/funds_code": found["funds"] or "",
        "61/amount": turned(decimal_text(found["amount"]), mark in {"D", "RC", "ED"}),
        "61/status": "expected" if mark in {"EC", "ED"} else "booked",
        "61/code": found["code"].strip(),
        "61/customer_ref": first,
        "61/bank_ref": theirs.strip(),
        "61/supplementary": "\n".join(part for part in texts if part),
    }


def _value_date(written: str) -> str:
    """YYMMDD; German banks, whose months have 30 days, mean the last of February by its 30th."""
    if written[2:] in {"0229", "0230"} and not _is_date(2000 + int(written[:2]), written[2:]):
        leap = _is_date(2000 + int(written[:2]), "0229")
        return f"{written[:4]}{29 if leap else 28}"
    return written


def _entry_date(value: str, entry: str) -> str:
    """MMDD as YYMMDD, in the year next to the value date; the bare text where it is no date."""
    if not entry:
        return ""
    year, months = int(value[:2]), int(entry[:2]) - int(value[2:4])
    if abs(months) > MONTHS_APART:
        year = (year + (1 if months < 0 else -1)) % 100
    return f"{year:02}{entry}" if _is_date(2000 + year, entry) else entry


def _is_date(year: int, day: str) -> bool:
    try:
        date(year, int(day[:2]), int(day[2:]))
    except ValueError:
        return False
    return True


def text_cells(text: str) -> Cells:
    """The parts of the information to the account owner (:86:) by the words of its dialect.

    `86` is the text as it stands, `86/text` without the line breaks that are only technical.
    Known dialects: German (`?20` and so on, SEPA words inside), words between slashes (Dutch
    banks), and free text.
    """
    cells = {"86": text.strip("\n")}
    joined = text.replace("\n", "")
    if german := _GERMAN.match(joined):
        return cells | _german(german, joined)
    if _SLASH.match(joined.lstrip()):
        return cells | _slashed(joined.strip())
    return cells | {"86/text": cells["86"].strip()}


def _german(start: re.Match[str], joined: str) -> Cells:
    parts = re.split(rf"{re.escape(start[2])}(\d\d)", joined[start.end() - 1 :])
    fields = _together(parts, "")
    cells = {f"86/{number}": content.strip() for number, content in fields.items()}
    purpose = _purpose(fields)
    cells |= {"86/code": start[1], "86/purpose": purpose, "86/text": purpose}
    cells["86/party"] = f"{fields.get('32', '')}{fields.get('33', '')}".strip()
    cells["86/party_bank"], cells["86/party_account"] = (
        cells.get("86/30", ""),
        cells.get("86/31", ""),
    )
    for word, content in _together(_SEPA.split(purpose), " ").items():
        cells.setdefault(f"86/{word}", content.strip())
    return cells


def _together(parts: list[str], between: str) -> dict[str, str]:
    """The contents after each word; those of a word that comes again are joined."""
    found: dict[str, list[str]] = {}
    for word, content in zip(parts[1::2], parts[2::2], strict=True):
        found.setdefault(word, []).append(content)
    return {word: between.join(contents) for word, contents in found.items()}


def _purpose(fields: Mapping[str, str]) -> str:
    """The purpose (20 to 29, 60 to 63): full parts run on, shorter ones end with a blank."""
    parts = [fields.get(f"{number}", "") for number in (*range(20, 30), *range(60, 64))]
    return "".join(part if len(part) >= _CHUNK else f"{part} " for part in parts if part).strip()


def _slashed(joined: str) -> Cells:
    cells: Cells = {"86/text": joined}
    for word, content in _together(_SLASH.split(joined), "/").items():
        cells[f"86/{word}"] = content.strip("/ ")
    party = (cells.get("86/CNTP", "") + "///").split("/")
    cells["86/party_account"] = cells.get("86/IBAN") or party[0]
    cells["86/party_bank"] = cells.get("86/BIC") or party[1]
    cells["86/party"] = cells.get("86/NAME") or party[2].strip()
    return cells
