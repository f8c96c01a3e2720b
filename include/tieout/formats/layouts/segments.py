"""Segments of X12 and EDIFACT: cut at their separators, in envelopes that count and number them."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tieout.formats.layouts.windows import Window
from tieout.formats.results import CheckResult, FileRefused
from tieout.formats.source import Source
from tieout.kernel.cards import mask_cards

BLANKS = " \t\r\n\x1a"
"""What may stand around segments; other control characters are separators of some partners."""

_BLANKS = re.compile(f"[{BLANKS}]*")
_BREAKS = frozenset("\r\n")
_MOST_FAILED = 20
_MOST_ELEMENTS = 2_000
_MOST_SEGMENTS = 300_000
"""How many segments a message has at most, so that memory stays bounded: it is held as a whole."""
_AHEAD = 65_536
"""How many characters are held ahead of a segment, more than any declaration of separators has."""

Element = list[list[str]]
"""The repetitions of an element, each a list of components."""


@dataclass(frozen=True)
class Separators:
    """The characters that separate; an interchange names its own.

    `release` makes the next character a part of the text.
    """

    element: str
    terminator: str
    component: str | None = None
    repetition: str | None = None
    release: str | None = None

    def split(self, text: str, separator: str | None) -> list[str]:
        """The parts of a text between separators that no release character precedes."""
        if separator is None:
            return [text]
        parts = text.split(separator)
        if self.release is None or self.release not in text:
            return parts
        whole: list[list[str]] = [[]]
        for part in parts:
            whole[-1].append(part)
            if (len(part) - len(part.rstrip(self.release))) % 2 == 0:
                whole.append([])
        return [separator.join(group) for group in whole if group]

    def plain(self, text: str) -> str:
        """A text without its release characters."""
        if self.release is None or self.release not in text:
            return text
        return re.sub(f"{re.escape(self.release)}(.)", r"\1", text, flags=re.DOTALL)


@dataclass(frozen=True)
class Segment:
    """A segment: its text, and where it starts.

    `line` is its physical line in files that give each segment its own; in others its number among
    the segments (1 for the first), so that no two segments have the same.
    """

    raw: str
    line: int
    separators: Separators

    @cached_property
    def _texts(self) -> list[str]:
        return self.separators.split(self.raw, self.separators.element)

    @cached_property
    def tag(self) -> str:
        """What kind of segment it is, for example `ST`."""
        start, _, _ = self.raw.partition(self.separators.element)
        marks = self.separators
        is_whole = marks.release is None or marks.release not in start
        return (start if is_whole else self._texts[0]).strip(BLANKS)

    def __len__(self) -> int:
        return len(self._texts) - 1

    def text(self, number: int) -> str:
        """An element (1 for the first) up to its first component, trimmed; blank where none is."""
        if not 1 <= number <= len(self):
            return ""
        return self.element(number)[0][0].strip(BLANKS)

    def component(self, number: int, place: int) -> str:
        """A component of an element's first repetition, trimmed; blank where it is not."""
        parts = self.element(number)[0] if 1 <= number <= len(self) else []
        return parts[place - 1].strip(BLANKS) if place <= len(parts) else ""

    def whole(self, number: int) -> str:
        """An element as it stands, not cut into components."""
        return self._texts[number].strip(BLANKS) if 1 <= number <= len(self) else ""

    def element(self, number: int) -> Element:
        """An element's repetitions and components, without release characters."""
        marks = self.separators
        return [
            [marks.plain(part) for part in marks.split(repeat, marks.component)]
            for repeat in marks.split(self._texts[number], marks.repetition)
        ]


@dataclass(frozen=True)
class Level:
    """A pair of segments that enclose others.

    `reference` is the element of `opens` that the second element of `closes` repeats; the first of
    `closes` counts what is inside.
    """

    name: str
    opens: str
    closes: str
    reference: int


@dataclass(frozen=True)
class Message:
    """A transaction set or message: its segments with those that enclose it, and its envelopes."""

    kind: str
    number: str
    segments: Sequence[Segment]
    around: Sequence[Segment]


