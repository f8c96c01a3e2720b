"""The fields of SWIFT messages, cut line by line; a message of many lines is gone through twice."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from tieout.formats.grid import ROWS_TOGETHER
from tieout.formats.layouts.windows import LONGEST, lines_of
from tieout.formats.source import Source

CLOSING = ("62F", "62M")
_TAGS = "20 21 25 25P 28 28C 34F 13 13D 60F 60M 61 62F 62M 64 65 86 90C 90D NS".split()
_TAG = re.compile(rf":({'|'.join(_TAGS)}):(.*)")
_END = re.compile(r"-(\}.*|X{3})?\s*")
_BLOCKS = re.compile(r"^\{1:")
_NEXT = (":20:", "{")
_NEAR = 50
_MOST_FIELDS = 10_000
"""How many fields a message has besides its lines, and how many texts a line has."""


def tag_of(line: str) -> str:
    """The tag that a line starts with, for example `61`; blank where it is none."""
    found = _TAG.match(line)
    return found[1] if found else ""


@dataclass
class Field:
    """A field with all its lines as they stand; `first` is their physical line, `at` their byte."""

    tag: str
    first: int
    at: int
    raws: list[str]
    size: int = 0

    @cached_property
    def text(self) -> str:
        """The content, without the tag."""
        found = _TAG.match(self.raws[0])
        first = found[2] if found else self.raws[0]
        return "\n".join(line.rstrip("\r\n") for line in [first, *self.raws[1:]])


@dataclass
class Line:
    """A statement line (:61:) and the texts (:86:) that belong to it."""

    own: Field
    texts: list[Field] = field(default_factory=list)

    @property
    def raw(self) -> str:
        """Their lines as they stand."""
        return "".join(line for each in (self.own, *self.texts) for line in each.raws).rstrip()


class _Lines:
    """The physical lines from a byte on; `at` and `number` are where the last one given starts."""

    def __init__(self, source: Source, at: int, number: int) -> None:
        self.at, self.number = at, number - 1
        self._left = lines_of(source, at)
        self._ahead: deque[str] = deque()
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._ahead.popleft() if self._ahead else next(self._left)
        self.at += self._size
        self.number += 1
        self._size = len(line) if line.isascii() else len(line.encode())
        return line

    def following(self) -> str:
        """The next line that is not blank, if it is near."""
        while not any(map(str.strip, self._ahead)) and len(self._ahead) < _NEAR:
            line = next(self._left, None)
            if line is None:
                break
            self._ahead.append(line)
        return next((line for line in self._ahead if line.strip()), "")


@dataclass
class Message:
    """A message: `fields` are those besides its lines and their texts, `last` the last of all.

    `is_last_of_line` says that the last is the text of a line; `after` is the line behind the
    message.
    """

    source: Source
    fields: list[Field] = field(default_factory=list)
    last: Field | None = None
    is_last_of_line: bool = False
    after: str = ""
    _lines: list[Line] = field(default_factory=list)
    _is_long: bool = False

    def take(self, each: Field) -> None:
        """Add the next field."""
        self.last = each
        if each.tag == "61":
            self.is_last_of_line = True
            if len(self._lines) < ROWS_TOGETHER:
                self._lines.append(Line(each))
            else:
                self._is_long = True
        elif each.tag != "86":
            self.is_last_of_line = False
            self.fields.append(each)
            _refuse_many(self.source, self.fields)
        elif self.is_last_of_line and not self._is_long:
            self._lines[-1].texts.append(each)
            _refuse_many(self.source, self._lines[-1].texts)

    def lines(self) -> Iterator[Line]:
        """The statement lines; where they are many, they are cut out of the file again."""
        if not self._is_long:
            yield from self._lines
            return
        self._lines.clear()
        current: Line | None = None
        for each in _fields(self.source, self.fields[0].at, self.fields[0].first):
            if isinstance(each, str):
                break
            if current is not None and each.tag != "86":
                yield current
            if each.tag == "61":
                current = Line(each)
            elif each.tag != "86":
                current = None
            elif current is not None:
                current.texts.append(each)
                _refuse_many(self.source, current.texts)
        if current is not None:
            yield current


def messages(source: Source) -> Iterator[Message]:
    """The messages of a file. Raises FileRefused (structure, too-large)."""
    message = Message(source)
    for each in _fields(source, 0, 1):
        if isinstance(each, Field):
            message.take(each)
            continue
        message.after = each
        yield message
        message = Message(source)


def _fields(source: Source, at: int, number: int) -> Iterator[Field | str]:
    """The fields of each message, and after its last one the line behind it, blank at the end.

    A new message starts with :20:, or after the end of the one before. A line with a hyphen only
    ends a message once its closing balance was there, or when another message or nothing follows:
    broken lines of texts may be just that, too.
    """
    lines = _Lines(source, at, number)
    current: Field | None = None
    is_closed = False
    for line in lines:
        tag = tag_of(line)
        if tag == "20" and current and not (is_closed or _starts(lines.following())):
            tag = ""
        if tag and (current or tag == "20"):
            if current:
                yield current
                if tag == "20":
                    yield line
            is_closed = tag in CLOSING or (is_closed and tag != "20")
            current = Field(tag, lines.number, lines.at, [line])
        elif tag:
            raise source.misplaced(lines.number, "a message that starts with :20:", f":{tag}:")
        elif current and _END.fullmatch(line) and (is_closed or _ends(lines.following())):
            yield current
            yield line
            current, is_closed = None, False
        elif current and not _BLOCKS.match(line):
            _continue(current, line, source)
    if current:
        yield current
        yield ""


def _starts(following: str) -> bool:
    """Whether :20: in an open message starts another; a broken line of text may look like it."""
    return following.startswith((":21:", ":25"))


def _ends(following: str) -> bool:
    return not following or following.startswith(_NEXT)


def _continue(each: Field, line: str, source: Source) -> None:
    each.raws.append(line)
    each.size += len(line)
    if each.size > LONGEST:
        expected = f"fields of at most {LONGEST:,} characters"
        raise source.too_large(expected, "a longer one", each.first)


def _refuse_many(source: Source, fields: list[Field]) -> None:
    if len(fields) > _MOST_FIELDS:
        expected = f"at most {_MOST_FIELDS:,} fields in a message or texts of a line"
        raise source.too_large(expected, "more", fields[-1].first)
