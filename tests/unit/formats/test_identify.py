"""A file's format is told from its bytes, with the reason; what fits nothing is not guessed."""

import pytest

from tests.unit.formats.samples import ACK, ADYEN, STRIPE, ack_file, adyen_file, stripe_file
from tieout.formats import identify as identify_module
from tieout.formats import source
from tieout.formats.identify import FormatAmbiguous, FormatUnknown, identify


@pytest.mark.parametrize("name", [None, "ACK_V0042_1.csv", "settlement_detail_report_batch_9.csv"])
def test_the_name_does_not_overrule_the_content(name):
    assert identify(adyen_file(1), name).format_id == ADYEN.id
    assert identify(stripe_file(1), name).format_id == STRIPE.id
    assert identify(ack_file(1), name).format_id == ACK.id


def test_the_reason_says_what_was_seen():
    found = identify(adyen_file(1), "settlement_detail_report_batch_9.csv")
    assert "columns are those of adyen-settlement-detail-1 and so does its name" in found.reason
    assert found.name_fits


def test_the_rows_need_not_hold():
    assert identify(adyen_file(1).replace(b"9.70", b"nine")).format_id == ADYEN.id


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"PK\3\4\0\0",
        b"hello, world\n",
        b"{not json}\n",
        b"[1, 2]\n",
        b'{"seq": 1}\n',
        b"H,some-other-format-1,1\nC,a\nT,0\n",
        b'"' + b"x" * 300_000,
        b"\xff\xfea\0b\0",
    ],
)
def test_what_fits_nothing_is_not_guessed(data):
    with pytest.raises(FormatUnknown) as caught:
        identify(data, "file.csv")
    assert caught.value.remedy
    assert caught.value.place.file == "file.csv"


def test_a_near_miss_names_the_missing_column():
    with pytest.raises(FormatUnknown, match="'Batch Number'") as caught:
        identify(adyen_file(1).replace(b"Batch Number", b"Batch"))
    assert caught.value.fields["nearest"] == ADYEN.id


def test_two_that_fit_equally_are_an_error(monkeypatch):
    twin = ADYEN.model_copy(update={"id": "adyen-settlement-detail-2", "version": 2})
    monkeypatch.setattr(identify_module, "all_formats", lambda: (ADYEN, twin))
    with pytest.raises(FormatAmbiguous, match="fit equally well") as caught:
        identify(adyen_file(1))
    assert caught.value.fields["formats"] == [ADYEN.id, twin.id]


def test_the_name_decides_between_equals(monkeypatch):
    words = {"id": "adyen-settlement-detail-2", "version": 2, "name_pattern": "new_.*"}
    twin = ADYEN.model_copy(update=words)
    monkeypatch.setattr(identify_module, "all_formats", lambda: (ADYEN, twin))
    assert identify(adyen_file(1), "new_report.csv").format_id == twin.id


@pytest.mark.parametrize("data", [b"", b" \r\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_called_empty(data):
    with pytest.raises(FormatUnknown, match="empty"):
        identify(data, "report.csv")


def test_a_character_that_is_cut_through_where_the_looking_ends_is_no_fault():
    data = b'{"a": "' + b"x" * (source.HEAD_BYTES - 8) + "é".encode() * 20 + b'"}'
    with pytest.raises(FormatUnknown):
        identify(data)
