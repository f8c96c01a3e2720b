"""Many files read together are read as each is by itself."""

from tieout.formats.reading import read, read_all
from tieout.formats.registry import format_spec
from tieout.formats.results import FileRefused, ParsedFile

SPEC = format_spec("tieout-tracking-1")
COLUMNS = "C,carrier,tracking_no,status,occurred_at,location,vendor_order_no,order_ref"


def _file(number: int, *moments: str, columns: str = COLUMNS) -> tuple[str, bytes]:
    rows = [f"L,fastship,TRACK{n:06d},delivered,{at},,V{n},R{n}" for n, at in enumerate(moments)]
    head = f"H,tieout-tracking-1,{number},fastship,2026-01-05T00:00:00Z"
    text = "\n".join([head, columns, *rows, f"T,{len(rows)}", ""])
    return f"tracking-fastship-{number}.csv", text.encode()


GOOD = "2026-01-05T10:00:00Z"
FILES = [
    _file(1, GOOD, GOOD),
    ("tracking-fastship-2.csv", b""),
    _file(3, GOOD, *[GOOD] * 40, "never"),
    _file(4, GOOD, columns=COLUMNS.replace("location", "place")),
    _file(5, GOOD, *[GOOD] * 40, "2026-13-01T00:00:00Z", GOOD),
]


def _alone(name: str, data: bytes) -> object:
    try:
        return _shown(read(data, SPEC, name=name))
    except FileRefused as refusal:
        return _shown(refusal)


def _shown(found: ParsedFile | FileRefused) -> object:
    if isinstance(found, FileRefused):
        return (found.reason, str(found))
    others = {name: value for name, value in vars(found).items() if name != "rows"}
    return (found.rows.to_pylist(), others)


def test_files_read_together_are_what_each_is_alone() -> None:
    together = read_all(FILES, SPEC)
    assert [_shown(found) for found in together] == [_alone(*file) for file in FILES]
    bad = [[row.line for row in each.rejected] for each in together if isinstance(each, ParsedFile)]
    assert bad == [[], [44], [], [44]]
