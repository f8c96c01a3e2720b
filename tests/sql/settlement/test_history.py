"""A past business date stays as it was known then, whatever comes later."""

import pytest

from tests.sql.books import add, at, line, open_books, payment, rows, source_file
from tests.sql.harness import load
from tieout.cli.main import main
from tieout.kernel.audit import Decision
from tieout.kernel.database import transaction
from tieout.settlement import decisions, history
from tieout.settlement.tasks import reconcile

LEFT = """
    SELECT side, gateway, currency::text, sum(open_count + exception_count)::int,
           sum(open_minor + exception_minor)::int
      FROM settlement_proof WHERE business_date = '{day}'
     GROUP BY 1, 2, 3 HAVING sum(open_count + exception_count) > 0 ORDER BY 1
"""
OPEN = """
    SELECT side || 's', gateway, currency::text, count(*), sum(amount_minor)::int
      FROM settlement_open_as_of('{day}') GROUP BY 1, 2, 3 ORDER BY 1
"""


@pytest.fixture
def url(case_url: str) -> str:
    open_books(case_url)
    rows(case_url, "UPDATE gateway_account SET write_off_limit_minor = 9999 RETURNING 1")
    return case_url


def known(url: str, day: int) -> list[list[tuple]]:
    with transaction(url, actor="test") as connection:
        return [
            [tuple(row.values()) for row in history.listed(connection, what, at(day).date())]
            for what in history.LISTS
        ]


def decide(url: str, what, *args, day: int, **named) -> None:
    with transaction(url, actor="test") as connection:
        what(connection, *args, Decision("olive", "so it is", at(day, 9)), **named)


def a_week(url: str) -> list[list[list[tuple]]]:
    """Five dates with a late line, an un-match, write-offs, a chargeback and its reversal; what
    was known at the end of each."""
    add(
        url,
        payment=[payment(1), payment(2), payment(3, kind="refund", amount_minor=70)],
        settlement_line=[
            line(1),
            line(5, kind="chargeback", gateway_ref="X", order_ref=None, gross_minor=-20),
            line(6, kind="fee", gateway_ref=None, order_ref=None, gross_minor=-3),
            line(9),
        ],
    )
    seen = []
    for day in (4, 5, 6, 9, 10):
        if day == 5:
            decide(url, decisions.unmatch, 1, day=5)
        if day == 6:
            load(url, {"source_file": [source_file(2, "late.csv", received_at=at(6, 6))]})
            other = {"source_file_id": 2, "gateway_ref": "X", "order_ref": None}
            add(
                url,
                settlement_line=[
                    line(2, source_file_id=2),
                    line(7, kind="chargeback_reversal", gross_minor=20, **other),
                ],
            )
        if day == 9:
            decide(url, decisions.write_off, day=8, line_id=9)
        if day == 10:
            decide(url, decisions.reopen, 1, day=10)
        reconcile(as_of=at(day))
        seen.append(known(url, day))
    return seen


def test_each_day_stays_as_it_was_known(url: str) -> None:
    seen = a_week(url)
    assert [known(url, day) for day in (4, 5, 6, 9, 10)] == seen
    assert len({str(one) for one in seen}) == 4  # reopening brings back what was
    assert known(url, 8) == seen[2]


def test_what_was_open_is_what_the_proof_of_the_day_counted(url: str) -> None:
    a_week(url)
    for day in (4, 5, 6, 9, 10):
        counted = rows(url, LEFT.format(day=at(day).date()))
        assert counted
        assert rows(url, OPEN.format(day=at(day).date())) == counted


def test_the_command_shows_sums_or_rows(url: str, capsys, tmp_path) -> None:
    a_week(url)
    assert main(["settlement", "as-of", "2026-03-05"]) == 0
    shown = capsys.readouterr().out
    assert "as of 2026-03-05" in shown
    assert "SETTLED_NO_ORDER" in shown
    out = tmp_path / "matches.csv"
    assert main(["settlement", "as-of", "2026-03-04", "--list", "matches", "--out", str(out)]) == 0
    assert out.read_text(encoding="utf-8").splitlines()[1:] == [
        "1,2026-03-04,exact_reference,run,P1,1,EUR,1000,0"
    ]
    assert main(["settlement", "as-of", "2026-03-01"]) == 2
    assert "Nothing was reconciled up to 2026-03-01" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["csv", "beancount"])
def test_the_journal_command_writes_a_file_whole_or_not_at_all(
    url: str, capsys, tmp_path, form: str
) -> None:
    a_week(url)
    out = tmp_path / "journal"
    asked = ["settlement", "journal", "--format", form, "--out", str(out)]
    assert main([*asked, "--to", "2026-03-11"]) == 2
    assert "settled up to 2026-03-10" in capsys.readouterr().err
    assert list(tmp_path.glob("*journal*")) == []
    assert main([*asked, "--from", "2026-03-05"]) == 0
    assert main(asked[:-2]) == 0
    assert "match" in capsys.readouterr().out
    rows(url, "UPDATE payment SET amount_minor = 5 WHERE payment_id = 1 RETURNING 1")
    before = out.read_bytes()
    assert main(asked) == 2
    assert "and the proof has" in capsys.readouterr().err
    assert out.read_bytes() == before
