"""What must hold for any bytes at all: an answer or a refusal, and every row accounted for."""

from tests.golden.formats import inputs
from tieout.formats.identify import FormatAmbiguous, FormatUnknown, identify
from tieout.formats.reading import read
from tieout.formats.results import FileRefused
from tieout.formats.spec import FormatSpec


def corpus(format_id: str) -> list[bytes]:
    """The golden samples of a format, from which mutated inputs grow.

    A format whose files are always refused has none: then all that share its first word.
    """
    own = [path for path in inputs() if path.parent.name == format_id]
    first = format_id.partition("-")[0]
    alike = own or [path for path in inputs() if path.parent.name.startswith(f"{first}-")]
    return [path.read_bytes() for path in alike]


def judge(data: bytes, spec: FormatSpec) -> None:
    """Read these bytes as a file of a format; fails on any crash and on any row that is lost.

    Bad rows never refuse the file here, so that as much as possible of a reader is reached.
    """
    loose = spec.model_copy(update={"max_bad_share": 1.0})
    try:
        parsed = read(data, loose, name="fuzzed")
    except FileRefused:
        return
    counts = parsed.counts
    assert counts.read == counts.applied + counts.rejected + counts.skipped
    assert counts.applied == len(parsed.rows)
    assert counts.rejected == len(parsed.rejected)


def judge_identify(data: bytes) -> None:
    """Tell the format of these bytes; fails on any crash."""
    try:
        found = identify(data)
    except (FormatUnknown, FormatAmbiguous):
        return
    assert found.reason
