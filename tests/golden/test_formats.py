"""Each golden file is read as it was when a person looked at it."""

import pytest

from tests.golden.formats import inputs, said_of
from tieout.formats.registry import all_formats


@pytest.mark.parametrize("path", inputs(), ids=lambda path: path.name)
def test_a_file_is_read_as_before(path):
    for ending, text in said_of(path).items():
        assert text == path.with_name(path.name + ending).read_text(encoding="utf-8")


def test_each_format_that_reads_has_a_golden_file():
    assert {path.parent.name for path in inputs()} == {
        spec.id for spec in all_formats() if spec.fields
    }
