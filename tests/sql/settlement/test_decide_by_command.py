"""`tieout settlement`: decisions from the command line, as an operator gives them."""

import pytest

from tests.sql.books import add, at, line, open_books, payment, rows
from tieout.cli.main import main
from tieout.settlement.tasks import reconcile

WHY = ["--reason", "the gateway said so"]


@pytest.fixture
def url(case_url: str) -> str:
    """P1 is matched with line 1 as match 1; P2 and line 9 are open."""
    open_books(case_url)
    add(
        case_url,
        payment=[payment(1), payment(2)],
        settlement_line=[line(1), line(9, gross_minor=900)],
    )
    reconcile(as_of=at(4))
    return case_url


def test_an_operator_decides(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    def says(*words: str) -> str:
        assert main(["settlement", *words]) == 0
        return capsys.readouterr().out.strip()

    tie = ["match", "--payment", "P2", "--line", "9"]
    assert main(["settlement", *tie, *WHY]) == 2
    assert "-100 minor units more" in capsys.readouterr().err
    told = says(*tie, "--write-off-variance", *WHY, "--actor", "olive")
    assert told == "write-off 1 waits for another person to approve it"
    assert "by olive: variance of P2, line:9" in says("waiting")
    assert says("approve", "1", *WHY, "--actor", "paul") == "match 2, write-off 1"
    assert says("unmatch", "2", *WHY) == "unmatch: 2"
    assert says("write-off", "--line", "9", *WHY, "--actor", "olive").startswith(
        "write-off 2 waits"
    )
    assert says("reject", "2", *WHY) == "reject: 2"
    assert says("waiting") == "0 waiting"
    assert says("close", "2026-03-04", "2026-03-04", *WHY) == "close: 2026-03-04 to 2026-03-04"
    assert main(["settlement", "unmatch", "1", *WHY]) == 2
    assert "reopen-period" in capsys.readouterr().err
    says("lock", "2026-03-04", "2026-03-04", *WHY)
    assert says("periods").startswith("2026-03-04 to 2026-03-04 LOCKED the gateway said so")
    assert rows(url, "SELECT count(*) FROM audit_log") == [(8,)]
