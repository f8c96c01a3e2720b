"""The storefront's banks: an account per currency, a statement per business day.

They get the gateways' payouts a business day later, customers' transfers and charges of their own,
and send the statement of a day on the next morning, each bank in a layout of its own.
"""

from datetime import UTC, date, datetime, time, timedelta

from tieout.world.batches import Payout
from tieout.world.chance import chance, letters_and_digits, pick
from tieout.world.gateways import Takings, batch_of
from tieout.world.ledger import Ledger, Planted
from tieout.world.orders import FIRST_NAMES, LAST_NAMES
from tieout.world.payouts import (
    account_of,
    currencies_of,
    is_missing,
    payouts_of,
    waits,
    way_of,
)
from tieout.world.post import Post
from tieout.world.scenario import WORKDAYS, GatewayKind, Scenario, previous_business_day
from tieout.world.statements import LAYOUTS, Entry, Layout, Statement

BANKS, SENT, OPENING_MINOR = "banks", time(6), 1_000_000
PAYERS = {"adyen": "Adyen N.V.", "stripe": "Stripe Payments"}
"""How the banks call the gateways."""


def bank_name(currency: str) -> str:
    """The bank with which the storefront has its account in a currency."""
    return f"bank_{currency.lower()}"


def layout_of(scenario: Scenario, currency: str) -> Layout:
    """The layout in which the bank of a currency writes."""
    return LAYOUTS[currencies_of(scenario).index(currency) % len(LAYOUTS)]


class Banks:
    """All banks of a scenario; their ledger has the balance of each account at each day's end."""

    def __init__(self, scenario: Scenario, ledger: Ledger, post: Post, takings: Takings) -> None:
        self.scenario, self.ledger, self.post = scenario, ledger, post
        self.takings = takings

    def advance(self, until: datetime) -> None:
        """Book and send the statements of all business days whose next morning has come."""
        start = datetime.combine(self.scenario.first_day, time(0), UTC)
        since = self.ledger.until(BANKS, start)
        for offset in range((until.date() - since.date()).days + 1):
            moment = datetime.combine(since.date() + timedelta(days=offset), SENT, UTC)
            day = moment.date() - timedelta(days=1)
            if since < moment <= until and day >= start.date() and WORKDAYS.is_business(day):
                for currency in currencies_of(self.scenario):
                    self._book(currency, day, moment)
        self.ledger.mark(BANKS, max(since, until))

    def _book(self, currency: str, day: date, moment: datetime) -> None:
        account, number = account_of(currency), (day - self.scenario.first_day).days + 1
        before = self.ledger.rows(
            "SELECT closing FROM bank_balance WHERE account = ? AND day < ?"
            " ORDER BY day DESC LIMIT 1",
            account,
            day.isoformat(),
        )
        opening = before[0][0] if before else OPENING_MINOR
        unknown = unknown_credits(self.scenario, currency, day)
        entries = (*payments_in(self.scenario, currency, day, self.takings), *unknown)
        entries += everyday(self.scenario, currency, day)
        statement = Statement(account, currency, number, day, opening, entries)
        self.ledger.note(
            "INSERT OR REPLACE INTO bank_balance VALUES (?, ?, ?)",
            [(account, day.isoformat(), statement.closing_minor)],
        )
        if is_missing(self.scenario, currency, day):
            gap = f"{account}:{WORKDAYS.add(day, 1)}"
            fault = Planted("bank_statement_missing", "BANK_STATEMENT_GAP", gap, day.isoformat())
            self.post.truth.record([fault])
        else:
            self._send(statement, unknown, moment)

    def _send(self, statement: Statement, unknown: tuple[Entry, ...], moment: datetime) -> None:
        layout = layout_of(self.scenario, statement.currency)
        name = f"{statement.account}-{statement.day:%Y%m%d}.{layout.suffix}"
        self.post.hand_in(
            f"{BANKS}/{bank_name(statement.currency)}/{name}",
            layout.write(statement),
            moment,
            planted=[
                Planted(
                    "bank_credit_unknown",
                    "BANK_CREDIT_UNKNOWN",
                    f"{statement.account}:{entry.ref}",
                    statement.day.isoformat(),
                )
                for entry in unknown
            ],
            may_cut=False,
        )


