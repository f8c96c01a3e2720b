"""A small sample of `python -m tests.mutations`, and that none of them has lost its place."""

import pytest

from tests.mutations.mutants import MUTANTS, survives
from tieout.kernel.settings import REPOSITORY


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_has_just_one_place(name: str) -> None:
    mutant = MUTANTS[name]
    text = (REPOSITORY / mutant.file).read_text(encoding="utf-8")
    assert text.count(mutant.old) == 1


def test_a_key_that_is_gone_is_noticed() -> None:
    assert not survives(MUTANTS["one-certificate-a-day"])
