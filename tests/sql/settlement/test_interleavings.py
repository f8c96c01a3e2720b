"""Whatever people and runs do, in any order: the proof adds up, and nothing is matched twice."""

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tests.sql.books import DRIFTED, add, at, line, open_books, payment, rows, source_file
from tests.sql.harness import load
from tests.sql.settlement.test_decisions import decide, limit
from tieout.kernel.audit import Decision
from tieout.settlement import decisions
from tieout.settlement.decisions import SettlementDecisionError
from tieout.settlement.tasks import reconcile

TWICE = """
    SELECT payment_id FROM settlement_match WHERE undone_at IS NULL
     GROUP BY payment_id HAVING count(DISTINCT match_no) > 1
     UNION ALL
    SELECT settlement_line_id FROM settlement_match WHERE undone_at IS NULL
     GROUP BY settlement_line_id HAVING count(DISTINCT match_no) > 1
     UNION ALL
    SELECT m.payment_id FROM settlement_match AS m JOIN settlement_write_off AS w
        ON w.payment_id = m.payment_id OR w.settlement_line_id = m.settlement_line_id
     WHERE m.undone_at IS NULL AND w.status = 'WRITTEN_OFF'
     UNION ALL
    SELECT m.payment_id FROM settlement_match AS m JOIN settlement_ban AS b
        ON b.payment_id = m.payment_id AND b.settlement_line_id = m.settlement_line_id
     WHERE m.undone_at IS NULL
"""
UNEQUAL = """
    SELECT m.match_no FROM settlement_match AS m WHERE m.undone_at IS NULL GROUP BY m.match_no
    HAVING sum(m.amount_minor) <> (
        SELECT sum(p.amount_minor) FROM payment AS p
         WHERE p.payment_id = any(array_agg(m.payment_id)))
        OR sum(m.amount_minor + m.variance_minor) <> (
        SELECT sum(l.gross_minor) FROM settlement_line AS l
         WHERE l.settlement_line_id = any(array_agg(m.settlement_line_id)))
"""
OPEN_PAYMENTS = """
    SELECT p.payment_ref, p.amount_minor FROM payment AS p
     WHERE p.first_reconciled_on IS NOT NULL
       AND NOT EXISTS (SELECT FROM settlement_match AS m
                        WHERE m.payment_id = p.payment_id AND m.undone_at IS NULL)
       AND NOT EXISTS (SELECT FROM settlement_write_off AS w
                        WHERE w.payment_id = p.payment_id AND w.status = 'WRITTEN_OFF')
     ORDER BY p.payment_id
"""
OPEN_LINES = """
    SELECT l.settlement_line_id, l.gross_minor FROM settlement_line AS l
     WHERE l.first_reconciled_on IS NOT NULL
       AND NOT EXISTS (SELECT FROM settlement_match AS m
                        WHERE m.settlement_line_id = l.settlement_line_id AND m.undone_at IS NULL)
       AND NOT EXISTS (SELECT FROM settlement_write_off AS w
                        WHERE w.settlement_line_id = l.settlement_line_id
                          AND w.status = 'WRITTEN_OFF')
     ORDER BY l.settlement_line_id
"""
WRITE_OFFS = """
    SELECT settlement_write_off_id FROM settlement_write_off WHERE status = '{}' ORDER BY 1
"""
LEFT = """
    SELECT side, sum(exception_count + open_count)::bigint,
           sum(exception_minor + open_minor)::bigint
      FROM settlement_proof WHERE business_date = (SELECT max(business_date) FROM settlement_run)
     GROUP BY side ORDER BY side
"""

HISTORY = """
    WITH left_open AS (
        SELECT business_date, side, exception_count + open_count AS entries,
               exception_minor + open_minor AS minor
          FROM settlement_proof
         UNION ALL
        SELECT r.business_date, i.side || 's', -1, -i.amount_minor
          FROM settlement_run AS r, settlement_open_as_of(r.business_date) AS i
    )
    SELECT business_date, side, sum(entries), sum(minor) FROM left_open GROUP BY 1, 2
    HAVING sum(entries) <> 0 OR sum(minor) <> 0
"""
"""Business dates of which what was open, as told later, is not what their proof left."""