@dataclass
class Ties:
    """The control totals of a file: those that hold are told once each, by name, and counted."""

    _held: Counter[str] = field(default_factory=Counter)
    _failed: list[CheckResult] = field(default_factory=list)

    def note(self, name: str, holds: bool, *, stated: str, found: str, where: str) -> None:
        """One total; `where` says which of the name's."""
        if holds:
            self._held[name] += 1
        elif len(self._failed) < _MOST_FAILED:
            expected = f"{mask_cards(stated[:40]) or 'nothing'} ({where})"
            self._failed.append(CheckResult(name, False, expected, mask_cards(found[:40])))

    def results(self) -> list[CheckResult]:
        """Those that failed (the first of them), then the others."""
        held = [
            CheckResult(name, True, f"{count} that agree", str(count))
            for name, count in self._held.items()
        ]
        return self._failed + held


@dataclass
class _Open:
    level: Level
    segment: Segment
    inside: int = 0


@dataclass
class Envelopes:
    """Follows the envelopes of a file: interchange, group and message (`levels`).

    `ties` fills with the counts and numbers of the envelopes as the messages are gone through.
    """

    source: Source
    levels: tuple[Level, Level, Level]
    group_is_optional: bool
    kind_of: Callable[[Segment], str]
    loose: frozenset[str] = frozenset()
    ties: Ties = field(default_factory=Ties)
    _open: list[_Open] = field(default_factory=list)

    def messages(self, segments: Iterator[Segment]) -> Iterator[Message]:
        """The messages of a file. Raises FileRefused where envelopes are not closed or in order."""
        opens = {level.opens: level for level in self.levels}
        closes = {level.closes: level for level in self.levels}
        body: list[Segment] = []
        loose: list[Segment] = []
        for segment in segments:
            tag = segment.tag
            if tag in opens:
                self._enter(opens[tag], segment)
                body = [segment]
                loose = [] if len(self._open) == 1 else loose
            elif tag in closes:
                closed = self._leave(closes[tag], segment, len(body) + 1)
                if closed.level is self.levels[2]:
                    around = [*(each.segment for each in self._open), *loose]
                    number = closed.segment.whole(closed.level.reference)
                    kind = self.kind_of(closed.segment)
                    yield Message(kind, number, [*body, segment], around)
            elif self._open and self._open[-1].level is self.levels[2]:
                if len(body) > _MOST_SEGMENTS:
                    raise self._too_large(body[0])
                body.append(segment)
            elif tag in self.loose and self._open:
                loose = [segment]
                around = [each.segment for each in self._open]
                yield Message(tag, segment.whole(1), [segment], around)
            else:
                raise self.source.misplaced(segment.line, self._expected(), _shown(segment))
        if self._open:
            last = self._open[-1].level
            raise self.source.truncated(f"{last.closes} for each {last.opens}", "none at the end")

    def _too_large(self, opens: Segment) -> FileRefused:
        name = self.levels[2].name
        expected = f"at most {_MOST_SEGMENTS:,} segments in a {name}"
        return self.source.too_large(expected, "more", opens.line)

    def _expected(self) -> str:
        if not self._open:
            return f"{self.levels[0].opens} first"
        return f"{self.levels[2].opens} or {self._open[-1].level.closes}"

    def _enter(self, level: Level, segment: Segment) -> None:
        depth = self.levels.index(level)
        inner = [each.level for each in self._open]
        fits = inner == list(self.levels[:depth]) or (
            self.group_is_optional and depth == 2 and inner == [self.levels[0]]
        )
        if not fits and level in inner:
            raise self.source.truncated(f"{level.closes} before the next {level.opens}", "none")
        if not fits:
            raise self.source.misplaced(segment.line, self._expected(), _shown(segment))
        if self._open and (level is self.levels[1] or inner == [self.levels[0]]):
            self._open[0].inside += 1
        if level is self.levels[2] and len(inner) == 2:
            self._open[1].inside += 1
        self._open.append(_Open(level, segment))

    def _leave(self, level: Level, segment: Segment, size: int) -> _Open:
        if not self._open or self._open[-1].level is not level:
            raise self.source.misplaced(segment.line, self._expected(), _shown(segment))
        closed = self._open.pop()
        count = size if level is self.levels[2] else closed.inside
        self._check(f"{level.name} count", segment.whole(1), str(count), segment)
        number = closed.segment.whole(level.reference)
        self._check(f"{level.name} number", segment.whole(2), number, segment)
        return closed

    def _check(self, name: str, stated: str, found: str, segment: Segment) -> None:
        """What a closing segment states against what there is; leading zeros do not matter."""
        holds = stated == found or _number(stated) == _number(found) is not None
        where = f"{segment.tag}, line {segment.line}"
        self.ties.note(name, holds, stated=stated, found=found, where=where)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 40 else None


