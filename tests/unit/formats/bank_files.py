"""Small bank files to change in tests, and reading them."""

from pathlib import Path

import pytest

from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.results import FileRefused, ParsedFile

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "formats"


def golden(format_id: str, start: str = "") -> bytes:
    """The golden sample of a format whose name starts so."""
    found = [
        path
        for path in sorted((GOLDEN / format_id).glob(f"{start}*"))
        if not path.name.endswith((".rows.jsonl", ".result.json"))
    ]
    return found[0].read_bytes()


def parsed(data: bytes | str, format_id: str) -> ParsedFile:
    content = data.encode() if isinstance(data, str) else data
    return read(content, format_spec(format_id), name="bank.file")


def refusal(data: bytes | str, format_id: str) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        parsed(data, format_id)
    assert caught.value.remedy
    return caught.value


def rows(data: bytes | str, format_id: str) -> list[dict[str, object]]:
    return parsed(data, format_id).rows.to_pylist()


def checks(found: ParsedFile) -> dict[str, bool]:
    return {check.name: check.ok for check in found.checks}
