"""Which family an undescribed table may belong to, and which columns make which canonical ones."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from tieout.formats.canonical import FAMILIES
from tieout.formats.draft_columns import MARKS, Guess, cells_of
from tieout.formats.draft_table import Table
from tieout.formats.fields import Numbers
from tieout.formats.numbers import plain_number
from tieout.kernel.money import DEFAULT_EXPONENT, exponent

Words = dict[str, object]

_MOST_KINDS = 40
WORDS: Mapping[str, Mapping[str, str]] = {
    "settlement_line": {
        "kind": "type|transaction type|event type|entry type|category|reporting category",
        "gateway_ref": "transaction id|payment id|charge id|psp reference|gateway reference|"
        "transaction reference|source id|entity id|id|reference",
        "order_ref": "order|order id|order number|order no|merchant reference|order ref|"
        "merchant order id|invoice|invoice id|order reference|description",
        "gross_minor": "gross|gross amount|amount|total|amount gross|sale amount",
        "fee_minor": "fee|fees|total fee|commission|processing fee|fee amount",
        "settlement_net_minor": "net|net amount|net total|amount net|settled amount|payout amount",
        "debit": "debit|net debit|net debit nc",
        "credit": "credit|net credit|net credit nc",
        "currency": "currency|currency code|settlement currency",
        "booked_at": "transaction date|date|created|created at|booking date|creation date|"
        "processed on|timestamp|settlement date|posted date|date time|transaction initiation date",
        "payout_ref": "payout id|deposit id|settlement id|batch id|payout reference",
        "method": "payment method|card brand|card type|method|payment type|scheme",
    },
    "payout": {
        "payout_ref": "payout id|payout reference|settlement id|deposit id",
        "status": "status|payout status",
        "currency": "currency|currency code",
        "amount_minor": "payout amount|total|amount|net|net amount",
        "arrives_on": "payout date|arrival date|expected arrival date|deposit date",
        "bank_ref": "bank reference|trace id|utr|bank reference id",
    },
    "bank_line": {
        "account": "account|account no|account number|iban|our account",
        "currency": "currency|currency code",
        "amount_minor": "amount|value|transaction amount|betrag|bedrag|montant|importe",
        "debit": "debit|debits|withdrawal|withdrawals|money out|paid out|debit amount",
        "credit": "credit|credits|deposit|deposits|money in|paid in|credit amount",
        "booked_on": "date|booking date|posting date|transaction date|posted date|buchungstag|"
        "entry date|operation date|fecha|datum",
        "value_on": "value date|valuta|valuta date|value dat",
        "reference_text": "description|label|details|memo|narrative|reference|text|remarks|"
        "payment details|purpose|transaction description",
        "counterparty": "partner name|counterparty|payee|name|beneficiary|counterparty name",
        "counterparty_account": "bank account|counterparty account|partner account",
        "balance_after_minor": "balance|running balance|saldo|balance after",
        "bank_ref": "transaction id|bank reference|transaction reference|id",
    },
    "vendor_ack": {
        "vendor_order_no": "po number|po|purchase order|po no|retailer po|partner po|order number",
        "order_line_no": "line|line number|line no|po line",
        "sku": "sku|sku id|item|item number|supplier sku|item sku",
        "quantity_accepted": "quantity accepted|accepted|accepted quantity|qty accepted|confirmed",
        "quantity_rejected": "quantity rejected|rejected|quantity cancelled|qty rejected",
        "quantity_backordered": "quantity backordered|backordered|qty backordered|backorder",
        "reason": "reason|change reason|reject reason|notes",
        "expected_on": "backorder date|expected date|scheduled ship date|promised date",
    },
    "shipment": {
        "vendor_order_no": "po number|po|purchase order|po no|retailer po|order number|order id",
        "sku": "sku|sku id|item|item number|item sku",
        "quantity": "quantity|qty|quantity shipped|shipped qty|qty shipped|shipped quantity",
        "carrier": "carrier|shipping carrier|shipping provider|courier",
        "tracking_no": "tracking number|tracking no|tracking|tracking code|tracking id",
        "shipped_at": "ship date|shipped at|shipped date|package ship date|date shipped|shipped",
        "service": "service|shipping method|ship method",
    },
    "tracking_event": {
        "carrier": "carrier|courier",
        "tracking_no": "tracking number|tracking no|tracking|tracking code|tracking id",
        "status": "status|event|event type|tracking status",
        "occurred_at": "date|event date|event time|timestamp|occurred at|datetime|date time|time",
        "location": "location|city|place|event location",
        "description": "description|message|details",
    },
    "inventory": {
        "sku": "sku|sku id|item|item number|product id|article|item sku|product code",
        "barcode": "barcode|upc|ean|gtin|ean13|upca",
        "description": "description|name|title|product name|item name",
        "quantity_on_hand": "quantity|qty|quantity in stock|stock|on hand|quantity on hand|"
        "available quantity|inventory|qty on hand|available",
        "quantity_backordered": "quantity on backorder|backordered",
        "available_on": "available date|backorder date|restock date|next available date",
        "unit_cost_minor": "cost|unit cost|price|wholesale price|unit price",
        "currency": "currency|currency code",
        "warehouse": "warehouse|location|warehouse code",
    },
    "invoice": {
        "invoice_no": "invoice number|invoice no|invoice|invoice id|invoice num",
        "invoice_date": "invoice date|date",
        "due_on": "due date",
        "vendor_order_no": "po number|po|purchase order|po no|retailer po",
        "sku": "sku|sku id|item|item number|stock code|stockcode|product code|item sku",
        "description": "description|item description|product name|name",
        "quantity": "quantity|qty|quantity invoiced|billed quantity",
        "unit_price": "unit price|price|unitprice|unit cost|cost",
        "line_amount_minor": "line amount|amount|line total|extended price|extended amount",
        "tax_minor": "tax|vat|tax amount",
        "freight_minor": "freight|shipping|shipping cost",
        "invoice_total_minor": "invoice total|total|invoice amount",
        "currency": "currency|currency code",
    },
    "purchase_order": {
        "vendor_order_no": "po number|po|purchase order|po no|purchase order number|order number",
        "order_line_no": "line|line number|line no|item sequence number",
        "sku": "sku|sku id|item|item number|item sku|product id",
        "description": "description|item description|product name|item name",
        "quantity": "quantity|qty|quantity ordered|ordered quantity|order qty",
        "unit_cost_minor": "unit cost|cost|unit price|price|net cost|net cost amount",
        "currency": "currency|currency code",
        "ship_to_name": "ship to name|name|recipient name|customer name",
        "ship_to_city": "ship to city|city",
        "ship_to_postcode": "ship to postal code|postal code|zip|postcode|ship to zip",
        "ship_to_country": "ship to country|country|country code",
    },
}
"""How files may call the canonical columns of each family, the likeliest name first."""

NEEDED: Mapping[str, Sequence[str]] = {
    "settlement_line": (
        "gross_minor|settlement_net_minor|credit",
        "gateway_ref|order_ref",
        "booked_at",
    ),
    "payout": ("payout_ref|bank_ref", "amount_minor", "arrives_on"),
    "bank_line": ("booked_on", "amount_minor|debit|credit", "reference_text|counterparty"),
    "vendor_ack": ("vendor_order_no", "sku", "quantity_accepted"),
    "shipment": ("tracking_no", "vendor_order_no|sku"),
    "tracking_event": ("tracking_no", "status", "occurred_at"),
    "inventory": ("sku", "quantity_on_hand"),
    "invoice": ("invoice_no", "sku|description", "quantity"),
    "purchase_order": ("vendor_order_no", "sku", "quantity"),
}
"""Without one of each of these columns a table is not of the family."""

_LIKELY = ("settlement_line", "bank_line", "shipment", "vendor_ack", "invoice")
_KINDS = (
    *(("chargeback rev", "chargeback_reversal"), ("dispute rev", "chargeback_reversal")),
    *(("chargeback", "chargeback"), ("dispute", "chargeback"), ("refund", "refund")),
    *(("return", "refund"), ("payout", "payout"), ("withdrawal", "payout"), ("fee", "fee")),
    *(("commission", "fee"), ("reserve", "reserve"), ("hold", "reserve"), ("adjust", "adjustment")),
    *(("correction", "adjustment"), ("transfer", "transfer")),
)


@dataclass(frozen=True)
class Placing:
    """The family that a table seems to belong to, and the column found for each canonical one.

    `is_sure` is false where no family has the columns it needs.
    """

    family: str
    columns: Mapping[str, Guess]
    is_sure: bool


def place(guesses: Sequence[Guess]) -> Placing:
    """The family with most columns of those whose needs are met, and where its columns are.

    What no name tells, its type may: the only column of currencies, the only one of dates.
    """
    guesses = [each for each in guesses if each.filled or not any(one.filled for one in guesses)]
    found = {family: _columns(family, guesses) for family in WORDS}
    fit = [family for family in found if _has_needed(family, found[family])]
    order = [*_LIKELY, *(family for family in WORDS if family not in _LIKELY)]
    ranked = sorted(fit or found, key=lambda each: (-len(found[each]), order.index(each)))
    family = ranked[0]
    columns = found[family] | dict(_by_type(family, found[family], guesses))
    return Placing(family, columns, is_sure=_has_needed(family, columns))


def _by_type(
    family: str, found: Mapping[str, Guess], guesses: Sequence[Guess]
) -> Iterator[tuple[str, Guess]]:
    """The currency and the day that rows must have, where one column alone can be each."""
    needed = {name for names in NEEDED[family] for name in names.split("|")}
    free = [guess for guess in guesses if guess.filled and guess not in found.values()]
    for canonical in WORDS[family]:
        column = FAMILIES[family].columns.get(canonical)
        is_day = canonical in needed and column and column.type in {"date", "timestamp"}
        if canonical in found or not (canonical == "currency" or is_day):
            continue
        fitting = [guess for guess in free if _fits(family, canonical, guess)]
        if len(fitting) == 1:
            yield canonical, fitting[0]


def _has_needed(family: str, columns: Mapping[str, Guess]) -> bool:
    return all(columns.keys() & set(names.split("|")) for names in NEEDED[family])


def _columns(family: str, guesses: Sequence[Guess]) -> dict[str, Guess]:
    """For each canonical column the likeliest one of its type; none is taken twice."""
    free = {_plain_name(each.name): each for each in reversed(guesses) if each.name}
    found: dict[str, Guess] = {}
    for canonical, words in WORDS[family].items():
        names = [name for name in words.split("|") if name in free]
        fitting = (name for name in names if _fits(family, canonical, free[name]))
        if (name := next(fitting, None)) is not None:
            found[canonical] = free.pop(name)
    return found


def _plain_name(name: str) -> str:
    return " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])|[^0-9A-Za-z]+", " ", name).split()).lower()


def _fits(family: str, canonical: str, guess: Guess) -> bool:
    if not guess.filled:
        return True
    column = FAMILIES[family].columns.get(canonical)
    match column.type if column else "money":
        case "money" | "decimal":
            return guess.is_number
        case "integer":
            return guess.type == "integer"
        case "currency":
            return guess.type == "currency"
        case "date" | "timestamp":
            return guess.type in {"date", "timestamp"}
    return guess.type != "currency"


def fields_of(placing: Placing, table: Table, numbers: Numbers) -> list[Words]:
    """The `fields` of a format that reads the table, in the family's order."""
    family, columns = placing.family, dict(placing.columns)
    fields: list[Words] = []
    if family == "settlement_line":
        fields = [_kind(columns.pop("kind", None), table), *_amounts(columns, table, numbers)]
    elif family == "payout":
        fields = [{"name": "payout_kind", "value": "payout"}]
    if {"debit", "credit"} & columns.keys():
        fields.append(_two_sided(family, columns))
    fields += [_field(family, name, guess) for name, guess in columns.items()]
    has_money = any(each.get("type") == "money" for each in fields)
    if (has_money or family == "settlement_line") and "currency" not in columns:
        fields.append({"name": "currency", "type": "currency", "value": _currency(table)})
    _require(fields, placing, table)
    _round(fields, placing, table)
    _fill_currency(fields, placing, table)
    order = list(FAMILIES[family].columns)
    fields.sort(key=lambda each: order.index(str(each["name"])))
    return fields or [{"name": order[0], "source": table.names[0]}]


