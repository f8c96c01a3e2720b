"""The text of a file, held piece by piece, so that a file of any size takes little memory."""

import codecs
import io
from collections.abc import Iterator, Sequence

from tieout.formats.grid import Grid
from tieout.formats.source import CHUNK, Source

LONGEST = 16 * 1024 * 1024
"""How many characters the largest record of a file has."""


class Window:
    """Some of a file's text, from a byte on; `is_end` says that the held `text` is all the rest.

    `line` is the physical line of that byte. `at` is the byte where `text` starts.
    """

    def __init__(self, source: Source, at: int = 0, line: int = 1) -> None:
        self.source = source
        self.text, self.at = "", at
        self.is_end = False
        self._has_returns = source.has(b"\r")
        self._line, self._counted = line, 0
        if len(source.data) <= CHUNK:
            self.text, self.is_end = source.data[at:].decode("utf-8"), True
            return
        self._stream = source.stream(at)
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self.more(0)

    def more(self, start: int) -> str:
        """Let go of the text before `start` and hold more behind it; the text that is held then.

        Not to be called at the end. Raises FileRefused (too-large) where so much is held that no
        record can be as long.
        """
        line = self.line_at(start) if start else self._line
        self.at += len(self.text[:start].encode())
        kept = self.text[start:]
        if len(kept) > LONGEST:
            expected = f"records of at most {LONGEST:,} characters"
            raise self.source.too_large(expected, "a longer one", line)
        size = max(CHUNK, len(kept))
        block = self._stream.read(size)
        self.is_end = len(block) < size
        self.text = kept + self._decode(block, self.is_end)
        self._counted = max(self._counted - start, 0)
        return self.text

    def line_at(self, at: int) -> int:
        """The physical line of a place in `text`, quick where it is behind the last asked for."""
        if at < self._counted:
            return self._line - self._breaks(at, self._counted)
        self._line += self._breaks(self._counted, at)
        self._counted = at
        return self._line

    def _breaks(self, start: int, end: int) -> int:
        text = self.text
        found = text.count("\n", start, end)
        if self._has_returns:
            found += text.count("\r", start, end) - text.count("\r\n", start, end)
        return found


def lines_of(source: Source, at: int = 0) -> Iterator[str]:
    """The physical lines of a file from a byte on, with their line breaks (LF, CR LF or CR).

    Raises FileRefused (too-large) for a line that no record can be as long as.
    """
    text = io.TextIOWrapper(source.stream(at), encoding="utf-8", newline="")
    number = 0
    while line := text.readline(LONGEST):
        number += 1
        if len(line) == LONGEST and line[-1] not in "\r\n":
            expected = f"lines of at most {LONGEST:,} characters"
            raise source.too_large(expected, "a longer one", number)
        yield line


def texts_of_lines(source: Source, grid: Grid, rows: Sequence[int]) -> Iterator[str]:
    """The texts of rows that consist of whole lines, by their ascending indices in the grid."""
    lines = io.TextIOWrapper(source.stream(grid.starts_at), encoding="utf-8", newline="")
    number = grid.starts_on
    for row in rows:
        start, end = grid.lines[row].as_py(), grid.after(row)
        for _ in range(number, start):
            lines.readline()
        yield "".join(lines.readline() for _ in range(start, end)).rstrip("\r\n")
        number = end
