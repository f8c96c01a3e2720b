"""Scoring: what counts as found, as missed and as a false alarm."""

from tieout.world.ledger import Planted
from tieout.world.scoring import Case, score

LATE = Planted("late_shipment", "SHIPMENT_LATE", "R-1", "2026-03-02")
CUT = Planted("truncated_file", "FILE_REFUSED", "file:a.csv", "2026-03-02")


def test_case_in_any_state_finds_its_fault() -> None:
    held_back = Case("SHIPMENT_LATE", "R-1", "SUPPRESSED", was_open=False)
    closed = Case("FILE_REFUSED", "file:a.csv", "AUTO_RESOLVED", was_open=True)
    result = score([LATE, CUT], [held_back, closed])
    assert result.is_perfect
    assert result.found["late_shipment"] == result.found["truncated_file"] == 1


def test_other_subject_is_a_miss_and_a_false_alarm() -> None:
    result = score([LATE], [Case("SHIPMENT_LATE", "R-2", "OPEN", was_open=True)])
    assert result.missed["late_shipment"] == 1
    assert result.false_alarms == {"SHIPMENT_LATE": 1}
    assert result.missed_subjects == ["SHIPMENT_LATE R-1"]
    assert result.false_subjects == ["SHIPMENT_LATE R-2"]
    assert not result.is_perfect


def test_case_that_nobody_saw_is_no_false_alarm() -> None:
    assert score([], [Case("SETTLED_NO_ORDER", "X", "SUPPRESSED", was_open=False)]).is_perfect
