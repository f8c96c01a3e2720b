"""X12 and EDIFACT interchanges around the segments of a test."""

from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.results import ParsedFile


def x12(
    kind: str, *messages: list[str], element: str = "*", end: str = "~", control: int = 7
) -> str:
    """An interchange with a transaction set for each list of segments."""
    number, sender, receiver = f"{control:09d}", f"{'KILN':<15}", f"{'TIEOUT':<15}"
    isa = f"ISA*00*{'':10}*00*{'':10}*ZZ*{sender}*ZZ*{receiver}*270304*0915*U*00401*{number}*0*P*>"
    segments = [isa, f"GS*XX*KILN*TIEOUT*20270304*0915*{control}*X*004010"]
    for index, body in enumerate(messages, 1):
        segments += [f"ST*{kind}*{index:04d}", *body, f"SE*{len(body) + 2}*{index:04d}"]
    segments += [f"GE*{len(messages)}*{control}", f"IEA*1*{number}"]
    return "".join(segment.replace("*", element) + end for segment in segments)


def edifact(kind: str, *messages: list[str], control: int = 7) -> str:
    """An interchange with a message for each list of segments."""
    segments = [f"UNB+UNOC:3+KILN:14+TIEOUT:ZZ+270304:0915+{control}"]
    for index, body in enumerate(messages, 1):
        segments += [f"UNH+{index}+{kind}:D:96A:UN", *body, f"UNT+{len(body) + 2}+{index}"]
    return "".join(f"{segment}'\n" for segment in [*segments, f"UNZ+{len(messages)}+{control}"])


def parsed(text: str, format_id: str) -> ParsedFile:
    """What the format reads of a text."""
    return read(text.encode(), format_spec(format_id), name="partner.edi")


def rows(text: str, format_id: str) -> list[dict[str, object]]:
    """The canonical rows of a text."""
    found: list[dict[str, object]] = parsed(text, format_id).rows.to_pylist()
    return found
