"""Take in payouts and bank statements

**What.** Fetches each gateway's new payout files and each bank's new statements (camt, MT940, BAI2,
OFX, sheets). A statement whose balances do not tie with its lines is refused whole; a line that an
earlier statement had already counts once.

**Reads.** Files of the feeds PAYOUT and BANK_STATEMENT (`partner_feed`), one row per payout or bank
line.

**Writes.** `source_file`, `payout_report`, `bank_statement`, `bank_line`, `quarantine`,
`run_summary`; announces the asset `bank_statements`.

**When it fails.** The log names the partner that cannot be reached. A refused file is an exception
(FILE_REFUSED); ask for a better copy, it loads by itself. A statement that is missing shows as
BANK_STATEMENT_GAP once the next one is in.

**To run it again.** Clear any task at any time: a file is known by its hash.
"""

from airflow.sdk import Asset, task

from tieout.kernel.flow import AS_OF, flow_dag

BANK_STATEMENTS = Asset("bank_statements")


@flow_dag(__doc__, schedule="45 * * * *", tags=["settlement", "hourly"])
def take_in_payouts():
    @task(multiple_outputs=False)
    def take_in_payouts(as_of: str) -> dict:
        from tieout.settlement.payout_tasks import take_in_payouts

        return take_in_payouts(as_of=as_of)

    @task(outlets=[BANK_STATEMENTS], multiple_outputs=False)
    def take_in_bank_statements(as_of: str, *, outlet_events) -> dict:
        from tieout.settlement.payout_tasks import take_in_bank_statements

        outlet_events[BANK_STATEMENTS].extra = {"as_of": as_of}
        return take_in_bank_statements(as_of=as_of)

    take_in_payouts(AS_OF)
    take_in_bank_statements(AS_OF)


take_in_payouts()
