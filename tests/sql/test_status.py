"""The database refuses what the state machines do not have, and its history proves itself."""

import psycopg
import pytest

HASHES = """
    SELECT count(*) FROM (
        SELECT h.*,
               lag(h.hash) OVER (PARTITION BY machine, subject_id ORDER BY history_id) AS before
          FROM status_history AS h) AS h
     WHERE h.hash <> status_history_hash(h.previous_hash, machine, subject_id, from_state, to_state,
                                         event, actor, reason, occurred_at, recorded_at)
        OR h.previous_hash IS DISTINCT FROM h.before
"""


@pytest.fixture
def connection(database_url: str):
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def capture(connection, count: int) -> list[int]:
    rows = connection.execute(
        "INSERT INTO order_entry (line_no, status_at) SELECT n, '2026-01-01Z'"
        " FROM generate_series(1, %s) AS n RETURNING entry_row_id",
        [count],
    )
    return [row[0] for row in rows]


def test_each_change_of_many_rows_is_one_history_row_each(connection) -> None:
    ids = capture(connection, 3)
    connection.execute("SET tieout.actor = 'somebody'")
    connection.execute(
        "UPDATE order_entry SET status = 'VALID', status_at = '2026-01-02Z',"
        " status_reason = 'checked'"
        " WHERE entry_row_id = ANY(%s)",
        [ids],
    )
    rows = connection.execute(
        "SELECT subject_id, from_state, to_state, event, actor, reason FROM status_history"
        " WHERE machine = 'order_entry' AND from_state <> '' AND subject_id = ANY(%s) ORDER BY 1",
        [ids],
    ).fetchall()
    assert rows == [(i, "RECEIVED", "VALID", "validated", "somebody", "checked") for i in ids]
    assert connection.execute(HASHES).fetchone() == (0,)


def test_an_unknown_transition_refuses_the_whole_statement(connection) -> None:
    one, other = capture(connection, 2)
    connection.execute("UPDATE order_entry SET status = 'VALID' WHERE entry_row_id = %s", [one])
    with pytest.raises(psycopg.errors.CheckViolation, match="no transition RECEIVED to NORMALISED"):
        connection.execute(
            "UPDATE order_entry SET status = 'NORMALISED' WHERE entry_row_id = ANY(%s)",
            [[one, other]],
        )
    states = connection.execute(
        "SELECT status FROM order_entry WHERE entry_row_id = ANY(%s) ORDER BY entry_row_id",
        [[one, other]],
    ).fetchall()
    assert states == [("VALID",), ("RECEIVED",)]


def test_a_first_state_must_be_one_of_the_machine(connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="no transition"):
        connection.execute("INSERT INTO order_entry (line_no, status) VALUES (1, 'NORMALISED')")


@pytest.mark.parametrize(
    "statement", ["UPDATE status_history SET actor = 'x'", "DELETE FROM status_history"]
)
def test_history_cannot_be_changed(connection, statement: str) -> None:
    capture(connection, 1)
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        connection.execute(statement)


def test_tampering_shows(connection) -> None:
    capture(connection, 1)
    with connection.transaction(force_rollback=True):
        connection.execute("ALTER TABLE status_history DISABLE TRIGGER ALL")
        connection.execute("UPDATE status_history SET actor = 'nobody'")
        assert connection.execute(HASHES).fetchone() != (0,)
