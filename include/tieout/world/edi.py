"""The X12 that some vendors of the world speak: 850 read; 997, 855 and 856 written.

Read and written here without the product's formats, as an independent witness.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from tieout.world.ledger import stamp
from tieout.world.tables import Tagged

Rows = Sequence[Sequence[object]]


def read_order(body: bytes) -> Tagged:
    """The lines of an 850, called as in the world's own files; H has control number and instant.

    Raises ValueError when a set does not have the segments that it counts.
    """
    text = body.decode()
    element, end = text[3], text[105]
    segments = [segment.split(element) for segment in text.split(end) if segment]
    header: list[str] = []
    rows: list[dict[str, str]] = []
    order: dict[str, str] = {}
    started = 0
    for at, segment in enumerate(segments):
        match segment:
            case ["ISA", *cells]:
                header = ["", f"{int(cells[12]):06d}", cells[7].strip(), "", ""]
            case ["GS", _, _, _, day, clock, *_]:
                header[4] = stamp(datetime.strptime(f"{day}{clock}+0000", "%Y%m%d%H%M%S%z"))
            case ["ST", *_]:
                order, started = {"ship_by": ""}, at
            case ["BEG", _, _, number, *_]:
                order["vendor_order_no"] = number
            case ["REF", "CO", reference]:
                order["order_ref"] = reference
            case ["DTM", "010", day]:
                order["ship_by"] = f"{day[:4]}-{day[4:6]}-{day[6:]}"
            case ["PO1", line, quantity, _, _, _, "BP", sku, *_]:
                rows.append(order | {"order_line_no": line, "quantity": quantity, "sku": sku})
            case ["SE", count, _] if int(count) != at - started + 1:
                raise ValueError("a set does not have the segments that it counts")
    return Tagged(header, rows)


def write_receipt(
    control: str, sender: str, at: datetime, orders: Sequence[str], rejected: Collection[str]
) -> bytes:
    """A 997 for the group of that number, with a word on each of its orders."""
    body = [f"AK1*PO*{int(control)}"]
    for index, number in enumerate(orders, 1):
        verdict = ["AK3*PO1*7**8", "AK5*R*5"] if number in rejected else ["AK5*A"]
        body += [f"AK2*850*{index:04d}", *verdict]
    taken = len(orders) - len(rejected)
    overall = "A" if not rejected else "P" if taken else "R"
    body.append(f"AK9*{overall}*{len(orders)}*{len(orders)}*{taken}")
    return _interchange("FA", "997", control, sender, at, [body])


def write_answers(control: str, sender: str, at: datetime, rows: Rows) -> bytes:
    """An 855 for the rows of an answer (number, line, SKU, code, accepted, rejected, and so on)."""
    sets = [
        [f"BAK*00*AC*{number}*{at:%Y%m%d}", *_lines(list(lines))]
        for number, lines in groupby(rows, key=lambda row: str(row[0]))
    ]
    return _interchange("PR", "855", control, sender, at, sets)


def _lines(rows: Rows) -> Iterator[str]:
    for row in rows:
        _, line, sku, code, accepted, rejected, _, _, expected = row
        yield f"PO1*{line}*{int(str(accepted)) + int(str(rejected))}*EA***BP*{sku}"
        day = f"*068*{str(expected).replace('-', '')}" if expected else ""
        yield f"ACK*IA*{accepted}*EA{day}" if code == "A" else f"ACK*IR*{rejected}*EA"
    yield f"CTT*{len(rows)}"


def write_shipments(control: str, sender: str, at: datetime, rows: Rows) -> bytes:
    """An 856 for the rows of a shipment: an order and a pack for each parcel, then its items."""
    body = [f"BSN*00*{control}*{at:%Y%m%d}*{at:%H%M}", "HL*1**S", f"TD5*B*2*{rows[0][4]}"]
    body.append(f"DTM*011*{at:%Y%m%d}*{at:%H%M%S}")
    levels = 1
    for (number, tracking_no), items in groupby(rows, key=lambda row: (row[0], row[5])):
        order, pack = levels + 1, levels + 2
        body += [f"HL*{order}*1*O", f"PRF*{number}"]
        body += [f"HL*{pack}*{order}*P", f"MAN*CP*{tracking_no}"]
        levels = pack
        for row in items:
            levels += 1
            body += [f"HL*{levels}*{pack}*I", f"LIN*{row[1]}*BP*{row[2]}"]
            body.append(f"SN1*{row[1]}*{row[3]}*EA")
    return _interchange("SH", "856", control, sender, at, [[*body, f"CTT*{levels}"]])


def _interchange(
    group: str, kind: str, control: str, sender: str, at: datetime, sets: Sequence[Sequence[str]]
) -> bytes:
    number = int(control)
    segments = [
        f"ISA*00*{'':10}*00*{'':10}*ZZ*{sender:<15}*ZZ*{'TIEOUT':<15}*{at:%y%m%d}*{at:%H%M}"
        f"*U*00401*{number:09d}*0*P*>",
        f"GS*{group}*{sender}*TIEOUT*{at:%Y%m%d}*{at:%H%M%S}*{number}*X*004010",
    ]
    for index, body in enumerate(sets, 1):
        segments += [f"ST*{kind}*{index:04d}", *body, f"SE*{len(body) + 2}*{index:04d}"]
    segments += [f"GE*{len(sets)}*{number}", f"IEA*1*{number:09d}"]
    return "".join(f"{segment}~\n" for segment in segments).encode()
