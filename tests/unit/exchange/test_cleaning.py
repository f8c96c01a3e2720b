"""Nothing of a card number is kept of any file, and nothing else of a file is lost."""

import gzip
import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest

from tests.unit.formats.edi import x12
from tests.unit.formats.samples import ADYEN, adyen_file
from tests.unit.formats.test_delimited_words import bank
from tests.unit.formats.workbooks import workbook
from tieout.exchange import cleaning, unmaskable
from tieout.exchange.cleaning import Came, Kept, cleaned, refused_hash
from tieout.formats import source
from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.results import FileRefused, ParsedFile
from tieout.formats.spec import FormatSpec
from tieout.kernel import archive

CARD, MASKED = "4111 1111 1111 1111", "***************1111"
REFERENCE = "5500005555555559"
PREAMBLE = {
    "preamble": "any",
    "header_has": ["Date", "Amount"],
    "preamble_fields": [
        {"name": "account", "source": "Account No"},
        {"name": "holder", "source": "Holder"},
    ],
    "summary": [{"when": {"Date": ["Total*"]}}],
}
SKIP = [{"when": {"Text": ["pending"]}, "reason": "It comes again."}]
BANK = bank(
    layout=PREAMBLE, skip=SKIP, may_have_no_rows=True, max_bad_share=1,
    more=[{"name": "bank_ref", "source": "Ref"}, {"name": "account", "source": "preamble.account"}],
)  # fmt: skip
ROWS = f"""Account No,{REFERENCE}
Holder,Zoë
Date,Amount,Text,Ref,Note
01/02/2026,5.00,a,{REFERENCE},n
01/02/2026,6.00,pending,378282246310005,n
01/02/2026,7.00,b,R2,n
Total,12.00,,,
"""


def outcome(data: bytes, spec: FormatSpec) -> ParsedFile | FileRefused:
    try:
        return read(data, spec, name="f")
    except FileRefused as refusal:
        return refusal


def kept(data: bytes, spec: FormatSpec, folder: Path) -> Kept:
    return cleaned(Came(data, "f", spec), outcome(data, spec), folder)


def content(found: Kept) -> bytes:
    return found.content.read_bytes() if isinstance(found.content, Path) else found.content


def test_references_that_look_like_cards_stay_in_rows_facts_and_skipped_rows(
    tmp_path: Path,
) -> None:
    found = kept(ROWS.encode(), BANK, tmp_path)
    assert content(found) == ROWS.encode()
    assert found.about is None
    assert isinstance(found.found, ParsedFile)
    assert found.found.counts.skipped >= 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Zoë", f"Zoë\nBranch {CARD}"),
        ("Total,12.00,,", f"Total,12.00,{CARD},"),
        (",pending,378282246310005,n", f",pending,378282246310005,{CARD}"),
        ("Date,Amount", f"See {CARD},\nDate,Amount"),
    ],
    ids=["preamble", "total", "skipped", "unknown line"],
)
@pytest.mark.parametrize("size", [10**9, 10], ids=["in memory", "mapped"])
def test_a_card_in_what_no_column_declares_is_masked_and_all_rows_load(
    old: str, new: str, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "IN_MEMORY", size)
    text = ROWS.replace(old, new)
    assert text != ROWS
    found = kept(text.encode(), BANK, tmp_path)
    assert content(found).decode() == text.replace(CARD, MASKED)
    assert found.about == "masked before archiving"
    assert isinstance(found.found, ParsedFile)
    assert found.found.counts.applied == 2
    assert CARD not in str(found.found.facts)
    assert found.found.facts["account"] == REFERENCE


def test_a_row_with_a_card_steps_aside_and_the_same_number_as_a_reference_is_masked_too(
    tmp_path: Path,
) -> None:
    text = ROWS.replace(",b,R2,n", f",{REFERENCE},R2,n")
    found = kept(text.encode(), BANK, tmp_path)
    assert isinstance(found.found, ParsedFile)
    assert [each.rule for each in found.found.rejected] == ["card-number"]
    assert found.found.counts.applied == 1
    assert REFERENCE not in content(found).decode()