def _require(fields: Sequence[Words], placing: Placing, table: Table) -> None:
    """Values in each row of the columns that the family needs, where each row has one."""
    needed = {name for names in NEEDED[placing.family] for name in names.split("|")}
    for field in fields:
        guess = placing.columns.get(str(field["name"]))
        if guess and field["name"] in needed and guess.filled == len(table.rows) > 0:
            field["required"] = True


def _fill_currency(fields: Sequence[Words], placing: Placing, table: Table) -> None:
    """Rows that name no currency have the one that most others have."""
    guess = placing.columns.get("currency")
    if guess is None or guess.filled == len(table.rows):
        return
    codes = Counter(cells_of(table, table.names.index(guess.name)))
    for field in fields:
        if field["name"] == "currency" and codes:
            field["value"] = codes.most_common(1)[0][0].upper()


def _round(fields: Sequence[Words], placing: Placing, table: Table) -> None:
    """Amounts finer than the minor unit of one of the file's currencies are rounded."""
    currency = placing.columns.get("currency")
    codes = cells_of(table, table.names.index(currency.name)) if currency else [_currency(table)]
    least = min((exponent(code.upper()) for code in codes), default=DEFAULT_EXPONENT)
    decimals = {guess.name: guess.decimals for guess in placing.columns.values()}
    for field in fields:
        names = [field.get("source"), *_listed(field, "plus"), *_listed(field, "minus")]
        if (
            field.get("type") == "money"
            and max(decimals.get(str(name), 0) for name in names) > least
        ):
            field["rounding"] = "half_even"


