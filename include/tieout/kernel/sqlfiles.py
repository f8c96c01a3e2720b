"""SQL text lives in include/sql, one statement per file; here it is found and read.

A file starts with a head of `-- key: value` comment lines (at least `purpose`); further lines of a
value are indented comment lines. Values reach SQL only as bound parameters (`:name`).
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tieout.kernel.errors import Place, SettingsError

SQL_ROOT = Path(__file__).resolve().parents[2] / "sql"
_HEAD_LINE = re.compile(r"^--\s?(?P<key>[a-z][a-z_-]*):\s*(?P<value>.*)$")
_MORE_LINE = re.compile(r"^--\s{2,}(?P<value>\S.*)$")


@dataclass(frozen=True)
class SqlFile:
    """One SQL file: its path (below include/sql, if there), its head as a mapping, and its text."""

    path: Path
    head: dict[str, str]
    text: str

    @property
    def name(self) -> str:
        """The file's stem, which is the name of what it does."""
        return self.path.stem


@cache
def sql_file(name: str) -> SqlFile:
    """The file `include/sql/<name>.sql`, for example `sql_file("intake/validate_entries")`.

    Raises SettingsError when there is no such file.
    """
    path = SQL_ROOT / f"{name}.sql"
    if not path.is_file():
        raise SettingsError(
            f"There is no SQL file {name!r}.",
            remedy="Check the name against the files below include/sql.",
            place=Place(str(path)),
        )
    return _read(path)


def sql_text(name: str) -> str:
    """The text of `include/sql/<name>.sql`."""
    return sql_file(name).text


@cache
def sql_folder(name: str) -> tuple[SqlFile, ...]:
    """All files of `include/sql/<name>/`, in the order of their names."""
    return tuple(_read(path) for path in sorted((SQL_ROOT / name).glob("*.sql")))


def sql_files_of(folder: Path) -> tuple[SqlFile, ...]:
    """All SQL files of any folder, in the order of their names; none where there is no folder."""
    return tuple(_read(path) for path in sorted(folder.glob("*.sql")))


def _read(path: Path) -> SqlFile:
    text = path.read_text(encoding="utf-8")
    inside = path.is_relative_to(SQL_ROOT)
    return SqlFile(path.relative_to(SQL_ROOT) if inside else path, _head(text), text)


def _head(text: str) -> dict[str, str]:
    head: dict[str, str] = {}
    key = ""
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        if found := _HEAD_LINE.match(line):
            key = found["key"]
            head[key] = found["value"].strip()
        elif key and (found := _MORE_LINE.match(line)):
            head[key] = f"{head[key]}\n{found['value'].rstrip()}"
    return head