def _shown(segment: Segment) -> str:
    return repr(mask_cards(segment.raw[:40]))


Start = Callable[[Source, str, int, bool], tuple[Separators, int] | None]
"""Tells, at the place in a text where a segment starts, the separators that hold from there.

Also where the first segment after their declaration starts; None where they stay as they are. The
last argument is whether no segment came before.
"""


def cut_segments(source: Source, start: Start, last_tag: str) -> Iterator[Segment]:
    """The segments of a file, which is held piece by piece.

    The last segment may lack its terminator where it is `last_tag`, or where lines end segments.
    Raises FileRefused (structure, truncated, too-large).
    """
    window = Window(source)
    marks: Separators | None = None
    number = previous = at = 0
    by_line, last = True, ""
    while (at := _next_start(window, at)) < len(window.text):
        declared = start(source, window.text, at, marks is None)
        if declared:
            marks, at = declared[0], _skip_blanks(window.text, declared[1])
        if marks is None:
            raise source.misplaced(1, "the start of an interchange", repr(window.text[:20]))
        line = window.line_at(at)
        while (end := _terminator(window.text, at, marks)) < 0 and not window.is_end:
            window.more(at)
            at = 0
        text = window.text
        raw = text[at : end if end >= 0 else len(text)].strip(BLANKS)
        if end < 0:
            _refuse_open(source, raw, marks, last == last_tag, last_tag, line)
            end = len(text)
        if raw.count(marks.element) > _MOST_ELEMENTS or _repeats(raw, marks) > _MOST_ELEMENTS:
            raise source.misplaced(line, f"at most {_MOST_ELEMENTS} elements", repr(raw[:20]))
        if raw:
            number += 1
            if number == 1:
                by_line = not _BREAKS.isdisjoint(text[at : _skip_blanks(text, end + 1)])
            previous = max(line if by_line else number, previous + 1)
            last = raw[: len(last_tag)]
            yield Segment(raw, previous, marks)
        at = end + 1


def _next_start(window: Window, at: int) -> int:
    """Where the next segment starts, with enough of the text behind it held to tell what it is."""
    at = _skip_blanks(window.text, at)
    while len(window.text) - at < _AHEAD and not window.is_end:
        window.more(at)
        at = _skip_blanks(window.text, 0)
    return at


def _refuse_open(
    source: Source, raw: str, marks: Separators, is_after_last: bool, last_tag: str, line: int
) -> None:
    """Raises FileRefused where the last text of a file is no segment though nothing ends it."""
    if marks.terminator in "\r\n" or raw.startswith(last_tag):
        return
    if is_after_last and raw:
        raise source.misplaced(line, f"nothing after {last_tag}", repr(raw[:20]))
    raise source.truncated(f"a segment ends with {marks.terminator!r}", repr(raw[-20:]))


def _repeats(raw: str, marks: Separators) -> int:
    """How often repetitions and components are separated in a segment, at most."""
    return sum(raw.count(mark) for mark in (marks.repetition, marks.component) if mark)


def _terminator(text: str, at: int, marks: Separators) -> int:
    """Where the segment that starts here ends, -1 where it does not."""
    end = text.find(marks.terminator, at)
    while end >= 0 and marks.release is not None:
        released = 0
        while end - released > at and text[end - released - 1] == marks.release:
            released += 1
        if released % 2 == 0:
            break
        end = text.find(marks.terminator, end + 1)
    return end


def _skip_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at
