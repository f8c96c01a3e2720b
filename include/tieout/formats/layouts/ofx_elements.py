"""OFX as a stream of elements: version 1 (SGML, whose values need no end tag) and version 2."""

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tieout.formats.layouts.windows import Window
from tieout.formats.results import FileRefused
from tieout.formats.source import Source

MAX_DEPTH = 64
MAX_HELD = 500_000
"""How many elements may be in memory at once."""
LINES = frozenset({"STMTTRN", "STMTTRNP"})
START = re.compile(r"<OFX\s*>", re.IGNORECASE)
_CDATA = "<![CDATA["
_SECTION = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_TAG = re.compile(r"<(/?)([A-Za-z0-9._:-]+)\s*(/?)>([^<]*(?:<!\[CDATA\[.*?\]\]>[^<]*)*)", re.DOTALL)
_STATEMENT = re.compile(r".*STMTRS")
_LONGEST_START = 32


@dataclass(slots=True, eq=False)
class Element:
    """An element by its name in capitals; of a transaction also its physical line and `raw`."""

    name: str
    text: str = ""
    start: int = 0
    line: int = 0
    raw: str = ""
    children: list["Element"] = field(default_factory=list)

    def at(self, *names: str) -> str:
        """The text of the first element at a path, else blank."""
        found = self.child(*names)
        return found.text if found else ""

    def child(self, *names: str) -> "Element | None":
        """The first element at a path, if there is one."""
        here: Element | None = self
        for name in names:
            children = here.children if here else []
            here = next((each for each in children if each.name == name), None)
        return here


def elements(source: Source) -> Iterator[Element]:
    """Transactions and statements where they end; they are taken out of what holds them.

    Memory is bounded by the largest of them. Raises FileRefused (structure, truncated, too-large).
    """
    yield from _Parser(source).elements()


class _Parser:
    """Tags in their order; a value ends where the next tag starts, whether it is closed or not."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.window = Window(source)
        self.base = 0
        self.open: list[Element] = []
        self.names: Counter[str] = Counter()
        self.held = 0

    def elements(self) -> Iterator[Element]:
        for tag in self._tags():
            closing, name, empty, content = tag[1], tag[2].upper(), tag[3], tag[4]
            if closing:
                yield from self._close(name, tag.start(4))
                continue
            self._end_value()
            if len(self.open) >= MAX_DEPTH or self.held >= MAX_HELD:
                raise self._too_many(tag.start())
            self.held += 1
            element = Element(name, _text(content), self.base + tag.start())
            if name in LINES:
                element.line = self.window.line_at(tag.start())
            if self.open:
                self.open[-1].children.append(element)
            if not empty:
                self.open.append(element)
                self.names[name] += 1
        if self.open:
            raise self.source.truncated("an end of OFX", f"{self.open[-1].name} still open")

    def _tags(self) -> Iterator[re.Match[str]]:
        """The tags with the text behind each, from the OFX element on."""
        at = self._start()
        while True:
            text = self.window.text
            for tag in _TAG.finditer(text, at):
                is_cut = tag.end() == len(text) and not self.window.is_end
                if is_cut or text.startswith(_CDATA, tag.end()):
                    break
                at = tag.end()
                yield tag
            if self.window.is_end:
                break
            kept = min([at, *(each.start - self.base for each in self.open if each.name in LINES)])
            self.window.more(kept)
            self.base += kept
            at -= kept
        if _CDATA in text[at:]:
            raise self.source.truncated("an end of each CDATA section", "none")

    def _start(self) -> int:
        while (found := START.search(self.window.text)) is None:
            if self.window.is_end:
                raise self.source.misplaced(1, "an element OFX", "none")
            kept = max(len(self.window.text) - _LONGEST_START, 0)
            self.window.more(kept)
            self.base += kept
        return found.start()

    def _end_value(self) -> None:
        """A value without an end tag ends before the next element."""
        if self.open and self.open[-1].text:
            self.names[self.open.pop().name] -= 1

    def _close(self, name: str, end: int) -> Iterator[Element]:
        """Close an element, and first the blank values in it that were never closed."""
        if not self.names[name]:
            line = self.window.line_at(end)
            expected = "an end of an element that is open"
            raise self.source.misplaced(line, expected, f"</{name}>")
        while self.open[-1].name != name:
            blank = self.open.pop()
            self.names[blank.name] -= 1
            self.open[-1].children += blank.children
            blank.children = []
        element = self.open.pop()
        self.names[name] -= 1
        if name in LINES:
            element.raw = self.window.text[element.start - self.base : end]
        if name in LINES or _STATEMENT.fullmatch(name):
            if self.open:
                self.open[-1].children.pop()
            self.held -= _size(element)
            yield element

    def _too_many(self, at: int) -> FileRefused:
        line = self.window.line_at(at)
        if self.held >= MAX_HELD:
            return self.source.too_large(f"at most {MAX_HELD:,} elements in one", "more", line)
        return self.source.misplaced(line, f"at most {MAX_DEPTH} nested elements", "more")


def _text(content: str) -> str:
    """A value; what is in CDATA sections stands for itself."""
    if _CDATA not in content:
        return html.unescape(content.strip())
    parts = _SECTION.split(content.strip())
    return "".join(part if at % 2 else html.unescape(part) for at, part in enumerate(parts))


def _size(element: Element) -> int:
    return 1 + sum(map(_size, element.children))
