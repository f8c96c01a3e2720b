"""Who we exchange files with: partners, their feeds, accounts, calendars and products."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from sqlalchemy import Connection

from tieout.exchange.payout_terms import PayoutTerms, save_terms
from tieout.formats.registry import format_spec
from tieout.formats.writing import longest_receiver
from tieout.kernel.calendars import load_calendar
from tieout.kernel.database import execute
from tieout.kernel.errors import Place, TieoutError
from tieout.kernel.staging import stage

DocType = Literal[
    "ORDER_SPOOL",
    "PURCHASE_ORDER",
    "FUNCTIONAL_ACK",
    "RECEIPT",
    "ACKNOWLEDGEMENT",
    "SHIPMENT",
    "TRACKING",
    "SETTLEMENT",
    "PAYOUT",
    "BANK_STATEMENT",
    "FX_RATES",
]


OUTGOING: tuple[DocType, ...] = ("PURCHASE_ORDER", "FUNCTIONAL_ACK")
"""What we send; everything else comes."""


class PartnersFileError(TieoutError):
    """A partners file that does not hold."""

    slug = "partners-file"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FeedSpec(_Strict):
    """One kind of file that a partner sends or gets.

    `directory` is below the connection's root, or a folder of this machine for a partner without a
    connection. `complete_by` says how a file is known to be whole: `trailer` (its own totals),
    `marker` (NAME.done holds size and SHA-256) or `stable` (the same size on two looks).
    `consecutive`: the partner promises control numbers without holes, so that one is missed.
    `promised_within_hours` is for RECEIPT: after so many business hours a file of ours without one
    is an exception; left out, none is promised.
    """

    format_id: str
    directory: str
    file_glob: str = "*"
    complete_by: Literal["trailer", "marker", "stable"] = "trailer"
    consecutive: bool = False
    promised_within_hours: int | None = Field(default=None, gt=0)


class AccountSpec(_Strict):
    """A gateway's account: how its lines are matched, and when money is overdue.

    Up to `write_off_limit_minor` one person may write off; above it a second must approve.
    `fx_band_bps`: by how many basis points a conversion may be off the reference rate.
    `lag_spare_days`: business days beyond the learned lag before money is overdue.
    `reserve_days`: after so many days a reserve is to be released, where its line names no day.
    """

    account: str
    window_days: int = Field(default=5, ge=0)
    tolerance_minor: int = Field(default=0, ge=0)
    overdue_business_days: int = Field(default=3, ge=0)
    write_off_limit_minor: int = Field(default=0, ge=0)
    fx_band_bps: int = Field(default=100, ge=0)
    lag_spare_days: int = Field(default=1, ge=0)
    reserve_days: int = Field(default=180, ge=0)
    payouts: PayoutTerms = PayoutTerms()


class PartnerSpec(_Strict):
    """A partner as a partners file or a caller states it; `account` is for gateways."""

    partner_id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    kind: Literal["STOREFRONT", "VENDOR", "CARRIER", "GATEWAY", "BANK"]
    name: str
    connection_id: str | None = None
    calendar_id: str = "weekdays"
    zone: str = "UTC"
    active: bool = True
    feeds: Mapping[DocType, FeedSpec] = Field(default_factory=dict)
    account: AccountSpec | None = None

    @model_validator(mode="after")
    def _account_is_a_gateways(self) -> "PartnerSpec":
        if (self.kind == "GATEWAY") != (self.account is not None):
            raise ValueError("a GATEWAY, and nobody else, states its account")
        return self

    @model_validator(mode="after")
    def _promise_is_of_receipts(self) -> "PartnerSpec":
        feeds = self.feeds.items()
        if any(feed.promised_within_hours and name != "RECEIPT" for name, feed in feeds):
            raise ValueError("only RECEIPT states promised_within_hours")
        return self


class PartnersFile(_Strict):
    """A partners file: the partners, and the folder of gateways' rate cards beside it, if any."""

    partners: list[PartnerSpec]
    rate_cards: str | None = None


def read_partners(path: Path) -> list[PartnerSpec]:
    """The partners in a YAML file; raises as `read_partners_file` does."""
    return read_partners_file(path).partners