def _listed(field: Words, word: str) -> list[str]:
    return [str(name) for name in cast("Sequence[object]", field.get(word, ()))]


def _field(family: str, canonical: str, guess: Guess) -> Words:
    kind = FAMILIES[family].columns[canonical].type
    words: Words = {"name": canonical, "source": guess.name}
    if kind != "text":
        words["type"] = kind
    if kind == "money":
        words["currency"] = "currency"
    if kind == "timestamp":
        words["zone"] = "UTC"
    if kind in {"date", "timestamp"}:
        words["formats"] = list(guess.formats[:1])
    return words


def _kind(guess: Guess | None, table: Table) -> Words:
    """What each line is: by the words of its column where they are few, else a charge."""
    cells = [] if guess is None else cells_of(table, table.names.index(guess.name))
    words = sorted({" ".join(cell.lower().split()) for cell in cells})
    if guess is None or guess.is_number or len(words) > _MOST_KINDS:
        return {"name": "kind", "value": "charge"}
    kinds = {word: _kind_of(word) for word in words}
    return {"name": "kind", "source": guess.name, "keep": True, "map": kinds}


def _kind_of(word: str) -> str:
    return next((kind for part, kind in _KINDS if part in word.replace("_", " ")), "charge")


def _amounts(columns: dict[str, Guess], table: Table, numbers: Numbers) -> list[Words]:
    """Gross, fee and net of a settlement line, so that they tie in every row; taken from `columns`.

    A fee that does not tie as it is written is gross less net.
    """
    gross, fee = columns.pop("gross_minor", None), columns.pop("fee_minor", None)
    net = columns.pop("settlement_net_minor", None)
    if {"debit", "credit"} & columns.keys():
        return []
    named = {"gross_minor": gross, "settlement_fee_minor": fee, "settlement_net_minor": net}
    fields = [_field("settlement_line", name, each) for name, each in named.items() if each]
    if gross and fee and net and not _ties(table, numbers, (gross, fee, net)):
        fields[1] |= {"plus": [gross.name], "minus": [net.name]}
        del fields[1]["source"]
    elif fee and not net:
        fields[-1]["unsigned"] = True
    return fields


