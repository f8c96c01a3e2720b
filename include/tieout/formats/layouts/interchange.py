"""What X12 and EDIFACT have in common: interchanges of messages, each of them rows."""

from collections.abc import Iterator, Mapping
from itertools import islice

from pydantic import Field

from tieout.formats.fields import Names
from tieout.formats.grid import Grid, Record, grid_of_records, numbered
from tieout.formats.layouts.base import Content, Layout, Recognised
from tieout.formats.layouts.message_writing import Outgoing
from tieout.formats.layouts.messages import MessageWords
from tieout.formats.layouts.segments import Envelopes, Message, Segment, Separators, Ties
from tieout.formats.results import Fact, FileRefused
from tieout.formats.source import Source
from tieout.kernel.cards import mask_cards
from tieout.kernel.errors import Place

ANY = "*"
_CELLS = 500_000
"""How many cells a grid has at most."""
_MOST_COLUMNS = 5_000
_MOST_CELLS = 100_000_000
"""How many cells a message has at most."""
_HEAD_SEGMENTS = 2_000


class InterchangeLayout(Layout):
    """The words that X12 and EDIFACT share.

    `messages` are the kinds of messages that are read, `*` for any; `beside` are kinds that may
    stand in the same file and are passed over. `titles` says what kinds are called. A layout
    without `words` tells what a file is, and refuses it. A file may be as large as it likes; one
    message is held at a time.
    """

    messages: Names
    beside: Names = ()
    titles: dict[str, str] = Field(default_factory=dict)
    words: MessageWords | None = None
    write: Outgoing | None = None

    @property
    def can_write(self) -> bool:
        """Whether files can be written, not only read."""
        return self.write is not None

    @property
    def by_line(self) -> bool:
        """Whether a record is the physical lines from its own to the next record's: never."""
        return False

    @property
    def suffix(self) -> str:
        """How the name of a file that is written ends."""
        return "edi"

    @property
    def standard(self) -> str:
        """What the standard is called."""
        raise NotImplementedError

    def segments(self, source: Source) -> Iterator[Segment]:
        """The segments of a file."""
        raise NotImplementedError

    def envelopes(self, source: Source) -> Envelopes:
        """The envelopes of the standard."""
        raise NotImplementedError

    def header_facts(self, around: Mapping[str, Segment]) -> dict[str, Fact]:
        """What the envelopes of the first message say (its segments by their tags)."""
        raise NotImplementedError

    def separators(self, source: Source) -> Separators | None:
        """Those that the start of a file declares, None where it is not of the standard."""
        raise NotImplementedError

    def recognise(self, head: Source, format_id: str) -> Recognised | None:
        """The kind of the first message, and its cells as far as the start shows them."""
        if self.separators(head) is None:
            return None
        message = self._first(head)
        if message is None or not self._takes(message.kind):
            return None
        names: list[str] = []
        if self.words:
            rows = self.words.records(message, Ties())
            names = list(dict.fromkeys(name for row in rows for name in row.cells))
        title = self.titles.get(message.kind, "")
        also = f" ({title})" if title else ""
        reason = f"it is an {self.standard} interchange of {message.kind}{also}, as {format_id} is"
        return Recognised(names, certain=True, reason=reason)

    @numbered
    def cut(self, source: Source) -> Iterator[Grid]:
        """The rows of all messages; one message is held at a time."""
        envelopes = self.envelopes(source)
        facts: dict[str, Fact] = {}
        rows: list[Record] = []
        columns = 0
        for message in envelopes.messages(self.segments(source)):
            facts = facts or self._facts(message)
            if message.kind in self.beside and message.kind not in self.messages:
                continue
            if self.words is None or not self._takes(message.kind):
                raise self._unread(source, message)
            for number, row in enumerate(self.words.records(message, envelopes.ties), 1):
                rows.append(row)
                columns = max(columns, len(row.cells))
                if columns > _MOST_COLUMNS or number * columns > _MOST_CELLS:
                    found = f"{number * columns} cells in rows of up to {columns} columns"
                    raise source.too_large("messages of a usual size", found)
                if len(rows) * columns > _CELLS:
                    yield grid_of_records(rows)
                    rows = []
        grid = grid_of_records(rows)
        grid.facts, grid.checks = facts, envelopes.ties.results()
        yield grid

    def corrected(self, source: Source, texts: Mapping[int, str]) -> Iterator[bytes]:
        """A file in which the records that start with these segments have other texts.

        What a message says of its number of segments must still hold.
        """
        sizes = {
            line: len(marks.split(raw, marks.terminator))
            for marks in [next(self.segments(source)).separators]
            for grid in self.cut(source)
            for line, raw in zip(grid.lines.to_pylist(), grid.raws or (), strict=True)
            if line in texts
        }
        left_out = 0
        for segment in self.segments(source):
            end = segment.separators.terminator
            if segment.line in sizes:
                left_out = sizes[segment.line]
                yield (texts[segment.line].removesuffix(end) + end).encode()
            elif not left_out:
                yield (segment.raw + end).encode()
            left_out -= bool(left_out)

    def render(self, content: Content) -> bytes:
        """The interchange that says these rows, by the words of `write`."""
        if self.write is None:
            return super().render(content)
        return self.rendered(self.write, content)

    def rendered(self, words: Outgoing, content: Content) -> bytes:
        """The interchange that says these rows."""
        raise NotImplementedError

    def _takes(self, kind: str) -> bool:
        return kind in self.messages or ANY in self.messages

    def _facts(self, message: Message) -> dict[str, Fact]:
        by_tag = {segment.tag: segment for segment in [*message.around, message.segments[0]]}
        return {"message": message.kind} | self.header_facts(by_tag)

    def _first(self, head: Source) -> Message | None:
        """The first message as far as the head has it, closed where it is cut off."""
        levels = self.envelopes(head).levels
        around: list[Segment] = []
        body: list[Segment] = []
        try:
            for segment in islice(self.segments(head), _HEAD_SEGMENTS):
                if segment.tag == levels[2].opens or body:
                    body.append(segment)
                    if segment.tag == levels[2].closes:
                        break
                else:
                    around.append(segment)
        except FileRefused:
            pass
        if body:
            kind = self.envelopes(head).kind_of(body[0])
            return Message(kind, "", [*body, body[-1]], around)
        loose = self.envelopes(head).loose
        return next(
            (Message(each.tag, "", [each], []) for each in around if each.tag in loose), None
        )

    def _unread(self, source: Source, message: Message) -> FileRefused:
        title = self.titles.get(message.kind, "")
        kind = mask_cards(message.kind[:20]) + (f" ({title})" if title else "")
        wanted = " or ".join(self.messages) if self.words else "a message that a format reads"
        return FileRefused(
            "unsupported",
            f"The file holds {self.standard} {kind}, which this format does not read.",
            remedy="Ask the partner for files of one kind each, or add a format for this one.",
            expected=wanted,
            found=kind,
            place=Place(source.name, line=message.segments[0].line),
        )
