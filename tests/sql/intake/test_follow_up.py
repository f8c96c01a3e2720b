"""What follows from a paid order, against real servers: mails, accounts, and their failures."""

import email
import email.policy
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import text

from tests.sql.intake.entries import entry, set_up
from tieout.exceptions.tasks import raise_exceptions
from tieout.exchange.feeds import PartnersNotReached
from tieout.exchange.notices import UnknownNature, reword
from tieout.exchange.partners import load_products
from tieout.intake import capture, tasks
from tieout.kernel.audit import Decision
from tieout.kernel.database import transaction
from tieout.kernel.settings import settings
from tieout.world.accounts import Accounts, accounts
from tieout.world.mailbox import mailbox
from tieout.world.partners import write_connections

AS_OF = datetime(2026, 3, 2, 6, tzinfo=UTC)
LATER = AS_OF + timedelta(hours=2)
LINES = [("A-1", 1, 1000), ("NET", 1, 500)]


@pytest.fixture
def server(case_url: str, tmp_path: Path) -> Iterator[Accounts]:
    set_up(case_url, tmp_path / "spool")
    service = {
        "sku": ["NET"], "description": ["Line"], "vendor_id": [""], "kind": ["SERVICE"],
        "accounts": ["MAIL_BOX,DIRECTORY"],
    }  # fmt: skip
    with transaction(case_url, actor="test") as connection:
        load_products(connection, pa.table(service))
    with accounts(tmp_path / "accounts.sqlite") as known, mailbox(tmp_path / "mail") as mail:
        connections = {"accounts": known.connection(), "smtp": mail.connection()}
        write_connections(settings().connections_file, connections)
        yield known


def order(url: str, folder: Path, number: int, **over: object) -> None:
    over = {"customer_email": f"ann{number}@example.org"} | over
    assert capture.capture(url, folder / "spool", entry(number, LINES, **over)) is None


def take_in(as_of: datetime = AS_OF) -> tuple[dict[str, int], dict[str, int]]:
    tasks.validate_entries(as_of=as_of)
    tasks.normalise_orders(as_of=as_of)
    return tasks.open_accounts(as_of=as_of), tasks.send_notices(as_of=as_of)


def subjects(folder: Path) -> list[str]:
    """The subjects of the mails that came, with whom they were for."""
    mails = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in (folder / "mail").glob("*.eml")
    ]
    return sorted(f"{mail['To']}: {mail['Subject']}" for mail in mails)


def values(url: str, query: str) -> list[object]:
    with transaction(url, actor="test") as connection:
        return list(connection.execute(text(query)).scalars())


def test_a_paid_order_is_told_once_and_its_accounts_are_opened_once(
    case_url: str, tmp_path: Path, server: Accounts
) -> None:
    order(case_url, tmp_path, 1)
    order(case_url, tmp_path, 2, payments=[], customer_email="unpaid@example.org")
    order(case_url, tmp_path, 3, customer_email="Ann <x@example.org>, y@example.org")
    opened, told = take_in()
    assert (opened["applied"], told["applied"]) == (4, 1)
    assert take_in()[0]["read"] == take_in(LATER)[1]["read"] == 0
    assert subjects(tmp_path) == ["ann1@example.org: Your order R-1"]
    paths = [f"/{folder}/{ref}" for folder in ("directory", "mail-boxes") for ref in ("R-1", "R-3")]
    assert server.opened() == [(path, 1) for path in paths]


def test_an_account_that_fails_flags_the_order_and_loses_nothing(
    case_url: str, tmp_path: Path, server: Accounts
) -> None:
    server.switch("refuse")
    order(case_url, tmp_path, 1)
    opened, told = take_in()
    assert (opened["quarantined"], told["applied"]) == (2, 3)
    assert values(case_url, "SELECT status FROM sales_order") == ["VERIFIED"]
    assert subjects(tmp_path) == [
        "ann1@example.org: Your order R-1",
        "staff@localhost: [Tieout] DIRECTORY of order R-1 is not open",
        "staff@localhost: [Tieout] MAIL_BOX of order R-1 is not open",
    ]
    raise_exceptions(as_of=AS_OF)
    cases = "SELECT code || ' ' || subject FROM exception_case WHERE status = 'OPEN' ORDER BY 1"
    assert values(case_url, cases) == [
        "ACCOUNT_NOT_OPEN R-1:DIRECTORY", "ACCOUNT_NOT_OPEN R-1:MAIL_BOX",
    ]  # fmt: skip
    server.switch("none")
    assert take_in(LATER)[0]["applied"] == 2
    raise_exceptions(as_of=LATER)
    assert values(case_url, cases) == []
    assert len(subjects(tmp_path)) == 3


@pytest.mark.parametrize("switch", ["hang up after", "break before", "break after"])
def test_an_account_without_an_answer_is_asked_for_before_it_is_opened_again(
    case_url: str, tmp_path: Path, server: Accounts, switch: str
) -> None:
    server.switch(switch)
    order(case_url, tmp_path, 1)
    assert take_in()[0]["deferred"] == 2
    server.switch("none")
    assert take_in(LATER)[0]["applied"] == 2
    assert server.opened() == [("/directory/R-1", 1), ("/mail-boxes/R-1", 1)]


def test_servers_that_are_out_hold_up_no_order(case_url: str, tmp_path: Path) -> None:
    set_up(case_url, tmp_path / "spool")
    order(case_url, tmp_path, 1, sku="A-1", order_total_minor=1500)
    tasks.validate_entries(as_of=AS_OF)
    tasks.normalise_orders(as_of=AS_OF)
    with pytest.raises(PartnersNotReached):
        tasks.send_notices(as_of=AS_OF)
    assert values(case_url, "SELECT status FROM sales_order") == ["VERIFIED"]
    with mailbox(tmp_path / "mail") as mail:
        write_connections(settings().connections_file, {"smtp": mail.connection()})
        assert tasks.send_notices(as_of=LATER)["applied"] == 1


def test_subjects_are_configured_by_nature_and_audience(
    case_url: str, tmp_path: Path, server: Accounts
) -> None:
    decision = Decision("ann", "test", AS_OF)
    with transaction(case_url, actor="test") as connection:
        reword(connection, ("NEW_ORDER", "CUSTOMER"), decision, subject="Danke: $order_ref")
        reword(connection, ("NEW_ORDER", "STAFF"), decision, active=True)
    with (
        transaction(case_url, actor="test") as connection,
        pytest.raises(UnknownNature, match="order_ref"),
    ):
        reword(connection, ("NEW_ORDER", "CUSTOMER"), decision, subject="$password")
    order(case_url, tmp_path, 1)
    take_in()
    assert subjects(tmp_path) == [
        "ann1@example.org: Danke: R-1", "staff@localhost: [Tieout] New order R-1",
    ]  # fmt: skip
