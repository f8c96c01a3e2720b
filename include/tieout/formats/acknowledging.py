"""What is sent back for interchanges that were received: 997 for X12, CONTRL for EDIFACT."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from tieout.formats.layouts.interchange import InterchangeLayout
from tieout.formats.layouts.segments import Message, Segment
from tieout.formats.reading import read
from tieout.formats.results import FileRefused
from tieout.formats.source import open_source
from tieout.formats.spec import FormatSpec

BAD_ELEMENTS = "8"
"""Segment in error: it has data elements in error (X12 code 720)."""
BAD_SEGMENTS = "5"
"""Message rejected: one or more segments in error (X12 code 718)."""
BAD_VALUE = "12"
"""Message in error: invalid value (EDIFACT code 0085)."""
AcknowledgedRow = dict[str, object]


def acknowledges(spec: FormatSpec) -> bool:
    """Whether the standard of a format wants an answer to what is received.

    Acknowledgements get none, so that no two systems answer each other for ever.
    """
    return isinstance(spec.layout, InterchangeLayout) and spec.family != "functional_ack"


def functional_acknowledgement(
    data: bytes, spec: FormatSpec, *, name: str
) -> list[AcknowledgedRow]:
    """The answer to an interchange: canonical rows of functional_ack, one per message.

    A message is accepted; accepted with errors where rows of it are bad; rejected where the file
    as a whole is refused. What the answer says besides stands in `extra`, as the formats x12-997
    and edifact-contrl write it. There is no answer (an empty list) to a file whose envelopes
    cannot be told from one another, and none where the standard wants none.
    """
    layout = spec.layout
    if not isinstance(layout, InterchangeLayout) or not acknowledges(spec):
        return []
    try:
        bad: list[int] | None = [each.line for each in read(data, spec, name=name).rejected]
    except FileRefused:
        bad = None
    source = open_source(data, name, spec.encodings)
    envelopes = layout.envelopes(source)
    try:
        found = [
            message
            for message in envelopes.messages(layout.segments(source))
            if message.kind in layout.messages
        ]
    except FileRefused:
        return []
    rows: list[AcknowledgedRow] = []
    for _, group in groupby(found, key=lambda message: message.around[-1].line):
        answer = _set_rows if layout.type == "x12" else _message_rows
        rows += answer(list(group), bad)
    return rows


def _status(message: Message, bad: Sequence[int] | None) -> tuple[str, Segment | None]:
    """What became of a message, and its first segment in error."""
    if bad is None:
        return "rejected", None
    wrong = set(bad)
    at = next((each for each in message.segments if each.line in wrong), None)
    return ("accepted_with_errors" if at else "accepted"), at


def _set_rows(sets: Sequence[Message], bad: Sequence[int] | None) -> Iterator[AcknowledgedRow]:
    """The rows for a functional group of X12: AK1 and AK9 are the group's."""
    opens = sets[0].around[-1]
    judged = [(message, *_status(message, bad)) for message in sets]
    accepted = sum(status != "rejected" for _, status, _ in judged)
    found = {status for _, status, _ in judged}
    overall = next((each for each in _WORST_FIRST if each in found), "accepted")
    group = {"AK101": opens.whole(1), "summary/AK902": str(len(sets))}
    for message, status, at in judged:
        errors = {"AK2/AK502": BAD_SEGMENTS} if status == "rejected" else {}
        yield {
            "group_control_no": opens.whole(6),
            "transaction_set": message.kind,
            "set_control_no": message.number,
            "status": status,
            "group_status": overall,
            "error_code": BAD_ELEMENTS if at else None,
            "error_segment": at.tag if at else None,
            "error_position": list(message.segments).index(at) + 1 if at else None,
            "received_count": len(sets),
            "accepted_count": accepted,
            "extra": json.dumps(group | errors),
        }


_WORST_FIRST = ("rejected", "accepted_with_errors")


def _message_rows(
    messages: Sequence[Message], bad: Sequence[int] | None
) -> Iterator[AcknowledgedRow]:
    """The rows for an interchange of EDIFACT: UCI is the interchange's."""
    opens = messages[0].around[0]
    interchange = {
        f"UCI{place:02d}{f'-{part}' if part > 1 else ''}": opens.component(number, part)
        for place, number in ((2, 2), (3, 3))
        for part in (1, 2)
    }
    for message in messages:
        status, at = _status(message, bad)
        kind = {f"UCM02-{part}": message.segments[0].component(2, part) for part in (2, 3, 4)}
        yield {
            "control_no": opens.text(5),
            "transaction_set": message.kind,
            "set_control_no": message.number,
            "status": "rejected" if status == "rejected" else "accepted",
            "group_status": "rejected" if bad is None else "accepted",
            "error_code": BAD_VALUE if at or bad is None else None,
            "error_segment": at.tag if at else None,
            "extra": json.dumps({k: v for k, v in (interchange | kind).items() if v}),
        }
