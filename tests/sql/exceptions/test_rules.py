"""All rules together."""

from tests.sql.books import add, at, rows
from tests.sql.exceptions.offences import refused
from tieout.exceptions.registry import rules
from tieout.exceptions.runner import find_offences
from tieout.exceptions.tasks import raise_exceptions
from tieout.kernel.database import fetch, transaction

CASES = "SELECT code, subject, status FROM exception_case ORDER BY exception_case_id"


def test_an_instant_before_the_last_run_does_nothing(url: str) -> None:
    raise_exceptions(as_of=at(5))
    add(url, source_file=[refused(2, "a.csv")])
    assert raise_exceptions(as_of=at(4)) == {"superseded_by": at(5).isoformat()}
    assert rows(url, CASES) == []


def test_every_rule_says_what_to_do_and_all_run_on_an_empty_database(url: str) -> None:
    with transaction(url, actor="test") as connection:
        find_offences(connection, rules(), at(3))
        assert fetch(connection, "exceptions/run/digest_counts") == []
    assert all(rule.remedy.endswith(".") and rule.purpose.endswith(".") for rule in rules())
