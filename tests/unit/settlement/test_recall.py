"""Every kind of fault among many sound rows: each is found, and nothing else is said."""

from benchmarks.settlement.faults import facts, plant, run, scores


def test_all_that_is_planted_is_found_and_nothing_else() -> None:
    planted = plant(4_000, seed=11)
    told = scores(planted.truth, facts(run(planted)))
    assert len(told) >= 23
    assert [row for row in told if row[1] != row[2] or row[3]] == []
    assert min(count for _, count, _, _ in told) > 0
