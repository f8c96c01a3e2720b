"""The rules that there are: every file of include/sql/exceptions, its head read and checked."""

from collections.abc import Callable
from functools import cache
from typing import TypeVar

from tieout.exceptions.model import Rule, Severity, parse_grace, parse_inhibitions
from tieout.kernel.errors import Place, SettingsError
from tieout.kernel.sqlfiles import SqlFile, sql_folder

FOLDER = "exceptions"
_T = TypeVar("_T")


@cache
def rules() -> tuple[Rule, ...]:
    """All rules in the order of their codes.

    Raises SettingsError when a head lacks something or says what cannot be, or when rules inhibit
    each other in a circle or name a code that does not exist.
    """
    found = tuple(_rule(file) for file in sql_folder(FOLDER))
    _check_inhibitions({rule.code: [i.parent_code for i in rule.inhibited_by] for rule in found})
    return found


def _rule(file: SqlFile) -> Rule:
    return Rule(
        code=file.name.upper(),
        purpose=" ".join(_head(file, "purpose", str).split()),
        severity=_head(file, "severity", Severity),
        grace=_head(file, "grace", parse_grace),
        inhibited_by=_head(file, "inhibited-by", parse_inhibitions, default=""),
        remedy=" ".join(_head(file, "remedy", str).split()),
        resolves=" ".join(_head(file, "resolves", str).split()),
        query=file.text,
    )


def _head(file: SqlFile, key: str, read: Callable[[str], _T], default: str | None = None) -> _T:
    try:
        return read(file.head[key] if default is None else file.head.get(key, default))
    except (KeyError, ValueError):
        raise SettingsError(
            f"The head of rule {file.name} says {file.head.get(key)!r} for {key!r}.",
            remedy="See docs/developers/add-an-exception.md for what a head needs.",
            place=Place(str(file.path), field=key),
        ) from None


def _check_inhibitions(parents: dict[str, list[str]]) -> None:
    for code, direct in parents.items():
        reached, ahead = set[str](), list(direct)
        while ahead:
            parent = ahead.pop()
            if parent == code or parent not in parents:
                raise SettingsError(
                    f"Rule {code} is inhibited by itself, or by {parent}, which does not exist.",
                    remedy="Name codes that are files of include/sql/exceptions, without a circle.",
                    code=code,
                )
            if parent not in reached:
                reached.add(parent)
                ahead += parents[parent]
