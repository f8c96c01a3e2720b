"""The format files below include/formats: found, read and checked once per process."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import ValidationError

from tieout.formats.spec import FormatSpec
from tieout.kernel.errors import Place, SettingsError

FORMATS_ROOT = Path(__file__).resolve().parents[2] / "formats"


def format_spec(format_id: str) -> FormatSpec:
    """The format of that id, for example `adyen-settlement-detail-1`.

    Raises SettingsError when there is none, or when its YAML does not hold.
    """
    path = FORMATS_ROOT / f"{format_id}.yaml"
    if path not in _paths():
        known = ", ".join(found.stem for found in _paths())
        raise SettingsError(
            f"There is no format {format_id!r}.", remedy=f"Use one of: {known}.", format=format_id
        )
    return load_format(path)


def all_formats() -> tuple[FormatSpec, ...]:
    """All formats, in the order of their ids."""
    return tuple(load_format(path) for path in _paths())


@cache
def load_format(path: Path) -> FormatSpec:
    """The format in a YAML file. Raises SettingsError that names the word that does not hold."""
    try:
        words = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        spec = FormatSpec.model_validate(words)
    except (yaml.YAMLError, ValidationError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"This is no format file: {error}",
            remedy="Correct the words it names; docs/formats.md lists them.",
            place=Place(str(path)),
        ) from error
    if spec.id != path.stem:
        raise SettingsError(
            f"The file holds the format {spec.id!r}.",
            remedy="Give the file the name of its id.",
            place=Place(str(path)),
        )
    return spec


@cache
def _paths() -> tuple[Path, ...]:
    return tuple(sorted(FORMATS_ROOT.glob("*.yaml")))