def read_partners_file(path: Path) -> PartnersFile:
    """What a YAML file says: a list `partners` of what PartnerSpec has, and `rate_cards`.

    Raises PartnersFileError that names the word that does not hold.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return TypeAdapter(PartnersFile).validate_python(content)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise PartnersFileError(
            f"This is no partners file: {_trouble(error)}.",
            remedy="Correct what it names; docs/operators/partners.md shows an example.",
            place=Place(str(path)),
        ) from error


def _trouble(error: Exception) -> str:
    match error:
        case OSError():
            return str(error.strerror)
        case ValidationError():
            first = error.errors()[0]
            return f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}"
        case yaml.MarkedYAMLError(problem_mark=mark) if mark:
            return f"{error.problem} in line {mark.line + 1}"
    return "it is not YAML text"


def load_partners(connection: Connection, partners: Sequence[PartnerSpec]) -> int:
    """Write partners, feeds and accounts, and the calendars that they count by.

    What a partner had is replaced; partners that are not named stay. Returns how many were written.
    Raises SettingsError for a format or a calendar that does not exist, and PartnersFileError for a
    partner to whom no file can be addressed in the format of its feed.
    """
    for each in partners:
        _refuse_unaddressable(each)
    for calendar_id in sorted({each.calendar_id for each in partners}):
        load_calendar(connection, calendar_id)
    stage(connection, "new_partner", _rows(_PARTNER, partners))
    stage(connection, "new_feed", _rows(_FEED, _feeds(partners)))
    stage(connection, "new_account", _rows(_ACCOUNT, _accounts(partners)))
    written = execute(connection, "exchange/save_partners")
    execute(connection, "exchange/remove_feeds")
    execute(connection, "exchange/save_feeds")
    execute(connection, "exchange/save_accounts")
    save_terms(connection, {p.partner_id: p.account.payouts for p in partners if p.account})
    return written


def _refuse_unaddressable(partner: PartnerSpec) -> None:
    for doc_type, feed in partner.feeds.items():
        longest = longest_receiver(format_spec(feed.format_id))
        if doc_type in OUTGOING and longest is not None and len(partner.partner_id) > longest:
            raise PartnersFileError(
                f"{partner.partner_id!r} is too long an id for {doc_type} in {feed.format_id}.",
                remedy=f"An envelope has room for {longest} characters: give a shorter id.",
                place=Place(field="partner_id"),
            )


def load_products(connection: Connection, products: pa.Table) -> int:
    """Write products (columns sku, description, vendor_id); a known SKU is replaced.

    Returns how many were new or changed. The vendors must be known partners.
    """
    stage(connection, "new_product", products.select(["sku", "description", "vendor_id"]))
    return execute(connection, "exchange/save_products")


def _rows(schema: pa.Schema, rows: Sequence[BaseModel]) -> pa.Table:
    return pa.Table.from_pylist([row.model_dump(include=set(schema.names)) for row in rows], schema)


class _Feed(FeedSpec):
    partner_id: str
    doc_type: str


class _Account(AccountSpec):
    gateway: str


def _feeds(partners: Sequence[PartnerSpec]) -> list[_Feed]:
    return [
        _Feed(partner_id=each.partner_id, doc_type=doc_type, **feed.model_dump())
        for each in partners
        for doc_type, feed in each.feeds.items()
    ]


def _accounts(partners: Sequence[PartnerSpec]) -> list[_Account]:
    return [
        _Account(gateway=each.partner_id, **each.account.model_dump())
        for each in partners
        if each.account is not None
    ]


_TEXT, _NUMBER = pa.string(), pa.int64()
_PARTNER = pa.schema(
    dict.fromkeys(["partner_id", "kind", "name", "connection_id", "calendar_id", "zone"], _TEXT)
    | {"active": pa.bool_()}
)
_FEED = pa.schema(
    dict.fromkeys(
        ["partner_id", "doc_type", "format_id", "directory", "file_glob", "complete_by"], _TEXT
    )
    | {"consecutive": pa.bool_(), "promised_within_hours": _NUMBER}
)
_ACCOUNT = pa.schema(
    {"gateway": _TEXT, "account": _TEXT}
    | dict.fromkeys(
        [
            *("window_days", "tolerance_minor", "overdue_business_days", "write_off_limit_minor"),
            *("fx_band_bps", "lag_spare_days", "reserve_days"),
        ],
        _NUMBER,
    )
)
