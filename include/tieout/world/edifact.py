"""The EDIFACT that some vendors of the world speak: ORDERS read; CONTRL, ORDRSP, DESADV written.

Read and written here without the product's formats, as an independent witness.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from tieout.world.ledger import stamp
from tieout.world.tables import Tagged

Rows = Sequence[Sequence[object]]


def read_order(body: bytes) -> Tagged:
    """The lines of an ORDERS, called as in the world's own files; H has control number and instant.

    Raises ValueError when a message does not have the segments that it counts.
    """
    text = body.decode().removeprefix("UNA:+.? '")
    segments = [_parts(segment, "+") for segment in _parts(text, "'") if segment.strip()]
    _, _, _, receiver, moment, number, *_ = segments[0]
    created = datetime.strptime(f"{moment}+0000", "%y%m%d:%H%M%z")
    header = ["", f"{int(number):06d}", _parts(receiver, ":")[0], "", stamp(created)]
    rows: list[dict[str, str]] = []
    order: dict[str, str] = {}
    started = 0
    for at, segment in enumerate(segments):
        match segment:
            case ["UNH", *_]:
                order, started = {"ship_by": ""}, at
            case ["BGM", _, name, *_]:
                order["vendor_order_no"] = _plain(_parts(name, ":")[0])
            case ["RFF", reference] if reference.startswith("UO:"):
                order["order_ref"] = _plain(reference.removeprefix("UO:"))
            case ["DTM", day] if day.startswith("10:"):
                day = _parts(day, ":")[1]
                order["ship_by"] = f"{day[:4]}-{day[4:6]}-{day[6:]}"
            case ["LIN", line, *_]:
                rows.append(order | {"order_line_no": line})
            case ["PIA", _, article] if article.endswith(":IN"):
                rows[-1]["sku"] = _plain(article.removesuffix(":IN"))
            case ["QTY", quantity] if quantity.startswith("21:"):
                rows[-1]["quantity"] = quantity.removeprefix("21:")
            case ["UNT", count, _] if int(count) != at - started + 1:
                raise ValueError("a message does not have the segments that it counts")
    return Tagged(header, rows)


def write_receipt(
    control: str, sender: str, at: datetime, orders: Sequence[str], rejected: Collection[str]
) -> bytes:
    """A CONTRL for the interchange of that number, with a word on each of its orders."""
    body = [f"UCI+{int(control)}+TIEOUT:ZZ+{sender}:ZZ+7"]
    for index, number in enumerate(orders, 1):
        verdict = "4+12+LIN" if number in rejected else "7"
        body.append(f"UCM+{index}+ORDERS:D:01B:UN+{verdict}")
    return _interchange("CONTRL:D:3:UN", control, sender, at, [body])


def write_answers(control: str, sender: str, at: datetime, rows: Rows) -> bytes:
    """An ORDRSP for the rows of an answer (number, line, SKU, code, accepted, and so on)."""
    messages = []
    for number, lines in groupby(rows, key=lambda row: str(row[0])):
        said = [segment for line in lines for segment in _line(line)]
        count = sum(segment.startswith("LIN") for segment in said)
        opens = [f"BGM+231+{number}+4", f"DTM+137:{at:%Y%m%d}:102", f"RFF+ON:{number}"]
        messages.append([*opens, *said, "UNS+S", f"CNT+2:{count}"])
    return _interchange("ORDRSP:D:96A:UN", control, sender, at, messages)


def _line(row: Sequence[object]) -> Iterator[str]:
    _, line, sku, code, accepted, rejected, _, _, expected = row
    yield f"LIN+{line}+{5 if code == 'A' else 7}"
    yield f"PIA+5+{sku}:BP"
    yield f"QTY+21:{int(str(accepted)) + int(str(rejected))}"
    if expected:
        yield f"DTM+67:{str(expected).replace('-', '')}:102"


def write_shipments(control: str, sender: str, at: datetime, rows: Rows) -> bytes:
    """A DESADV for the rows of a shipment: a package for each parcel, with its items."""
    body = [f"BGM+351+{control}+9", f"DTM+11:{at:%Y%m%d%H%M%S}:204"]
    body += [f"TDT+20++30+31+:::{rows[0][4]}", "CPS+1"]
    packages = groupby(rows, key=lambda row: (row[0], row[5]))
    for level, ((number, tracking_no), items) in enumerate(packages, 2):
        body += [f"CPS+{level}+1", "PAC+1++PK", f"RFF+CN:{tracking_no}"]
        for row in items:
            body += [f"LIN+{row[1]}", f"PIA+5+{row[2]}:BP", f"QTY+12:{row[3]}"]
            body.append(f"RFF+ON:{number}:{row[1]}")
    body.append(f"CNT+2:{len(rows)}")
    return _interchange("DESADV:D:01B:UN", control, sender, at, [body])


def _interchange(
    kind: str, control: str, sender: str, at: datetime, messages: Sequence[Sequence[str]]
) -> bytes:
    number = int(control)
    segments = [f"UNB+UNOC:3+{sender}:ZZ+TIEOUT:ZZ+{at:%y%m%d}:{at:%H%M}+{number}"]
    for index, body in enumerate(messages, 1):
        segments += [f"UNH+{index}+{kind}", *body, f"UNT+{len(body) + 2}+{index}"]
    segments.append(f"UNZ+{len(messages)}+{number}")
    return "".join(f"{segment}'\n" for segment in segments).encode()


def _parts(text: str, mark: str) -> list[str]:
    """The parts between marks that no `?` releases."""
    parts = [""]
    for piece in re.findall(r"\?.|[^?]", text, re.DOTALL):
        if piece == mark:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def _plain(text: str) -> str:
    return re.sub(r"\?(.)", r"\1", text)
