"""Card numbers in files that are not text as they stand: packed, or in an unknown encoding."""

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from io import BufferedIOBase, BytesIO
from pathlib import Path
from typing import cast

from tieout.kernel.card_search import card_places

MOST_BYTES = 256 * 1024 * 1024
"""Up to how many unpacked bytes a file is looked through; a larger one is taken to hold some."""
UNKNOWN = "more than can be looked through"
_CHUNK = 1024 * 1024
_AROUND = 64
_BROKEN = (EOFError, OSError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)


def packed_cards(content: bytes | Path) -> Iterator[str]:
    """The card numbers in a file, those within its parts too, or UNKNOWN where it has too many.

    A file that is broken is looked through as far as it can be unpacked.
    """
    with content.open("rb") if isinstance(content, Path) else BytesIO(content) as raw:
        left = MOST_BYTES
        for part in _parts(raw):
            try:
                before = b""
                while chunk := part.read1(_CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        yield UNKNOWN
                        return
                    yield from _cards(before + chunk)
                    before = (before + chunk)[-_AROUND:]
            except _BROKEN:
                continue


def _parts(raw: BufferedIOBase) -> Iterator[BufferedIOBase]:
    """The file as it stands, and what is packed in it."""
    start = raw.read(2)
    raw.seek(0)
    yield raw
    raw.seek(0)
    if start.startswith(b"\x1f\x8b"):
        with gzip.GzipFile(fileobj=raw) as inflated:
            yield inflated
    elif start.startswith(b"PK"):
        try:
            with zipfile.ZipFile(raw) as zipped:
                yield from (cast("BufferedIOBase", zipped.open(each)) for each in zipped.infolist())
        except _BROKEN:
            return


def _cards(text: bytes) -> Iterator[str]:
    """The card numbers in bytes; of text of two bytes per letter, every other is left out."""
    for each in (text, text.replace(b"\0", b"")) if b"\0" in text else (text,):
        yield from (each[start:end].decode() for start, end in card_places(each))
