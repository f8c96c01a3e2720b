"""The warehouse: tells each business morning what it received of the shop's own articles."""

from datetime import UTC, datetime, time, timedelta

from tieout.world.catalogue import sku_name
from tieout.world.chance import chance
from tieout.world.ledger import Ledger, Planted
from tieout.world.post import Post
from tieout.world.scenario import WORKDAYS, Scenario
from tieout.world.tables import FIRST_ROW_LINE, write_tagged

WAREHOUSE, MOVEMENTS, REPORT = "warehouse", "movements", time(6)
COLUMNS = (
    *("document_no", "document_line", "kind", "sku", "quantity", "order_ref", "order_line_no"),
    *("warehouse", "occurred_at"),
)
UNKNOWN = "NOT-OURS"


class Warehouse:
    """Writes one file of receipts each business day, as long as orders come in."""

    def __init__(self, scenario: Scenario, ledger: Ledger, post: Post) -> None:
        self.scenario, self.ledger, self.post = scenario, ledger, post

    def advance(self, until: datetime) -> None:
        """Report the mornings that have passed."""
        start = datetime.combine(self.scenario.first_day, time(0), UTC)
        since = self.ledger.until("warehouse", start)
        for offset in range((until.date() - since.date()).days + 1):
            moment = datetime.combine(since.date() + timedelta(days=offset), REPORT, UTC)
            if since < moment <= until and WORKDAYS.is_business(moment.date()):
                self._report(moment)
        self.ledger.mark("warehouse", max(since, until))

    def _report(self, moment: datetime) -> None:
        if not self.scenario.own_skus or moment.date() > self.scenario.order_days[-1]:
            return
        control = f"{moment:%Y%m%d}"
        name = f"STOCK_{WAREHOUSE}_{control}.csv"
        rng = chance(self.scenario.seed, "warehouse", control)
        skus = [sku_name(number) for number in range(self.scenario.own_skus)]
        planted = []
        if rng.random() < self.scenario.faults.unknown_receipt:
            subject = f"file:{name}:{FIRST_ROW_LINE + len(skus)}"
            day = moment.date().isoformat()
            planted = [Planted("unknown_receipt", "ROW_REJECTED", subject, day)]
            skus.append(UNKNOWN)
        rows = [
            [f"GR-{control}", line, "receipt", sku, rng.randint(1, self.scenario.received), "", "",
             WAREHOUSE, f"{moment:%Y-%m-%dT%H:%M:%SZ}"]
            for line, sku in enumerate(skus, 1)
        ]  # fmt: skip
        body = write_tagged("tieout-stock-movement-1", control, WAREHOUSE, moment, COLUMNS, rows)
        self.post.hand_in(f"{WAREHOUSE}/{MOVEMENTS}/{name}", body, moment, planted=planted)