class Books:
    """Books to which a random person, gateway and scheduler do things."""

    def __init__(self, url: str, seed: int) -> None:
        self.url, self.rng = url, random.Random(seed)
        self.day, self.next = 3, 1
        open_books(url)
        limit(url, 500)

    def pick(self, query: str) -> Any:
        found = rows(self.url, query)
        return self.rng.choice(found)[0] if found else None

    def decide(
        self, what: Callable[..., Any], *args: Any, actor: str = "olive", **named: Any
    ) -> None:
        decision = Decision(actor, "because", at(self.day, 20))
        with suppress(SettlementDecisionError):
            decide(self.url, what, *args, decision, **named)

    def arrive(self) -> None:
        """Some payments, and files with lines of some payments, of others and of nobody's."""
        number = self.next
        amounts = [self.rng.choice([300, 400, 700, 1000]) for _ in range(3)]
        add(
            self.url,
            payment=[
                payment(number + n, amount_minor=amount, captured_at=at(2))
                for n, amount in enumerate(amounts)
            ],
        )
        file = source_file(number + 100, f"{number}.csv", received_at=at(self.day, 6))
        load(self.url, {"source_file": [file]})
        for n in range(4):
            of = self.rng.randint(1, number + 4)
            gross = self.rng.choice([300, 400, 700, 1000])
            new = line(number + n, of=of, gross_minor=gross, source_file_id=number + 100)
            add(self.url, settlement_line=[new])
        self.next += 4

    def unmatch(self) -> None:
        if number := self.pick(
            "SELECT match_no FROM settlement_match WHERE undone_at IS NULL ORDER BY 1"
        ):
            self.decide(decisions.unmatch, number)

    def match(self) -> None:
        ref, lines = self.pick(OPEN_PAYMENTS), [row[0] for row in rows(self.url, OPEN_LINES)]
        if ref and lines:
            several = self.rng.sample(lines, min(len(lines), self.rng.choice([1, 1, 2])))
            self.decide(decisions.match, [ref], several, write_off_variance=True)

    def bundle(self) -> None:
        refs, number = [row[0] for row in rows(self.url, OPEN_PAYMENTS)], self.pick(OPEN_LINES)
        if number and len(refs) > 1:
            self.decide(
                decisions.match, self.rng.sample(refs, 2), [number], write_off_variance=True
            )

    def write_off(self) -> None:
        if ref := self.pick(OPEN_PAYMENTS):
            self.decide(decisions.write_off, payment_ref=ref)

    def write_off_line(self) -> None:
        if number := self.pick(OPEN_LINES):
            self.decide(decisions.write_off, line_id=number)

    def approve(self) -> None:
        if number := self.pick(WRITE_OFFS.format("PROPOSED")):
            self.decide(
                self.rng.choice([decisions.approve, decisions.reject]), number, actor="Paul"
            )

    def reopen(self) -> None:
        if number := self.pick(WRITE_OFFS.format("WRITTEN_OFF")):
            self.decide(decisions.reopen, number)

    def reconcile(self) -> None:
        reconcile(as_of=at(self.day, 22))

    def next_day(self) -> None:
        self.day += self.rng.choice([1, 1, 2])
        self.reconcile()


DEEDS = [
    *(Books.arrive, Books.next_day, Books.reconcile, Books.unmatch, Books.match, Books.bundle),
    *(Books.write_off, Books.write_off_line, Books.approve, Books.reopen),
]


@pytest.mark.parametrize("seed", range(8))
def test_the_proof_adds_up_and_nothing_is_settled_twice(case_url: str, seed: int) -> None:
    books = Books(case_url, seed)
    books.arrive()
    books.reconcile()
    for deed in books.rng.choices(DEEDS, k=20):
        deed(books)
        assert rows(case_url, TWICE) == []
        assert rows(case_url, UNEQUAL) == []
        assert rows(case_url, DRIFTED) == []
    books.next_day()
    left = {side: (count, minor) for side, count, minor in rows(case_url, LEFT)}
    for side, query in (("payments", OPEN_PAYMENTS), ("lines", OPEN_LINES)):
        found = rows(case_url, query)
        assert left.get(side, (0, 0)) == (len(found), sum(minor for _, minor in found))
    assert rows(case_url, HISTORY) == []
