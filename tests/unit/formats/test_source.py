"""Files are read however they came: packed, in any encoding, of any size; traps are refused."""

import gzip
import io
import tarfile
import zipfile
import zlib

import pytest

from tests.unit.formats.samples import ADYEN, adyen_file
from tieout.formats import source as source_module
from tieout.formats.containers import Limits, members
from tieout.formats.identify import FormatUnknown, identify
from tieout.formats.reading import read
from tieout.formats.results import FileRefused
from tieout.formats.source import Source, open_head, open_source

LATIN = ("utf-8", "iso-8859-7", "cp1252")
SMALL = Limits(unpacked=5_000_000, ratio=100, free=100_000)


def zipped(*files: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files:
            archive.writestr(name, body)
    return out.getvalue()


def tarred(*files: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, body in files:
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return out.getvalue()


def refusal(content: bytes, encodings=("utf-8",), **words: object) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        open_source(content, "file", encodings, **words)
    return caught.value


BODY = adyen_file(3)
PACKED = {
    "gzip": gzip.compress(BODY),
    "gzip in two": gzip.compress(BODY[:500]) + gzip.compress(BODY[500:]),
    "zip": zipped(("a.csv", BODY)),
    "zip with clutter": zipped(("__MACOSX/._a.csv", b"x"), ("in/a.csv", BODY)),
    "tar": tarred(("a.csv", BODY)),
    "tar.gz": gzip.compress(tarred(("a.csv", BODY))),
}


@pytest.mark.parametrize("content", PACKED.values(), ids=PACKED)
def test_a_packed_file_is_read_as_what_is_in_it(content, tmp_path):
    path = tmp_path / "packed"
    path.write_bytes(content)
    assert identify(content).format_id == identify(path).format_id == ADYEN.id
    whole = read(BODY, ADYEN, name="x")
    for packed in (read(content, ADYEN, name="x"), read(path, ADYEN, name="x")):
        assert packed.rows.equals(whole.rows)
        assert packed.size == len(content)
        assert packed.sha256 != whole.sha256


@pytest.mark.parametrize("pack", [zipped, tarred], ids=["zip", "tar"])
def test_several_files_in_one_are_named_and_can_be_had_one_by_one(pack):
    content = pack(("a.csv", b"x"), ("b.csv", b"y"))
    refused = refusal(content)
    assert (refused.reason, refused.found) == ("structure", "2: a.csv, b.csv")
    assert list(members(content, "x")) == [("a.csv", b"x"), ("b.csv", b"y")]


def test_an_office_file_stays_what_it_is():
    content = zipped(("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>"))
    assert open_source(content, "x", ("utf-8",), binary=True).raw == content
    assert refusal(content).reason == "encoding"


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(BODY)[:-9],
        gzip.compress(BODY)[:200] + b"xxxx" + gzip.compress(BODY)[204:],
        zipped(("a.csv", BODY))[:-30],
        b"PK\3\4" + b"x" * 100,
        b"\x1f\x8b" + b"x" * 100,
        zipped(("a.csv", BODY)).replace(zlib.crc32(BODY).to_bytes(4, "little"), b"\0\1\2\3"),
        gzip.compress(tarred(("a.csv", BODY)))[:-40],
    ],
)
def test_a_damaged_packed_file_is_refused(content):
    assert refusal(content).reason == "truncated"


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(b"0" * 20_000_000),
        zipped(("a.csv", b"0" * 20_000_000)),
        zipped(*((f"{number}.csv", b"0" * 1_000_000) for number in range(20))),
        gzip.compress(tarred(("a.csv", b"0" * 20_000_000))),
    ],
    ids=["gzip", "zip", "zip of many", "tar.gz"],
)
def test_a_bomb_is_refused(content):
    assert refusal(content, limits=SMALL).reason == "too-large"


