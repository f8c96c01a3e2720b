"""docs/formats.md is what the formats say now, and its example is a format."""

import re
import textwrap
from pathlib import Path

import yaml

from tieout.formats.canonical import FAMILIES
from tieout.formats.reading import read
from tieout.formats.reference import TEMPLATE, document
from tieout.formats.registry import all_formats
from tieout.formats.spec import FormatSpec

DOCUMENT = Path(__file__).parents[3] / "docs" / "formats.md"


def test_the_document_is_generated_from_the_formats_as_they_are():
    assert DOCUMENT.read_text(encoding="utf-8") == document()


def test_it_names_every_format_family_and_word():
    text = document()
    assert [spec.id for spec in all_formats() if f"| `{spec.id}` |" not in text] == []
    assert [name for name in FAMILIES if f"### {name}\n" not in text] == []
    assert [word for word in FormatSpec.model_fields if f"| `{word}` |" not in text] == []
    assert "{" not in re.sub(r"`[^`]*`|^    .*$", "", text, flags=re.MULTILINE)


def test_its_example_reads_a_file():
    block = re.search(
        r"(?:^    .*\n)+", TEMPLATE.read_text().partition("in full:")[2], re.MULTILINE
    )
    spec = FormatSpec.model_validate(yaml.safe_load(textwrap.dedent(block[0])))
    parsed = read(
        b"Type;Transaction;Merchant reference;Currency;Net;Fee;Date\n"
        b"Sale;T-1;R-1;EUR;1.009,70;0,30;02/05/2026 10:00\n"
        b"Fee for cards;T-2;;EUR;-2,00;;02/05/2026 11:00\n",
        spec,
        name="acme.csv",
    )
    assert parsed.rejected == []
    assert parsed.rows.column("net_minor").to_pylist() == [100970, -200]
    assert parsed.rows.column("kind").to_pylist() == ["charge", "fee"]
