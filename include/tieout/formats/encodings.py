"""Text of any encoding -> UTF-8, as a stream: what says the encoding, and what does not hold."""

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

MARKS: Sequence[tuple[bytes, str]] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_XML = re.compile(rb"""<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_NARROW = ("utf-8", "ascii", "iso8859", "cp", "koi8", "euc", "gb", "big5", "shift_jis")
_SNIFFED = 64


class NotTextError(Exception):
    """Bytes that are no text in an encoding: the first of them, where it stands, on which line."""

    def __init__(self, encoding: str, at: int, byte: int, line: int) -> None:
        super().__init__(encoding)
        self.encoding, self.at, self.byte, self.line = encoding, at, byte, line


@dataclass(frozen=True)
class Guess:
    """The encodings that a file may have, in order, and how long its byte order mark is."""

    encodings: tuple[str, ...]
    mark: int = 0


def guess(start: bytes, encodings: Sequence[str]) -> Guess:
    """By the byte order mark; else by the zeros of UTF-16; else what XML declares, then the spec's.

    `start` are some of the first bytes of the file.
    """
    for mark, encoding in MARKS:
        if start.startswith(mark):
            return Guess((encoding,), len(mark))
    wide = _without_mark(start[:_SNIFFED])
    if wide:
        return Guess((wide,))
    declared = _XML.match(start)
    stated = [declared[1].decode("ascii")] if declared and _is_narrow(declared[1]) else []
    return Guess(tuple(dict.fromkeys([*stated, *encodings])))


def _without_mark(start: bytes) -> str | None:
    """UTF-16 of Western text: every other byte is zero, and none of those between."""
    even, odd = start[::2], start[1::2]
    if len(odd) > 1 and not any(odd) and all(even):
        return "utf-16-le"
    if len(even) > 1 and not any(even) and all(odd):
        return "utf-16-be"
    return None


def _is_narrow(name: bytes) -> bool:
    """Whether there is such an encoding, and ASCII stays in it what it is."""
    try:
        return codecs.lookup(name.decode("ascii")).name.startswith(_NARROW)
    except LookupError:
        return False


def transcoded(
    chunks: Iterator[bytes], encoding: str, mark: int, *, whole: bool = True
) -> Iterator[bytes]:
    """The content in UTF-8, without its byte order mark of so many bytes.

    `whole` is false where the end may be missing, so that a last character may be cut through.
    Raises NotTextError, also for NUL, which is in no text.
    """
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    at, line = 0, 1
    after_return = False
    is_utf8 = codecs.lookup(encoding).name == "utf-8"
    for chunk in chunks:
        body = chunk[mark:] if at == 0 else chunk
        start, at = (mark if at == 0 else at), at + len(chunk)
        line -= after_return and body.lstrip(b"\0").startswith(b"\n")
        if is_utf8 and _is_plain(body) and not decoder.getstate()[0]:
            line += _ascii_breaks(body)
            after_return = body.endswith(b"\r")
            yield body
            continue
        text = _decoded(decoder, body, encoding, start, line)
        if "\0" in text:
            before = text[: text.index("\0")]
            at_nul = start + len(before.encode(encoding))
            raise NotTextError(encoding, at_nul, 0, line + _breaks(before))
        line += _breaks(text)
        after_return = text.endswith("\r")
        yield body if is_utf8 else text.encode("utf-8")
    if whole:
        _decoded(decoder, b"", encoding, at, line, final=True)


def occurrences(content: bytes, byte: bytes) -> int:
    """How often one byte occurs, at the speed of memory."""
    if byte not in content:
        return 0
    return int(np.count_nonzero(np.frombuffer(content, np.uint8) == byte[0]))


def _is_plain(body: bytes) -> bool:
    """Whether bytes are the same in UTF-8 and as text, without NUL, which needs no decoding."""
    return body.isascii() and b"\0" not in body


def _ascii_breaks(body: bytes) -> int:
    returns = occurrences(body, b"\r")
    both = body.count(b"\r\n") if returns else 0
    return occurrences(body, b"\n") + returns - both


def _breaks(text: str) -> int:
    """How many lines end in a text."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _decoded(
    decoder: codecs.IncrementalDecoder,
    body: bytes,
    encoding: str,
    start: int,
    line: int,
    *,
    final: bool = False,
) -> str:
    try:
        return decoder.decode(body, final)
    except UnicodeDecodeError as error:
        known = len(error.object) - len(body)
        before = _breaks(error.object[: error.start].decode(encoding, errors="replace"))
        byte = error.object[error.start]
        raise NotTextError(encoding, start - known + error.start, byte, line + before) from error
