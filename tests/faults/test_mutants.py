"""A small sample of `python -m tests.mutations`, and that the place of the commit is not lost."""

from tests.mutations.keys import Key
from tests.mutations.mutants import SENT, survives_without
from tieout.kernel.settings import REPOSITORY


def test_the_commit_to_take_away_has_just_one_place() -> None:
    text = (REPOSITORY / SENT.file).read_text(encoding="utf-8")
    assert text.count(SENT.old) == 1


def test_a_key_that_is_gone_is_noticed() -> None:
    key = Key("effect_effect_key_key", "effect", ("effect_key",))
    assert not survives_without(key, ["tests/sql/exchange/test_mail.py"])
