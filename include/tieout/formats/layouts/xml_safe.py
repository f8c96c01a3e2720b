"""XML read as a stream of elements: no entities, no external files, bounded depth and memory."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from tieout.formats.layouts.windows import LONGEST
from tieout.formats.results import FileRefused
from tieout.formats.source import SEND_AGAIN, Source
from tieout.kernel.errors import Place

MAX_DEPTH = 64
MAX_HELD = 500_000
"""How many elements may be in memory at once; one with a long text counts as several."""
_LONG_TEXT = 256
_CHUNK = 65_536
_TOO_EARLY = {
    expat.errors.XML_ERROR_NO_ELEMENTS,
    expat.errors.XML_ERROR_UNCLOSED_TOKEN,
    expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    expat.errors.XML_ERROR_PARTIAL_CHAR,
}

Path = tuple[str, ...]


@dataclass(slots=True, eq=False)
class Element:
    """An element by its local name, with the bytes of the file (`start`, `end`) that it takes.

    `space` is its namespace, `line` the physical line of its start tag. `attributes` go by their
    local names. `children` are those that were not given out by `elements`; `before` tells how many
    such siblings stand before this one.
    """

    name: str
    space: str
    line: int
    start: int
    attributes: dict[str, str]
    parent: "Element | None" = None
    before: int = 0
    end: int = 0
    children: list["Element"] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The element's own text, trimmed."""
        return "".join(self.texts).strip()

    def all(self, path: str) -> list["Element"]:
        """The elements at a path of local names, such as `NtryDtls/TxDtls`, in their order."""
        found = [self]
        for name in path.split("/"):
            found = [child for each in found for child in each.children if child.name == name]
        return found

    def first(self, path: str) -> "Element | None":
        """The first element at a path, if there is one."""
        return next(iter(self.all(path)), None)

    def at(self, path: str) -> str:
        """The text of the first element at a path, `Amt/@Ccy` of an attribute; else blank."""
        steps, _, attribute = path.partition("@")
        names = steps.rstrip("/")
        element = self.first(names) if names else self
        if element is None:
            return ""
        return element.attributes.get(attribute, "") if attribute else element.text

    def raw(self, source: Source) -> str:
        """The element as it stands in the file."""
        return bytes(source.data[self.start : self.end]).decode("utf-8", "replace")


def elements(source: Source, paths: Sequence[Path]) -> Iterator[Element]:
    """The elements at whose end the path of local names from the root ends with one of `paths`.

    Each is taken out of its parent after it was given out, so that memory is bounded by the largest
    of them. The root is given out last, whatever its name. Raises FileRefused (structure,
    truncated, too-large).
    """
    parser = _Parser(source, paths)
    stream = source.stream()
    is_last = False
    while not is_last:
        chunk = stream.read(_CHUNK)
        is_last = not chunk
        for element in parser.feed(chunk, is_last=is_last):
            yield element
            _unlink(element)


def beginning(head: Source) -> Element | None:
    """The root as far as the head of a file shows it; None where the head is no XML.

    Elements that the head cuts off, or that are open at a fault, end there.
    """
    parser = _Parser(head, [])
    done: list[Element] = []
    with suppress(FileRefused):
        done = parser.feed(bytes(head.data))
    root = next(iter(done), parser.top)
    while root is not None and root.parent is not None:
        root = root.parent
    return root


class _Parser:
    """Expat with handlers that build elements and refuse what could do harm."""

    def __init__(self, source: Source, paths: Sequence[Path]) -> None:
        self.source, self.paths = source, paths
        self.last_names = {path[-1] for path in paths}
        self.names: list[str] = []
        self.top: Element | None = None
        self.done: list[Element] = []
        self.held = self.fed = 0
        parser = expat.ParserCreate("utf-8", "}")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._entity
        parser.SkippedEntityHandler = self._skipped
        self.parser = parser

    def feed(self, chunk: bytes, *, is_last: bool = False) -> list[Element]:
        """The elements that end in this chunk of the file."""
        try:
            self.parser.Parse(chunk, is_last)
        except expat.ExpatError as error:
            self._fault(error)
        self.fed += len(chunk)
        if self.fed - self.parser.CurrentByteIndex > LONGEST:
            expected = f"tags and texts of at most {LONGEST:,} bytes"
            self._refuse("too-large", self.parser.CurrentLineNumber, expected, "longer ones")
        done, self.done = self.done, []
        return done

    def _fault(self, error: expat.ExpatError) -> NoReturn:
        words = expat.ErrorString(error.code)
        if words in _TOO_EARLY or (self.names and error.code == _no_element()):
            raise self.source.truncated("all elements closed", words) from error
        self._refuse("structure", error.lineno, "well-formed XML", words)

    def _refuse(self, reason: str, line: int, expected: str, found: str) -> NoReturn:
        raise FileRefused(
            reason,
            f"The XML cannot be read: expected {expected}, found {found}.",
            remedy=SEND_AGAIN,
            expected=expected,
            found=found,
            place=Place(self.source.name, line=line),
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition("}")
        line = self.parser.CurrentLineNumber
        self.names.append(local)
        if len(self.names) > MAX_DEPTH:
            self._refuse("too-large", line, f"at most {MAX_DEPTH} nested elements", "more")
        self._hold(1)
        own: dict[str, str] = {}
        for key, value in attributes.items():
            own.setdefault(key.rpartition("}")[2], value)
        element = Element(local, space, line, self.parser.CurrentByteIndex, own, self.top)
        if self.top is not None:
            element.before = len(self.top.children)
            self.top.children.append(element)
        self.top = element

    def _end(self, name: str) -> None:
        del name
        element = self.top
        if element is None:
            return
        closed = self.source.data.find(b">", self.parser.CurrentByteIndex)
        element.end = closed + 1 or len(self.source.data)
        if element.parent is None or self._is_wanted():
            self._give_out(element)
        self.names.pop()
        self.top = element.parent

    def _is_wanted(self) -> bool:
        if self.names[-1] not in self.last_names:
            return False
        return any(tuple(self.names[-len(path) :]) == path for path in self.paths)

    def _give_out(self, element: Element) -> None:
        if element.parent is not None:
            element.parent.children.pop()
            self.held -= _size(element)
        self.done.append(element)

    def _characters(self, text: str) -> None:
        if self.top is not None and (self.top.texts or not text.isspace()):
            self.top.texts.append(text)
            self._hold(len(text) // _LONG_TEXT)

    def _hold(self, more: int) -> None:
        self.held += more
        if self.held > MAX_HELD:
            line = self.parser.CurrentLineNumber
            self._refuse("too-large", line, f"at most {MAX_HELD} elements in a record", "more")

    def _entity(self, name: str, *_: object) -> None:
        line = self.parser.CurrentLineNumber
        self._refuse("structure", line, "no declarations of entities", f"entity {name!r}")

    def _skipped(self, name: str, *_: object) -> None:
        line = self.parser.CurrentLineNumber
        self._refuse("structure", line, "only XML's own entities", f"&{name};")


def _no_element() -> int:
    return expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]


def _unlink(element: Element) -> None:
    """Let what is in an element that was used up be freed at once, not by a search for cycles."""
    for child in element.children:
        child.parent = None
        _unlink(child)


def _size(element: Element) -> int:
    long = sum(len(text) // _LONG_TEXT for text in element.texts)
    return 1 + long + sum(map(_size, element.children))