def test_rows_aside_of_a_large_file_are_those_with_cards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleaning, "ROWS_TOGETHER", 3)
    rows = [f"01/02/2026,1.00,{CARD if n in {2, 3, 9} else n},R{n},\n" for n in range(20)]
    text = "Date,Amount,Text,Ref,Note\n" + "".join(rows)
    spec = bank(more=[{"name": "bank_ref", "source": "Ref"}], max_bad_share=1)
    found = kept(text.encode(), spec, tmp_path)
    assert isinstance(found.found, ParsedFile)
    assert [each.line for each in found.found.rejected] == [4, 5, 11]
    wanted = [n + 2 for n in range(20) if n not in {2, 3, 9}]
    assert found.found.rows.column("line_no").to_pylist() == wanted


def test_a_refused_file_is_masked_as_a_whole_under_a_hash_that_is_known_before(
    tmp_path: Path,
) -> None:
    data = adyen_file(3).replace(b"9.70", b"9.71", 1).replace(b"SHOP", CARD.encode())
    found = kept(data, ADYEN, tmp_path)
    assert isinstance(found.found, FileRefused)
    assert CARD not in content(found).decode()
    assert archive.digest_of(found.content) == refused_hash(Came(data, "f", ADYEN))


def test_stars_are_not_put_where_they_part_elements(tmp_path: Path) -> None:
    spec = format_spec("x12-855-1")
    text = x12("855", ["BAK*00*AD*PO-1*20270304", f"MSG*card {CARD}", "CTT*0"])
    masked = content(kept(text.encode(), spec, tmp_path)).decode()
    assert masked == text.replace(CARD, "X" * 15 + "1111")


@pytest.mark.parametrize(
    "sent",
    [gzip.compress, lambda data: data.decode().encode("utf-16"), lambda data: data],
    ids=["gzip", "utf-16", "plain"],
)
def test_however_it_came_the_content_is_kept_in_utf_8(sent, tmp_path: Path) -> None:
    text = ROWS.replace("Zoë", CARD)
    masked = content(kept(sent(text.encode()), BANK, tmp_path)).decode("utf-8-sig")
    assert masked == text.replace(CARD, MASKED)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: gzip.compress(data + bytes(range(256)) * 400)[:-60],
        lambda data: data.decode().encode("utf-16") + b"\0",
    ],
    ids=["cut gzip", "odd utf-16"],
)
def test_what_cannot_be_masked_is_not_kept_where_it_holds_a_card(damage, tmp_path: Path) -> None:
    data = damage(ROWS.replace("Zoë", CARD).encode())
    found = kept(data, BANK, tmp_path)
    assert isinstance(found.found, FileRefused)
    assert content(found).startswith(b"A file with card numbers was not kept.")
    assert archive.digest_of(data).encode() in content(found)
    assert archive.digest_of(found.content) == refused_hash(Came(data, "f", BANK))
    clean = damage(ROWS.replace(REFERENCE, "R1").replace("378282246310005", "R2").encode())
    assert content(kept(clean, BANK, tmp_path)) == clean


def test_text_in_no_known_encoding_is_masked(tmp_path: Path) -> None:
    spec = bank(encodings=["utf-8"])
    data = b"Date,Amount,Text\n\xff\xfe\xff," + CARD.encode() + b"\n"
    assert content(kept(data[17:] + data, spec, tmp_path)).count(MASKED.encode()) == 2


SHEET = format_spec("bank-sheet-xlsx-1")
LINE = {"Date": date(2026, 3, 1), "Amount": 5, "Currency": "EUR", "Label": "x"}


def book(**cells: str) -> bytes:
    line = LINE | cells
    return workbook({"S": {1: list(line), 2: list(line.values())}})


@pytest.mark.parametrize("column", ["Label", "Note"])
def test_a_workbook_with_a_card_is_refused_and_only_noted(column: str, tmp_path: Path) -> None:
    found = kept(book(**{column: CARD}), SHEET, tmp_path)
    assert isinstance(found.found, FileRefused)
    assert found.found.reason == "card-number"
    assert content(found).startswith(b"A file with card numbers was not kept.")


def test_a_workbook_with_a_card_beside_its_sheet_is_refused(tmp_path: Path) -> None:
    data = book(Reference=REFERENCE)
    assert content(kept(data, SHEET, tmp_path)) == data
    more = BytesIO(data)
    with zipfile.ZipFile(more, "a") as zipped:
        zipped.writestr("docProps/custom.xml", f"<t>{CARD}</t>")
    found = kept(more.getvalue(), SHEET, tmp_path)
    assert isinstance(found.found, FileRefused)
    assert found.found.reason == "card-number"


def test_a_workbook_too_large_to_look_through_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unmaskable, "MOST_BYTES", 100)
    assert content(kept(book(), SHEET, tmp_path)).startswith(b"A file with card numbers")
