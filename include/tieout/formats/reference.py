"""docs/formats.md from the formats themselves: `python -m tieout.formats.reference`.

reference.md beside this module is what people wrote of it; `{formats}`, `{words}` and `{columns}`
stand there for the tables of all formats, of the words of a format file, and of canonical columns.
"""

import inspect
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tieout.formats.canonical import FAMILIES
from tieout.formats.fields import Strict
from tieout.formats.layouts.base import Layout
from tieout.formats.registry import all_formats
from tieout.formats.spec import Check, FormatSpec

TEMPLATE = Path(__file__).with_name("reference.md")
_ALWAYS = "header and rows are whole"


def document() -> str:
    """The text of docs/formats.md."""
    parts = {"{formats}": _formats(), "{words}": _words(), "{columns}": _columns()}
    text = TEMPLATE.read_text(encoding="utf-8")
    for mark, part in parts.items():
        text = text.replace(f"{mark}\n", part)
    return text


def _formats() -> str:
    lines = ["| format | what it is | rows | partner | layout | | refused unless |"]
    lines += ["|---|---|---|---|---|---|---|"]
    lines += [_format(spec) for spec in all_formats()]
    return "\n".join(lines) + "\n"


def _format(spec: FormatSpec) -> str:
    title = _cell(spec.title)
    if spec.documentation.startswith("https://"):
        link, _, rest = spec.documentation.partition(" ")
        title = f"[{title}]({link}){f' {_cell(rest)}' if rest else ''}"
    does = "read, written" if spec.can_write else "read"
    cells = (f"`{spec.id}`", title, spec.family, spec.partner, spec.layout.type, does)
    return f"| {' | '.join(cells)} | {_cell('; '.join(_promises(spec)))} |"


def _promises(spec: FormatSpec) -> list[str]:
    """What a file must hold to, by the layout's own totals and by the checks of the spec."""
    found = [*spec.layout.ties, *map(_check, spec.checks)]
    return found or [_ALWAYS]


def _check(check: Check) -> str:
    group = f" by {', '.join(check.by)}" if check.by else ""
    closed = f" where there is a row of {', '.join(check.kinds)}" if check.kinds else ""
    says = {
        "sum_is_zero": f"{check.column} adds up to 0{group}{closed}",
        "has_kind": f"there is a row of {', '.join(check.kinds)}{group}",
        "trailer_count": f"the number of rows is {check.fact}",
        "trailer_sum": f"{check.column} adds up to {check.fact}",
        "closing_balance": f"{check.opening} and {check.column} come to {check.closing}",
        "running_balance": f"{check.balance} grows by {check.column}{group}",
    }[check.rule]
    return says if check.severity == "refuse" else f"({says}: reported)"


def _columns() -> str:
    parts = []
    for name, family in FAMILIES.items():
        lines = [
            f"### {name}",
            "",
            family.meaning,
            "",
            "| column | type | meaning |",
            "|---|---|---|",
        ]
        columns = family.columns.items()
        lines += [
            f"| `{each}` | {column.type} | {_cell(column.meaning)} |" for each, column in columns
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _words() -> str:
    """The words of a format file, then of its parts, the layouts last."""
    schema = FormatSpec.model_json_schema()
    named = {each.__name__: each for each in _models(Strict)}
    parts: list[tuple[str, type[Strict], Mapping[str, Any]]] = [("format file", FormatSpec, schema)]
    for key, part in sorted(schema["$defs"].items(), key=_layouts_last):
        name = key.rpartition("__")[2]
        model = next((each for each in named.values() if _key(each) == key), None)
        parts.append((_heading(name, part), model or named[name], part))
    return "\n\n".join(_section(*each) for each in parts) + "\n"


def _models(base: type[Strict]) -> Iterator[type[Strict]]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)


def _key(model: type[Strict]) -> str:
    """How the schema names a model whose name is not the only one."""
    return f"{model.__module__}.{model.__name__}".replace(".", "__")


def _layouts_last(item: tuple[str, Any]) -> tuple[bool, str]:
    return "type" in item[1].get("required", ()), item[0]


def _heading(name: str, part: Mapping[str, Any]) -> str:
    kind = part["properties"].get("type", {}).get("const")
    return f"layout `{kind}`" if kind else name


def _section(heading: str, model: type[Strict], part: Mapping[str, Any]) -> str:
    lines = [f"### {heading}", "", *_said_of(model)]
    lines += ["| word | takes | if not stated |", "|---|---|---|"]
    required = set(part.get("required", ()))
    for word, takes in part["properties"].items():
        default = "must be stated" if word in required else _default(takes)
        lines.append(f"| `{word}` | {_takes(takes)} | {default} |")
    return "\n".join(lines)


def _said_of(model: type[Strict]) -> list[str]:
    """The docstrings of a model and of what it is made from, in paragraphs."""
    own = [
        each for each in model.__mro__ if issubclass(each, Strict) and each not in {Strict, Layout}
    ]
    return [
        line for each in own for line in (*inspect.cleandoc(each.__doc__ or "").split("\n"), "")
    ]


def _takes(part: Mapping[str, Any]) -> str:
    """What a word takes, from its JSON Schema."""
    if "$ref" in part:
        return str(part["$ref"].rpartition("/")[2].rpartition("__")[2])
    if "oneOf" in part:
        return "one of the layouts"
    if "anyOf" in part:
        some = [each for each in part["anyOf"] if each.get("type") != "null"]
        return " or ".join(dict.fromkeys(map(_takes, some)))
    if "const" in part or "enum" in part:
        return ", ".join(f"`{word}`" for word in part.get("enum", [part.get("const")]))
    if part.get("type") == "array":
        return _takes_list(part)
    if part.get("type") == "object":
        some_value = part.get("additionalProperties")
        return f"name: {_takes(some_value)}" if isinstance(some_value, dict) else "names"
    return {"string": "text", "boolean": "true, false"}.get(part.get("type", ""), "number")


def _takes_list(part: Mapping[str, Any]) -> str:
    if "prefixItems" in part:
        return f"[{', '.join(map(_takes, part['prefixItems']))}]"
    return f"list of {_takes(part['items'])}"


def _default(part: Mapping[str, Any]) -> str:
    default = part.get("default")
    if isinstance(default, bool):
        return str(default).lower()
    return f"`{default}`" if default and not isinstance(default, dict) else ""


def _cell(text: str) -> str:
    """Text as it may stand in a table."""
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(document())
