"""Take in gateways' settlement files

**What.** Fetches each gateway's new settlement files and turns them into canonical settlement
lines; fetches new files of reference rates. A file is taken when it is whole: an Adyen batch sums
to zero, a Stripe report has its `.done` marker. A file that does not tie is refused whole. Once
every gateway's file of the day is in, the asset `settlement_day` starts the reconciliation before
its set time.

**Reads.** Files of the feeds SETTLEMENT (`partner_feed`), one row per gateway transaction, and
FX_RATES, one row per day and pair of currencies.

**Writes.** `source_file`, `settlement_line`, `fx_rate`, `quarantine`, `run_summary`; announces the
assets `settlements` and `settlement_day`.

**When it fails.** The log names the gateway that cannot be reached. A refused file is an exception
(FILE_REFUSED) with what was expected and found; ask the gateway for a better copy, it loads by
itself.

**To run it again.** Clear any task at any time: a file is known by its hash.
"""

from airflow.sdk import Asset, task
from airflow.sdk.exceptions import AirflowSkipException

from tieout.kernel.flow import AS_OF, flow_dag

SETTLEMENTS = Asset("settlements")
SETTLEMENT_DAY = Asset("settlement_day")


@flow_dag(__doc__, schedule="30 * * * *", tags=["settlement", "hourly"])
def take_in_settlements():
    @task
    def list_gateways() -> list[dict]:
        from tieout.settlement.tasks import gateway_chunks

        return gateway_chunks()

    @task(
        outlets=[SETTLEMENTS],
        map_index_template="{{ task.op_kwargs['chunk']['label'] }}",
        multiple_outputs=False,
    )
    def take_in(chunk: dict, as_of: str, *, outlet_events) -> dict:
        from tieout.settlement.tasks import take_in_settlements

        outlet_events[SETTLEMENTS].extra = {"as_of": as_of}
        return take_in_settlements(chunk=chunk, as_of=as_of)

    @task(multiple_outputs=False)
    def take_in_rates(as_of: str) -> dict:
        from tieout.settlement.tasks import take_in_rates

        return take_in_rates(as_of=as_of)

    @task(outlets=[SETTLEMENT_DAY])
    def announce_day(as_of: str, *, outlet_events) -> None:
        from tieout.settlement.tasks import day_is_complete

        if not day_is_complete(as_of=as_of):
            raise AirflowSkipException("A gateway's file of the day is still to come.")
        outlet_events[SETTLEMENT_DAY].extra = {"as_of": as_of}

    take_in_rates(AS_OF)
    take_in.partial(as_of=AS_OF).expand(chunk=list_gateways()) >> announce_day(AS_OF)


take_in_settlements()
