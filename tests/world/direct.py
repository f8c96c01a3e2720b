"""The flows without Airflow: the same functions in the same order, many scenarios quickly."""

from collections.abc import Callable
from datetime import datetime
from typing import Any


def take_in_orders(as_of: datetime) -> None:
    from tieout.intake import tasks

    tasks.take_in_spool(as_of=as_of)
    tasks.validate_entries(as_of=as_of)
    tasks.normalise_orders(as_of=as_of)
    tasks.open_accounts(as_of=as_of)
    tasks.send_notices(as_of=as_of)


def charge_kept_cards(as_of: datetime) -> None:
    from tieout.payments import tasks

    tasks.age_cards(as_of=as_of)
    tasks.charge_due(as_of=as_of)
    tasks.tell_staff(as_of=as_of)


def watch_purchases(as_of: datetime) -> None:
    from tieout.intake.tasks import normalise_orders, validate_entries
    from tieout.purchase import tasks

    tasks.ask_gateways(as_of=as_of)
    if tasks.are_orders_waiting():
        validate_entries(as_of=as_of)
        normalise_orders(as_of=as_of)
    tasks.correct_purchases(as_of=as_of)
    tasks.switch_stores(as_of=as_of)


def certify_day(as_of: datetime) -> None:
    from tieout.purchase import tasks

    tasks.certify_day(as_of=as_of)


def allocate_stock(as_of: datetime) -> None:
    from tieout.stock import tasks

    tasks.take_in_movements(as_of=as_of)
    tasks.take_in_vendor_stock(as_of=as_of)
    tasks.allocate(as_of=as_of)
    tasks.tell_customers(as_of=as_of)


def send_vendor_orders(as_of: datetime) -> None:
    from tieout.fulfilment import tasks

    for chunk in tasks.plan_vendor_orders(as_of=as_of):
        tasks.send_vendor_orders(chunk=chunk, as_of=as_of)
    tasks.mark_ready(as_of=as_of)


def take_in_vendor_answers(as_of: datetime) -> None:
    from tieout.fulfilment import tasks

    for chunk in tasks.answer_chunks(as_of=as_of):
        tasks.take_in_answers(chunk=chunk, as_of=as_of)
    tasks.take_in_tracking(as_of=as_of)


def take_in_settlements(as_of: datetime) -> None:
    from tieout.settlement import tasks

    for chunk in tasks.gateway_chunks():
        tasks.take_in_settlements(chunk=chunk, as_of=as_of)
    tasks.take_in_rates(as_of=as_of)


def reconcile_settlements(as_of: datetime) -> None:
    from tieout.settlement import journal_tasks, tasks

    tasks.reconcile(as_of=as_of)
    journal_tasks.prove_journal(flow="settlement", as_of=as_of)


def take_in_payouts(as_of: datetime) -> None:
    from tieout.settlement import payout_tasks

    payout_tasks.take_in_payouts(as_of=as_of)
    payout_tasks.take_in_bank_statements(as_of=as_of)


def reconcile_payouts(as_of: datetime) -> None:
    from tieout.settlement import journal_tasks, payout_tasks

    payout_tasks.reconcile_payouts(as_of=as_of)
    journal_tasks.prove_journal(flow="payouts", as_of=as_of)


def raise_exceptions(as_of: datetime) -> None:
    from tieout.exceptions import tasks

    tasks.raise_exceptions(as_of=as_of)
    tasks.send_digest(as_of=as_of)


class DirectFlows:
    """Runs a flow by its name, like tieout.world.flows.Flows."""

    def __init__(self, *_: Any) -> None:
        self._flows: dict[str, Callable[[datetime], None]] = {
            flow.__name__: flow
            for flow in (
                *(take_in_orders, allocate_stock, send_vendor_orders, take_in_vendor_answers),
                *(take_in_settlements, reconcile_settlements, take_in_payouts),
                *(reconcile_payouts, raise_exceptions),
                *(charge_kept_cards, watch_purchases, certify_day),
            )
        }

    def run(self, flow: str, as_of: datetime) -> int:
        """Run a flow; quality checks are left to the tests that run Airflow."""
        if flow in self._flows:
            self._flows[flow](as_of)
        return 1
