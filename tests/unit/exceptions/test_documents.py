"""The operators' table of codes is the one that the command prints."""

from pathlib import Path

from tieout.cli.exceptions import code_table
from tieout.exceptions.registry import rules

PAGE = Path(__file__).parents[3] / "docs/operators/exceptions.md"


def test_the_page_holds_the_table_of_the_rules() -> None:
    assert "\n".join(code_table(rules())) in PAGE.read_text(encoding="utf-8")