def _ties(table: Table, numbers: Numbers, guesses: tuple[Guess, Guess, Guess]) -> bool:
    at = [table.names.index(guess.name) for guess in guesses]
    for row in table.rows:
        gross, fee, net = (Decimal(plain_number(row[index], numbers) or 0) for index in at)
        if gross - fee != net:
            return False
    return True


def _two_sided(family: str, columns: dict[str, Guess]) -> Words:
    """An amount of two columns: what came in less what went out."""
    name = "amount_minor" if family == "bank_line" else "settlement_net_minor"
    words: Words = {"name": name, "type": "money", "currency": "currency"}
    columns.pop("amount_minor", None)
    for side, word in (("credit", "plus"), ("debit", "minus")):
        if side in columns:
            words[word] = [columns.pop(side).name]
    return words


def _currency(table: Table) -> str:
    """The currency that a mark beside an amount means; EUR where there is none, to be corrected."""
    cells = (cell for row in table.rows for cell in row)
    return next(_marks(cells), "EUR")


def _marks(cells: Iterator[str]) -> Iterator[str]:
    for cell in cells:
        if re.fullmatch(r"[-+(]?\s?(?:US|R)?[$€£¥₹].*\d.*", cell):
            yield next(code for mark, code in MARKS.items() if mark in cell)
