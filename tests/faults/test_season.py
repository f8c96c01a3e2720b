"""A season of licence renewals with a gateway outage in the middle, at 2,000 purchases."""

from benchmarks.season.play import play


def test_a_season_with_an_outage_ends_well_without_a_hand() -> None:
    outcome = play(2_000).outcome
    assert outcome.is_well, outcome
    assert outcome.turned_away > 0
