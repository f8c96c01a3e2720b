"""`tieout formats draft FILE`: a first format file for a file that no format knows."""

import argparse
import sys
from pathlib import Path

from tieout.cli.identify import FileUnreadable, content
from tieout.kernel.errors import Place


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("formats", help="draft a format for an unknown file")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    draft = actions.add_parser(
        "draft",
        help="write a first format file for an unknown file",
        description="Writes a first format (YAML) for a delimited file: encoding, delimiter, line "
        "of column names, types, amounts, likely keys, totals. Then reads the file by it and says "
        "what came of it. Exit code 0 where all rows were read, 1 where some were not, 2 where "
        "none.",
    )
    draft.add_argument("file", type=Path, help="the unknown file")
    draft.add_argument("--id", metavar="ID", help="the id to give, such as acme-settlement-1")
    draft.add_argument("--out", type=Path, metavar="FORMAT.yaml", help="where to write it")
    draft.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the draft. Raises TieoutError (exit code 2) where there can be none."""
    from tieout.formats.draft import draft
    from tieout.formats.reading import read

    data = content(args.file)
    made = draft(data, args.file.name, format_id=args.id)
    if args.out is None:
        print(made.text, end="")
    else:
        _write(args.out, made.text)
    counts = read(data, made.spec, name=args.file.name).counts
    print(
        f"{args.file.name}: {counts.applied} of {counts.read} rows are read as "
        f"{made.spec.family}, {counts.skipped} skipped, {counts.rejected} rejected",
        file=sys.stderr,
    )
    return 1 if counts.rejected else 0


def _write(path: Path, text: str) -> None:
    """A new file; one that is there is not overwritten."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise FileUnreadable(
            f"The draft cannot be written: {error.strerror}.",
            remedy="Name a file that is not there yet, in a folder that can be written to.",
            place=Place(str(path)),
        ) from error
