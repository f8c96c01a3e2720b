"""What every layout can do: tell whether a file has it, cut it into rows, and write it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tieout.formats.fields import FactRecord, FieldSpec, Strict
from tieout.formats.grid import Grid
from tieout.formats.layouts.replacing import with_lines
from tieout.formats.results import CannotWrite, Fact
from tieout.formats.source import Source

Texts = list[str]


@dataclass(frozen=True)
class Recognised:
    """What a layout finds at the start of a file that may have it.

    `names` are the source columns that the file has, as far as its start shows. `certain` says that
    the file itself names this very format (a record, a transaction set, a namespace), which
    outweighs any number of known columns; `reason` is then a clause that says how.
    """

    names: Sequence[str]
    certain: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Content:
    """What a file is to say: `size` rows, as the texts of each source column by its name.

    `facts` are those of headers and trailers.
    """

    cells: Mapping[str, Texts]
    size: int
    facts: Mapping[str, Fact]
    format_id: str
    fields: Sequence[FieldSpec]


class Layout(Strict):
    """The base of the layouts; `type` is the word that chooses one in a format file."""

    @property
    def has_columns(self) -> bool:
        """Whether a file names its columns once, so that a required one can be missing."""
        return False

    @property
    def ties(self) -> tuple[str, ...]:
        """What files of the layout say of themselves that must be so, each as a clause."""
        return ()

    @property
    def can_write(self) -> bool:
        """Whether files can be written, not only read."""
        return type(self).render is not Layout.render

    @property
    def by_line(self) -> bool:
        """Whether a record is the physical lines from its own to the next record's."""
        return True

    @property
    def suffix(self) -> str:
        """How the name of a file that is written ends."""
        return "csv"

    @property
    def binary(self) -> bool:
        """Whether `cut` wants the bytes of a file as they are, not text in UTF-8."""
        return False

    @property
    def around(self) -> tuple[FactRecord, ...]:
        """The records with facts that stand before and after the rows."""
        return ()

    def recognise(self, head: Source, format_id: str) -> Recognised | None:
        """What the start of a file shows; None where it is another layout.

        The start is whole lines of at most 256 KiB, so that a long line may be cut off; of a binary
        layout it is the whole file.
        """
        raise NotImplementedError

    def cut(self, source: Source) -> Iterator[Grid]:
        """The rows of a file as text, a grid at a time, in the order of the file.

        Raises FileRefused (structure, truncated) where the file is not what the layout says, at the
        latest after the last grid.
        """
        raise NotImplementedError

    def corrected(self, source: Source, texts: Mapping[int, str]) -> Iterator[bytes]:
        """A file in which the records that start on these lines have other texts, in pieces.

        All other records keep their lines, those between the rows too.
        """
        return with_lines(source, self.cut(source), texts)

    def render(self, content: Content) -> bytes:
        """The file that says this.

        Raises CannotWrite where the layout is only read, or a fact is missing.
        """
        raise CannotWrite(
            f"Files of {content.format_id} are only read, not written.",
            remedy="Choose a format that can be written (docs/formats.md says which can).",
            format=content.format_id,
        )
