"""Files that nobody here wrote, with what a person confirmed of each.

They are in the folder that TIEOUT_SHARED_DATA names, else in ../shared/data beside the repository.
`expectations/*.yaml` say for each file, by its path in that folder:

- `format`, `rows`, `rejected` and `skipped` (0 unless stated), `failed` (checks that only report);
- `net`: sums of what the gateway's lines came to by currency, `payout`: of its payout lines;
- `amount`: sums of `amount_minor` by currency, `sums`: of any columns as they are;
- or `refused`: the reason, with `why` for people, and how `found` begins where that is told.

An archive of several files has `members`, their number; the rest then holds for all of them
together (`rows`), or for each (`format`, `refused`).
"""

import os
import tarfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tieout.formats.identify import FormatAmbiguous, FormatUnknown, identify
from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.results import FileRefused, ParsedFile
from tieout.kernel.money import format_minor

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("TIEOUT_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
NOT_DATA = {"README.md", "REFERENCE.md", "SOURCES.tsv"}


def expectations() -> dict[str, dict[str, Any]]:
    """What is confirmed of each file, by its path; a path that comes twice is refused."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(Path(__file__).with_name("expectations").glob("*.yaml")):
        for name, words in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).items():
            if name in found:
                raise ValueError(f"{path.name}: {name} is expected elsewhere too")
            found[name] = words
    return found


def files() -> list[str]:
    """The paths of all genuine files."""
    paths = (str(path.relative_to(SHARED)) for path in SHARED.rglob("*") if path.is_file())
    return sorted(path for path in paths if path not in NOT_DATA)


def contents(name: str) -> Iterator[tuple[str, bytes | Path]]:
    """The file, or all files of a tar archive, with their names."""
    path = SHARED / name
    if not path.name.endswith(".tar.gz"):
        yield path.name, path
        return
    with tarfile.open(path) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is not None:
                yield member.name, content.read()


@cache
def outcome(name: str) -> list[ParsedFile | FileRefused | FormatUnknown | FormatAmbiguous]:
    """What became of a file, or of each file in an archive."""
    return [_outcome(each, content) for each, content in contents(name)]


def _outcome(
    name: str, content: bytes | Path
) -> ParsedFile | FileRefused | FormatUnknown | FormatAmbiguous:
    data = content.read_bytes() if isinstance(content, Path) else content
    try:
        return read(content, format_spec(identify(data, name).format_id), name=name)
    except (FileRefused, FormatUnknown, FormatAmbiguous) as refusal:
        return refusal


def reason(refusal: object) -> str:
    """The word for why a file was refused; blank where it was read."""
    if isinstance(refusal, FileRefused):
        return refusal.reason
    return refusal.slug if isinstance(refusal, FormatUnknown | FormatAmbiguous) else ""


def by_currency(
    parsed: ParsedFile, column: str, currency: str, kind: str | None = None
) -> dict[str, str]:
    """The sums of an amount in major units, for rows of one kind if that is given."""
    sums: dict[str, int] = defaultdict(int)
    for row in parsed.rows.to_pylist():
        if kind is None or row["kind"] == kind:
            sums[row[currency]] += row[column] or 0
    return {code: format_minor(minor, code) for code, minor in sums.items()}


def summed(parsed: ParsedFile, words: Mapping[str, Any]) -> dict[str, Any]:
    """The sums that the words tell of, as they were found."""
    found: dict[str, Any] = {}
    if "net" in words:
        found["net"] = by_currency(parsed, "settlement_net_minor", "settlement_currency")
    if "payout" in words:
        money = ("settlement_net_minor", "settlement_currency")
        found["payout"] = by_currency(parsed, *money, kind="payout")
    if "amount" in words:
        found["amount"] = by_currency(parsed, "amount_minor", "currency")
    if "sums" in words:
        columns = {name: parsed.rows.column(name).to_pylist() for name in words["sums"]}
        found["sums"] = {
            name: type(words["sums"][name])(sum(value or 0 for value in values))
            for name, values in columns.items()
        }
    return found