def test_a_bomb_is_no_format():
    with pytest.raises(FormatUnknown, match=r"a\.csv, b\.csv"):
        identify(zipped(("a.csv", b"0" * 1000), ("b.csv", b"1")))


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-32-le", b"\xff\xfe\0\0"),
        ("utf-16-le", b""),
        ("cp1252", b""),
    ],
)
@pytest.mark.parametrize("size", [1, 300_000], ids=["short", "long"])
def test_an_encoding_is_told_from_the_bytes(encoding, mark, size):
    text = "name;café\n" * size
    wanted = ("utf-8", "cp1252")
    assert open_source(mark + text.encode(encoding), "x", wanted).text == text
    assert open_head(mark + text.encode(encoding), "x", wanted).text == text[
        : len("name;café\n")
    ] or (size > 1 and text.startswith(open_head(mark + text.encode(encoding), "x", wanted).text))


def test_the_first_encoding_that_fits_is_taken():
    assert open_source("Ελλάδα".encode("iso-8859-7"), "x", LATIN).text == "Ελλάδα"
    assert open_source("50 €".encode("cp1252"), "x", ("utf-8", "cp1252")).text == "50 €"


def test_xml_says_its_encoding():
    text = '<?xml version="1.0" encoding="ISO-8859-1"?><a>café</a>'
    assert open_source(text.encode("latin-1"), "x", ("utf-8",)).text == text
    lies = text.replace("ISO-8859-1", "utf-16").replace("é", "e")
    assert open_source(lies.encode(), "x", ("utf-8",)).text == lies


@pytest.mark.parametrize("before", ["", "a\n" * 700_000], ids=["near", "far"])
@pytest.mark.parametrize("bad", [b"\xff", b"\0", b"\xc3\n", b"\xe2\x82"])
def test_bytes_that_are_no_text_are_named_with_their_line(before, bad):
    content = before.encode() + b"b" + bad
    refused = refusal(content)
    assert refused.reason == "encoding"
    assert refused.place.line == before.count("\n") + 1
    assert f"Byte {len(before) + 2} " in refused.message


@pytest.mark.parametrize(
    "content", [b"", b" \r\n\t", b"\xef\xbb\xbf", gzip.compress(b"\n", mtime=0)]
)
def test_nothing_is_empty(content):
    assert refusal(content).reason == "empty"


def test_a_large_file_is_mapped_and_reads_the_same(monkeypatch, tmp_path):
    path = tmp_path / "large.csv"
    path.write_bytes(b"\xef\xbb\xbf" + BODY)
    small = open_source(path, "x", ("utf-8",))
    monkeypatch.setattr(source_module, "IN_MEMORY", 100)
    monkeypatch.setattr(source_module, "CHUNK", 64)
    large = open_source(path, "x", ("utf-8",))
    assert not isinstance(large.data, bytes)
    assert (large.raw, large.sha256, large.size) == (small.raw, small.sha256, small.size)
    assert large.stream(7).read() == small.stream(7).read() == BODY[7:]
    assert large.count(b"\n") == BODY.count(b"\n")
    assert large.truncated("a", "b").place == small.truncated("a", "b").place
    assert isinstance(large, Source)


@pytest.mark.parametrize("line_break", ["\n", "\r", "\r\n"])
def test_lines_are_counted_whatever_ends_them(line_break, monkeypatch):
    for chunk in range(2, 9):
        monkeypatch.setattr("tieout.formats.source.CHUNK", chunk)
        text = line_break.join(["head", "first", "", "third", "last"]).encode()
        found = open_source(text, "x", ("utf-8",))
        assert found.place(len(text)).line == 5
        assert found.place(text.index(b"third")).line == 4
        with pytest.raises(FileRefused) as caught:
            open_source(text + b"\xff", "x", ("utf-8",))
        assert caught.value.place.line == 5
        with pytest.raises(FileRefused) as caught:
            open_source(text.replace(b"last", b"\0"), "x", ("utf-8",))
        assert caught.value.place.line == 5
