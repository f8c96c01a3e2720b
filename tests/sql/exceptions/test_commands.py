"""What people read: the digest, `tieout explain`, `tieout status`."""

import hashlib
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.sql.books import add, at, line, open_books, payment, rows, source_file
from tests.sql.conftest import Made, made
from tests.sql.harness import load
from tieout.cli.main import main
from tieout.exceptions.digest import plan_digest
from tieout.exceptions.tasks import raise_exceptions, send_digest
from tieout.exchange.unloaded import accept_unbalanced_file
from tieout.kernel import archive
from tieout.kernel.audit import Decision
from tieout.kernel.database import transaction
from tieout.kernel.postgres import PostgresServer
from tieout.settlement.tasks import reconcile


@pytest.fixture(scope="module")
def with_a_case(
    pg_server: PostgresServer,
    migrated_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Made]:
    with made(pg_server, migrated_template, tmp_path_factory.mktemp("case"), fill) as books:
        yield books


@pytest.fixture
def url(with_a_case: Made, tmp_path: Path) -> Iterator[str]:
    """A payment and its duplicate settlement, whose file is in the archive."""
    with with_a_case.copy(tmp_path) as copy:
        yield copy


def fill(url: str) -> None:
    open_books(url)
    body = b"head\nfirst,4111111111111111\nsecond\n"
    sha256 = archive.put(body)
    assert sha256 == hashlib.sha256(body).hexdigest()
    load(url, {"source_file": [source_file(2, "stl-2.csv", sha256=sha256)]})
    add(
        url,
        payment=[payment(1)],
        settlement_line=[
            line(1, source_file_id=2, file_line=2),
            line(2, of=1, source_file_id=2, file_line=3),
        ],
    )
    reconcile(as_of=at(4))
    raise_exceptions(as_of=at(4))


@pytest.mark.parametrize("ref", ["O1", "P1", "G1", "line:2", "case:1", "case:2"])
def test_explain_tells_the_story_down_to_the_raw_line(url: str, capsys, ref: str) -> None:
    assert main(["explain", ref]) == 0
    told = capsys.readouterr().out
    assert "payment P1 captured by card through adyen as G1, 10.00 EUR" in told
    assert "payment P1 matched with line:1 by exact reference (match:1), 10.00 EUR" in told
    assert "DUPLICATE_SETTLEMENT P1 is OPEN" in told
    assert "from stl-2.csv, line 3, sha256 " in told
    assert "| second" in told
    assert "| first,************1111" in told


def test_explain_says_that_a_person_accepted_a_file_that_does_not_tie(url: str, capsys) -> None:
    problem = {"reason": "control-total", "expected": "sum 9.00", "found": "10.00"}
    sha256 = archive.put(b"head\nthird\n")
    refused = source_file(3, "stl-3.csv", status="REFUSED", problem=problem, sha256=sha256)
    load(url, {"source_file": [refused]})
    with transaction(url, actor="test") as connection:
        accept_unbalanced_file(connection, 3, Decision("olive", "the bank proved it", at(4)))
    add(url, settlement_line=[line(3, of=1, source_file_id=3, file_line=2)])
    assert main(["explain", "line:3"]) == 0
    told = capsys.readouterr().out
    assert "in a file that does not tie, accepted by olive (the bank proved it)" in told


def test_explain_tells_what_people_did_to_a_match(url: str, capsys) -> None:
    who = ["--reason", "the gateway said so", "--actor", "olive"]
    assert main(["settlement", "unmatch", "1", *who]) == 0
    assert main(["settlement", "match", "--payment", "P1", "--line", "2", *who]) == 0
    assert main(["explain", "P1"]) == 0
    told = capsys.readouterr().out
    assert "payment P1 parted from line:1 by olive: the gateway said so" in told
    assert "payment P1 matched with line:2 by hand (match:2)" in told


def test_explain_says_when_nothing_is_known(url: str, capsys) -> None:
    assert main(["explain", "nobody"]) == 2
    assert "Nothing is known about 'nobody'." in capsys.readouterr().err


def test_status_shows_runs_cases_files_and_proof(url: str, capsys) -> None:
    assert main(["status"]) == 0
    shown = capsys.readouterr().out
    assert "reconcile_settlements  reconcile" in shown
    assert "DUPLICATE_SETTLEMENT" in shown
    assert "SETTLEMENT  LOADED" in shown
    assert "payments  adyen" in shown


def test_the_digest_of_a_day_is_one_mail_whose_counts_are_those_of_the_cases(url: str) -> None:
    with transaction(url, actor="test") as connection:
        first = plan_digest(connection, at(4))
    add(url, source_file=[source_file(9, "x.csv", status="REFUSED")])
    raise_exceptions(as_of=at(4, 20))
    with transaction(url, actor="test") as connection:
        assert plan_digest(connection, at(4, 20)) == first
        assert plan_digest(connection, at(5)) != first
    ((sha256,),) = rows(url, f"SELECT sha256 FROM effect WHERE effect_id = {first}")
    message = message_from_bytes(archive.get(sha256), policy=policy.default)
    assert message["Subject"] == "[Tieout] 2026-03-04: 2 open exceptions"
    mail = message.get_content()
    assert "2 open, 0 acked, 0 snoozed, 0 suppressed, 0 pending." in mail
    assert "1 open; 10.00 EUR" in mail
    assert "DUPLICATE_SETTLEMENT P1 (adyen, 10.00 EUR, since 2026-03-03)" in mail


def test_a_day_that_is_past_gets_no_digest_of_today(url: str) -> None:
    raise_exceptions(as_of=at(5))
    assert send_digest(as_of=at(4))["read"] == 0
    assert rows(url, "SELECT count(*) FROM effect WHERE kind = 'MAIL'") == [(0,)]
