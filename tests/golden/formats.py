"""Golden cases of the formats: for `<format>/<file>` the rows and all else that reading gave.

`python -m tests.golden.formats` writes what is missing and refuses to overwrite: to accept a
change, delete the golden file first, so that the change is seen in review.
"""

import json
from pathlib import Path

from tieout.formats.reading import read
from tieout.formats.registry import format_spec

ROOT = Path(__file__).with_name("formats")
ENDINGS = (".rows.jsonl", ".result.json")


def inputs() -> list[Path]:
    """The files to read."""
    return sorted(path for path in ROOT.glob("*/*") if not path.name.endswith(ENDINGS))


def said_of(path: Path) -> dict[str, str]:
    """What reading gives for a file, as the texts of its golden files, by their endings."""
    parsed = read(path, format_spec(path.parent.name), name=path.name)
    rows = [json.dumps(row, default=str, ensure_ascii=False) for row in parsed.rows.to_pylist()]
    result = {
        "sha256": parsed.sha256,
        "facts": parsed.facts,
        "counts": vars(parsed.counts),
        "checks": [vars(check) for check in parsed.checks],
        "rejected": [vars(problem) for problem in parsed.rejected],
    }
    return {
        ".rows.jsonl": "".join(f"{row}\n" for row in rows),
        ".result.json": json.dumps(result, indent=2, default=str, ensure_ascii=False) + "\n",
    }


def generate() -> None:
    """Write the golden files that are missing."""
    for path in inputs():
        for ending, text in said_of(path).items():
            golden = path.with_name(path.name + ending)
            if golden.exists() and golden.read_text(encoding="utf-8") != text:
                raise SystemExit(f"{golden} differs: delete it first if the change is right")
            golden.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    generate()
