"""Packed, in UTF-16, with other line breaks: a file says the same in any dress."""

import gzip
import io
import re
import zipfile

import pytest

from tests.golden.formats import inputs
from tieout.formats.identify import identify
from tieout.formats.reading import read
from tieout.formats.registry import format_spec

BREAK = re.compile(rb"\r\n|\n|\r")


def zipped(data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("the file", data)
    return packed.getvalue()


def in_utf_16(data: bytes) -> bytes:
    return data.decode("utf-8-sig").encode("utf-16")


DRESSES = {
    "gzip": gzip.compress,
    "zip": zipped,
    "utf-16": in_utf_16,
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data.removeprefix(b"\xef\xbb\xbf"),
    "CRLF": lambda data: BREAK.sub(b"\r\n", data),
    "CR": lambda data: BREAK.sub(b"\r", data),
}
TEXTS = [
    path for path in inputs() if not path.read_bytes().startswith(b"PK") and path.suffix != ".gz"
]


def is_utf_8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def said(data: bytes, name: str, format_id: str) -> list[str]:
    """The rows, with the line breaks within cells made alike."""
    parsed = read(data, format_spec(format_id), name=name)
    return [re.sub(r"(\\+[rn])+", " ", repr(row)) for row in parsed.rows.to_pylist()]


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_says_the_same_in_any_dress(path, dress):
    plain = path.read_bytes()
    if dress in {"utf-16", "byte order mark"} and not is_utf_8(plain):
        pytest.skip("the sample is in another encoding, which says no byte order")
    dressed = DRESSES[dress](plain)
    assert identify(dressed, path.name).format_id == path.parent.name
    assert said(dressed, path.name, path.parent.name) == said(plain, path.name, path.parent.name)
