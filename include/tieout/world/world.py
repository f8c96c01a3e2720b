"""The whole outside world, in simulated time: `advance`, and everything due is done."""

from datetime import date, datetime
from pathlib import Path

from tieout.kernel.errors import Place
from tieout.world.bank import BANKS, Banks, bank_name
from tieout.world.carrier import TRACKING, Carrier
from tieout.world.catalogue import vendor_name
from tieout.world.gateways import NOTHING, PAYOUTS, SETTLEMENT, Gateways
from tieout.world.kept_cards import KeptCards
from tieout.world.ledger import Ledger, Truth
from tieout.world.payment_gateway import PaymentGateway
from tieout.world.payouts import currencies_of
from tieout.world.post import Post
from tieout.world.rates import CENTRAL_BANK, FX_RATES, CentralBank
from tieout.world.scenario import CARRIER, Scenario, ScenarioError
from tieout.world.storefront import Storefront, Till
from tieout.world.tongues import tongue_of
from tieout.world.vendors import (
    ANSWERS,
    CONFIRMATIONS,
    ORDERS,
    RECEIPTS,
    SHIPMENTS,
    Vendors,
    account_of,
)
from tieout.world.warehouse import MOVEMENTS, WAREHOUSE, Warehouse

LEDGER, TRUTH, SPOOL, SFTP = "ledger.sqlite", "truth.jsonl", "spool", "sftp"
TILL = "till"
PLAYED = "scenario.json"


class World:
    """Everybody outside in one scenario, from the storefront to the banks, with files in `folder`.

    The world may be killed at any instant and made again: it goes on from its ledger, and advancing
    twice to the same instant adds nothing. Raises ScenarioError when the folder holds the world of
    another scenario.

    `payments` is the gateway that charges kept cards; a scenario without any needs none.
    """

    def __init__(
        self, scenario: Scenario, folder: Path, till: Till, payments: PaymentGateway | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        _remember(scenario, folder / PLAYED)
        self.scenario, self.folder = scenario, folder
        self.ledger, self.truth = Ledger(folder / LEDGER), Truth(folder / TRUTH)
        root = folder / SFTP
        self.post = Post(scenario, root, self.ledger, self.truth)
        self.storefront = Storefront(scenario, folder / SPOOL, self.ledger, self.truth, till)
        self.vendors = Vendors(scenario, root, self.ledger, self.truth, self.post)
        self.carrier = Carrier(scenario, self.ledger, self.post)
        self.warehouse = Warehouse(scenario, self.ledger, self.post)
        self.kept_cards = KeptCards(scenario, payments) if payments else None
        takings = self.kept_cards.settle if self.kept_cards else lambda *_: NOTHING
        self.gateways = Gateways(scenario, self.ledger, self.post, takings)
        self.central_bank = CentralBank(scenario, self.ledger, self.post)
        self.banks = Banks(scenario, self.ledger, self.post, takings)
        for directory in directories(scenario):
            (root / directory).mkdir(parents=True, exist_ok=True)
        (folder / SPOOL).mkdir(exist_ok=True)

    def advance(self, until: datetime) -> None:
        """Let everybody do what is due up to an instant."""
        if self.kept_cards:
            self.kept_cards.advance(until)
        self.storefront.advance(until)
        self.vendors.advance()
        self.warehouse.advance(until)
        self.carrier.advance(until)
        self.gateways.advance(until)
        self.banks.advance(until)
        self.central_bank.advance(until)
        self.post.deliver(until)

    def close(self) -> None:
        """Close the ledger."""
        self.ledger.close()


def directories(scenario: Scenario) -> list[Path]:
    """Every partner's folders below the SFTP server's root; the first part is the account."""
    vendors = [
        Path(account_of(scenario, vendor), vendor_name(vendor), kind)
        for vendor in range(scenario.vendors)
        for kind in _folders(scenario, vendor)
    ]
    gateways = [Path(gateway, SETTLEMENT) for gateway in scenario.gateways]
    payouts = [Path("stripe", PAYOUTS)] if "stripe" in scenario.gateways else []
    banks = [Path(BANKS, bank_name(currency)) for currency in currencies_of(scenario)]
    rates = Path(CENTRAL_BANK, FX_RATES)
    stock = [Path(WAREHOUSE, MOVEMENTS)] if scenario.own_skus else []
    return [*vendors, *stock, Path(CARRIER, TRACKING), *gateways, *payouts, *banks, rates]


def _folders(scenario: Scenario, vendor: int) -> tuple[str, ...]:
    folders = (ORDERS, ANSWERS, SHIPMENTS)
    speaks_edi = tongue_of(scenario, vendor).receipt is not None
    return (*folders, RECEIPTS, CONFIRMATIONS) if speaks_edi else folders


def accounts(scenario: Scenario) -> list[str]:
    """The SFTP accounts of a scenario."""
    return sorted({directory.parts[0] for directory in directories(scenario)})


def business_days(scenario: Scenario) -> tuple[date, date]:
    """The first day of the world, and the day by which everything has come due."""
    return scenario.first_day, scenario.last_due_day


def _remember(scenario: Scenario, file: Path) -> None:
    text = scenario.model_dump_json(indent=2)
    if file.exists() and file.read_text(encoding="utf-8") != text:
        raise ScenarioError(
            "Another scenario was begun here.",
            remedy="Give the scenario another name, or move its folder away.",
            place=Place(str(file.parent)),
        )
    file.write_text(text, encoding="utf-8")
