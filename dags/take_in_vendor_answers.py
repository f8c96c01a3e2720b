"""Take in vendors' answers and carriers' tracking

**What.** Fetches what is new in vendors' and carriers' folders: what vendors' systems say of our
purchase orders (997, CONTRL), then acknowledgements and rejections, shipments, tracking. The last
word of a vendor on a line counts; a shipment that comes before its acknowledgement waits for it; a
parcel's state is the fold of its events in the order of their time.

Each run looks at the vendors that have open or recent orders, or sent a file lately; those whose
folders nobody has seen for a day are looked at too.

**Reads.** Files of the feeds RECEIPT, ACKNOWLEDGEMENT, SHIPMENT and TRACKING (`partner_feed`), one
row per message, order line, shipped line or event.

**Writes.** `source_file`, `vendor_receipt`, `vendor_answer`, `shipment_line`, `parcel`,
`tracking_event`, the states of `vendor_order` and `parcel`, `quarantine`, `run_summary`; announces
the asset `vendor_answers`.

**When it fails.** The log names the partner that cannot be reached; the other chunks and the
tracking go on. A file that is damaged fails no task: it is refused whole, with an exception, and
waits for a better copy. A bad row is in `quarantine`: correct it with `tieout quarantine correct`.

**To run it again.** Clear any task at any time: a file is known by its hash, an event by its
content.
"""

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Asset, task

from tieout.kernel.flow import AS_OF, flow_dag

VENDOR_ANSWERS = Asset("vendor_answers")


@flow_dag(__doc__, schedule="15 * * * *", tags=["vendors", "hourly"])
def take_in_vendor_answers():
    @task
    def list_vendors(as_of: str) -> list[dict]:
        from tieout.fulfilment.tasks import answer_chunks

        return answer_chunks(as_of=as_of)

    @task(
        outlets=[VENDOR_ANSWERS],
        map_index_template="{{ task.op_kwargs['chunk']['label'] }}",
        multiple_outputs=False,
    )
    def take_in_answers(chunk: dict, as_of: str, *, outlet_events) -> dict:
        from tieout.fulfilment.tasks import take_in_answers

        outlet_events[VENDOR_ANSWERS].extra = {"as_of": as_of}
        return take_in_answers(chunk=chunk, as_of=as_of)

    @task(outlets=[VENDOR_ANSWERS], trigger_rule="all_done", multiple_outputs=False)
    def take_in_tracking(as_of: str, *, outlet_events) -> dict:
        from tieout.fulfilment.tasks import take_in_tracking

        outlet_events[VENDOR_ANSWERS].extra = {"as_of": as_of}
        return take_in_tracking(as_of=as_of)

    answers = take_in_answers.partial(as_of=AS_OF).expand(chunk=list_vendors(AS_OF))
    answers >> [take_in_tracking(AS_OF), EmptyOperator(task_id="every_vendor_well")]


take_in_vendor_answers()