def payments_in(
    scenario: Scenario, currency: str, day: date, takings: Takings
) -> tuple[Entry, ...]:
    """What the gateways' payouts are booked as on a business day."""
    announced = previous_business_day(day)
    entries: list[Entry] = []
    for gateway in scenario.gateways:
        before = previous_business_day(announced)
        today = _payouts(scenario, gateway, currency, announced, takings)
        held = _payouts(scenario, gateway, currency, before, takings)
        late = [payout for payout in held if waits(scenario, payout)]
        prompt = [payout for payout in today if not waits(scenario, payout)]
        if late:
            entries += _booked(scenario, day, [*late, *prompt])
        else:
            for payout in prompt:
                entries += _arrived(scenario, day, payout)
    return tuple(entries)


def _payouts(
    scenario: Scenario, gateway: GatewayKind, currency: str, day: date, takings: Takings
) -> list[Payout]:
    batch, _ = batch_of(scenario, gateway, day, takings(gateway, day))
    return [one for one in payouts_of(scenario, gateway, batch) if one.currency == currency]


def _arrived(scenario: Scenario, day: date, payout: Payout) -> list[Entry]:
    amount = payout.amount_minor
    match way_of(scenario, payout):
        case "missing":
            return []
        case "short":
            charge = min(amount - 1, max(1, amount // 100))
            return _booked(scenario, day, [payout], [amount - charge])
        case "in_two":
            return _booked(scenario, day, [payout], [amount // 3 or 1, amount - (amount // 3 or 1)])
        case "unreferenced":
            return _booked(scenario, day, [payout], said="settlement")
    return _booked(scenario, day, [payout])


def _booked(
    scenario: Scenario,
    day: date,
    payouts: list[Payout],
    amounts: list[int] | None = None,
    said: str = "",
) -> list[Entry]:
    """The lines of payouts that come together: one, or one for each of the amounts."""
    first = payouts[0]
    text = said or " ".join(payout.ref for payout in payouts)
    rng = chance(scenario.seed, "booked", first.ref, day)
    sums = amounts or [sum(payout.amount_minor for payout in payouts)]
    party = PAYERS[first.gateway]
    return [Entry(letters_and_digits(rng, 3), amount, party, _plain(text)) for amount in sums]


def _plain(text: str) -> str:
    """Text as banks carry it: without the signs that a layout needs for itself."""
    return text.replace(",", " ").replace("/", " ").replace(":", " ")


def unknown_credits(scenario: Scenario, currency: str, day: date) -> tuple[Entry, ...]:
    """A credit that looks like a gateway's payout, and that no gateway announced."""
    rng = chance(scenario.seed, "unknown credit", currency, day)
    if rng.random() >= scenario.faults.bank_credit_unknown:
        return ()
    payer = PAYERS[pick(rng, scenario.gateways)]
    text = f"payout {letters_and_digits(rng, 2)}"
    return (Entry(letters_and_digits(rng, 3), rng.randint(10_000, 900_000), payer, text),)


def everyday(scenario: Scenario, currency: str, day: date) -> tuple[Entry, ...]:
    """What else happens on an account: a customer pays an invoice, the bank takes its charge."""
    rng = chance(scenario.seed, "everyday", currency, day)
    customer = f"{pick(rng, FIRST_NAMES)} {pick(rng, LAST_NAMES)}".encode("ascii", "replace")
    invoice = f"invoice {letters_and_digits(rng, 1)}"
    return (
        Entry(letters_and_digits(rng, 3), rng.randint(500, 50_000), customer.decode(), invoice),
        Entry(letters_and_digits(rng, 3), -rng.randint(1, 400), "The bank", "account charge"),
    )
