"""A folder of other rules of matching, to try them: settings.yaml, and passes/*.sql.

    default: {tolerance_minor: 5}          # for all gateways
    gateways:
      adyen: {window_days: 7}              # for one, over the default

What is not stated stays as the database has it. A file of passes/ replaces the pass of its name, or
is a pass of its own, run in the order of the names.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from tieout.kernel.errors import Place, TieoutError
from tieout.kernel.sqlfiles import SqlFile, sql_files_of
from tieout.settlement.model import GatewaySettings
from tieout.settlement.passes import PASSES, WAYS

_HEAD = ("cardinality", "reference", "currency", "window")


class RulesRefused(TieoutError):  # noqa: N818 (it is what happened to the folder)
    """A folder of rules that cannot be used."""

    slug = "rules"


class Changes(BaseModel):
    """The settings of GatewaySettings that are to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    window_days: NonNegativeInt | None = None
    tolerance_minor: NonNegativeInt | None = None
    overdue_days: NonNegativeInt | None = None
    fx_band_bps: NonNegativeInt | None = None
    reserve_days: NonNegativeInt | None = None

    def over(self, settings: GatewaySettings) -> GatewaySettings:
        """The settings with these changes."""
        return GatewaySettings(**asdict(settings) | self.model_dump(exclude_none=True))


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    default: Changes = Changes()
    gateways: Mapping[str, Changes] = {}


@dataclass(frozen=True)
class Rules:
    """Changed settings, for all gateways and by gateway, and the passes to run."""

    default: Changes = Changes()
    by_gateway: Mapping[str, Changes] = field(default_factory=dict)
    passes: tuple[SqlFile, ...] = PASSES

    def settings(self, known: Mapping[str, GatewaySettings]) -> dict[str, GatewaySettings]:
        """The settings of each gateway under these rules.

        Raises RulesRefused when the rules name a gateway that there is not.
        """
        for name in self.by_gateway:
            if name not in known:
                raise RulesRefused(
                    f"There is no gateway {name!r}.",
                    remedy=f"Gateways are: {', '.join(sorted(known)) or 'none'}.",
                )
        return {
            gateway: self.by_gateway.get(gateway, Changes()).over(self.default.over(settings))
            for gateway, settings in known.items()
        }


def load_rules(folder: Path) -> Rules:
    """Read a folder of rules.

    Raises RulesRefused when there is nothing in it, or something that is no rule.
    """
    path = folder / "settings.yaml"
    files = sql_files_of(folder / "passes")
    if not path.is_file() and not files:
        raise RulesRefused(
            f"{folder} has neither settings.yaml nor passes/*.sql.",
            remedy="Give a folder with at least one of them (docs/finance/README.md).",
        )
    stated = _settings(path) if path.is_file() else _File()
    for file in files:
        _check(file)
    by_name = {file.name: file for file in (*PASSES, *files)}
    passes = tuple(by_name[name] for name in sorted(by_name))
    if passes[0].name != PASSES[0].name:
        raise RulesRefused(
            f"{passes[0].name} would run before the exact pass.",
            remedy=f"Give it a name behind {PASSES[0].name}, or replace that one.",
        )
    return Rules(stated.default, stated.gateways, passes)


def _settings(path: Path) -> _File:
    try:
        return _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RulesRefused(
            f"It cannot be read as YAML: {' '.join(str(error).split())[:200]}",
            remedy="Write it as docs/finance/README.md shows.",
            place=Place(str(path)),
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        raise RulesRefused(
            f"{'.'.join(map(str, first['loc']))}: {first['msg']}.",
            remedy=f"Settings are: {', '.join(Changes.model_fields)}; each a whole number.",
            place=Place(str(path)),
        ) from None


def _check(file: SqlFile) -> None:
    missing = [name for name in _HEAD if name not in file.head]
    if missing and file.name != PASSES[0].name:
        raise RulesRefused(
            f"The head lacks: {', '.join(missing)}.",
            remedy="Begin it with the lines that the passes in include/sql/settlement/passes have.",
            place=Place(str(file.path)),
        )
    if file.name != PASSES[0].name and file.head["cardinality"] not in WAYS:
        raise RulesRefused(
            f"There is no cardinality {file.head['cardinality']!r}.",
            remedy=f"It is one of: {'; '.join(WAYS)}.",
            place=Place(str(file.path), field="cardinality"),
        )
