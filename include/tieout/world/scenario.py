"""A scenario: what the world does for some days, and which faults are planted how often."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tieout.kernel.errors import MoneyError, Place, TieoutError
from tieout.kernel.money import exponent
from tieout.kernel.time import Calendar

SCENARIOS = Path(__file__).resolve().parents[3] / "scenarios"
BUNDLED, LIVE_SCENARIO = SCENARIOS / "three-days.yaml", SCENARIOS / "live.yaml"
WORKDAYS = Calendar()
CARRIER, LATE_BY = "fastship", 3
Share = Annotated[float, Field(ge=0, le=1)]
GatewayKind = Literal["adyen", "stripe"]


class ScenarioError(TieoutError):
    """A scenario file that cannot be played."""

    slug = "scenario"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Faults(_Strict):
    """The rate of each fault: 0 never, 1 wherever it can be.

    Per order: `duplicate_entry`, `unknown_sku`. Per vendor order: `vendor_rejection`,
    `late_shipment`, of vendors who speak EDI `receipt_rejection` too, and `receipt_missing` per
    file to them. Per row of a tracking file: `bad_tracking_row` (at most one row in 25, more
    would be a refused file). Per settled payment: `settlement_missing`, `settlement_duplicated`,
    `amount_off_by_a_cent`, `wrong_currency`, `fee_wrong`, and where it is
    converted `fx_off_band`; and in the next batch a `chargeback`, a `chargeback_partly_won` (a part
    of it is given back at once), or a `refund_unknown` of a part.
    Per settlement line, one more: `settlement_without_order`. Per batch: `adjustment_unexplained`.
    Per renewal that waits for nobody: `payment_unanswered` (the gateway takes the money, breaks
    down over the answer, and says nothing about it until the next morning).
    Per file of the warehouse: `unknown_receipt` (a row of an article that nobody keeps).
    Per file of a vendor, carrier, warehouse or gateway: `truncated_file`. Per payout:
    `payout_missing` (the bank never gets it), `payout_short`, `payout_sum_off` (not the sum of its
    lines). Per bank statement: `bank_credit_unknown`, `bank_statement_missing`.
    Where several hit one thing and exclude each other, one of them is chosen evenly.
    """

    duplicate_entry: Share = 0
    unknown_sku: Share = 0
    payment_unanswered: Share = 0
    vendor_rejection: Share = 0
    late_shipment: Share = 0
    receipt_rejection: Share = 0
    receipt_missing: Share = 0
    bad_tracking_row: Share = 0
    unknown_receipt: Share = 0
    settlement_missing: Share = 0
    settlement_duplicated: Share = 0
    amount_off_by_a_cent: Share = 0
    wrong_currency: Share = 0
    fee_wrong: Share = 0
    fx_off_band: Share = 0
    chargeback: Share = 0
    chargeback_partly_won: Share = 0
    refund_unknown: Share = 0
    adjustment_unexplained: Share = 0
    settlement_without_order: Share = 0
    truncated_file: Share = 0
    payout_missing: Share = 0
    payout_short: Share = 0
    payout_sum_off: Share = 0
    bank_credit_unknown: Share = 0
    bank_statement_missing: Share = 0


class Shares(_Strict):
    """How often ordinary life is a little less simple; none of these is a fault.

    `spool`: orders that reach us by spool file; `spool_copies`: of those, the share that is in the
    table too. `split_tender`: two payments. `multi_vendor`: lines of several vendors. `declined`:
    a card is declined, then another captured. `abandoned`: all declined, and no order comes of it.
    `chargeback_won`: a charge is charged back and won back at once. `reserve`: a gateway holds back
    some of a batch and releases it with the next. `payouts_together`: a payout is paid with the
    next one, in one sum. `payout_in_two`: in two. `payout_unreferenced`: the bank line names the
    payer and no payout. `bundle`: orders with a bundle of goods and a service under one price.
    `super_store`: customers who sell on, and pay the shipping price list. `kept_cards`: orders that
    renew the service, charged to the card that their customer registered at Stripe; of those
    `above_band`: so many at once that a second person has to approve.
    """

    spool: Share = 0.03
    spool_copies: Share = 0.3
    split_tender: Share = 0.05
    multi_vendor: Share = 0.25
    declined: Share = 0.03
    abandoned: Share = 0.01
    chargeback_won: Share = 0.003
    reserve: Share = 0.2
    payouts_together: Share = 0.1
    payout_in_two: Share = 0.1
    payout_unreferenced: Share = 0.1
    bundle: Share = 0.02
    super_store: Share = 0.01
    kept_cards: Share = 0
    above_band: Share = 0.1


class Scenario(_Strict):
    """Seed, days, volumes, shares and faults of a world. Equal scenarios give equal worlds.

    `first_day` starts `days` business days (Monday to Friday) of `orders_per_day` orders, whose
    references begin with `prefix`. With `weekend: open` the weekend days between them have orders
    too, though vendors and gateways rest.
    `sftp_accounts` is over how many SFTP accounts the vendors are spread, a folder for each vendor.
    The first `x12_vendors` vendors speak X12: they get an 850, say by 997 that they took it in,
    answer by 855 and 856, and are sent a 997 for each; the next `edifact_vendors` speak EDIFACT.
    The first `own_skus` articles are kept in a warehouse, which receives up to `received` of each
    a business day; what is short is pre-ordered.
    Gateways convert the currencies of `converted` to euros, by a central bank less a mark-up; the
    files of those of `settled_only` tell the euros alone, and not what the customer paid.
    Vendors promise to ship within `promise_days` business days. A truncated file is sent again,
    whole, `resend_after_days` days later, or never (null).
    """

    name: str = Field(default="scenario", pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")
    prefix: str = Field(default="T", pattern=r"^[A-Z]{1,3}$")
    seed: int = 1
    first_day: date = date(2026, 3, 2)
    days: int = Field(default=3, ge=1, le=366)
    orders_per_day: int = Field(default=1000, ge=1, le=99_999)
    vendors: int = Field(default=40, ge=1, le=9_999)
    skus: int = Field(default=400, ge=1, le=99_999)
    own_skus: int = Field(default=0, ge=0)
    received: int = Field(default=8, ge=1)
    sftp_accounts: int = Field(default=4, ge=1, le=200)
    x12_vendors: int = Field(default=0, ge=0)
    edifact_vendors: int = Field(default=0, ge=0)
    gateways: tuple[GatewayKind, ...] = Field(default=("adyen", "stripe"), min_length=1)
    currencies: tuple[str, ...] = Field(default=("USD", "EUR"), min_length=1)
    converted: tuple[Literal["USD", "GBP", "JPY"], ...] = ()
    settled_only: tuple[Literal["stripe"], ...] = ()
    promise_days: int = Field(default=2, ge=2, le=30)
    weekend: Literal["closed", "open"] = "closed"
    resend_after_days: int | None = Field(default=1, ge=1, le=60)
    shares: Shares = Shares()
    faults: Faults = Faults()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.own_skus > self.skus:
            raise ValueError("own_skus is more than skus")
        for words in (self.gateways, self.currencies):
            if len(set(words)) < len(words):
                raise ValueError(f"{list(words)} names something twice")
        for currency in self.currencies:
            try:
                exponent(currency)
            except MoneyError as error:
                raise ValueError(f"{error.message} {error.remedy}") from None
        return self

    @property
    def order_days(self) -> list[date]:
        """The days on which orders are captured, in order."""
        days: list[date] = []
        day, business_days = self.first_day, 0
        while business_days < self.days:
            is_business = WORKDAYS.is_business(day)
            if is_business or (self.weekend == "open" and days):
                days.append(day)
            business_days += is_business
            day += timedelta(days=1)
        return days

    @property
    def last_due_day(self) -> date:
        """The business day by which every fault of the last orders has shown itself.

        Money is overdue on the fourth business day after its capture; a late shipment leaves three
        business days after its promise.
        """
        return WORKDAYS.add(self.order_days[-1], max(4, self.promise_days + LATE_BY))


def previous_business_day(day: date) -> date:
    """The last business day before a day."""
    day -= timedelta(days=1)
    while not WORKDAYS.is_business(day):
        day -= timedelta(days=1)
    return day


def load_scenario(path: Path) -> Scenario:
    """The scenario of a YAML file.

    Raises ScenarioError, naming file and key and what is allowed there.
    """
    try:
        facts = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(
            f"The scenario cannot be read: {error.strerror}.",
            remedy="Give the path of a YAML file, for example scenarios/three-days.yaml.",
            place=Place(str(path)),
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        raise ScenarioError(
            "The scenario is not YAML.",
            remedy="Write it as keys and values; scenarios/three-days.yaml shows all of them.",
            place=Place(str(path), line=None if line is None else line + 1),
        ) from error
    try:
        return Scenario.model_validate(facts if facts is not None else {})
    except ValidationError as error:
        raise _refused(path, error) from None


def _refused(path: Path, error: ValidationError) -> ScenarioError:
    first = error.errors()[0]
    key = ".".join(map(str, first["loc"])) or "scenario"
    if first["type"] == "extra_forbidden":
        problem = f"There is no key {key!r}."
        remedy = f"Allowed here: {', '.join(_allowed(first['loc']))}."
    else:
        problem = f"{key!r} cannot be {first['input']!r}: {first['msg']}."
        remedy = "Correct the value; docs/developers/world.md lists all keys."
    return ScenarioError(problem, remedy=remedy, place=Place(str(path), field=key))


def _allowed(location: tuple[int | str, ...]) -> list[str]:
    parts: dict[str, type[BaseModel]] = {"faults": Faults, "shares": Shares}
    model = parts.get(str(location[0]), Scenario) if len(location) > 1 else Scenario
    return sorted(model.model_fields)
