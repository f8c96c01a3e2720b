"""`tieout identify FILE`: which format a file has, and why."""

import argparse
from pathlib import Path

from tieout.kernel.errors import Place, TieoutError


class FileUnreadable(TieoutError):  # noqa: N818 (a state, as in FileRefused)
    """A file that cannot be opened or written."""

    slug = "file-unreadable"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "identify",
        help="say which format a file has",
        description="Says which format a file has, told from its content, and why. "
        "Exit code 0, or 2 where no format fits or several do.",
    )
    parser.add_argument("file", type=Path, help="the partner's file")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the format's id and the reason. Raises TieoutError (exit code 2) where none fits."""
    from tieout.formats.identify import identify

    found = identify(readable(args.file), args.file.name)
    print(f"{found.format_id}: {found.reason}")
    return 0


def readable(path: Path) -> Path:
    """The path of a file that can be read. Raises FileUnreadable that says why it cannot."""
    try:
        with path.open("rb"):
            return path
    except FileNotFoundError:
        why, remedy = "There is no such file.", "Check the path."
    except IsADirectoryError:
        why, remedy = "This is a folder.", "Name one file."
    except OSError as error:
        why, remedy = f"The file cannot be read: {error.strerror}.", "Check who may read it."
    raise FileUnreadable(why, remedy=remedy, place=Place(str(path)))


def content(path: Path) -> bytes:
    """The bytes of a file. Raises FileUnreadable that says why they cannot be had."""
    return readable(path).read_bytes()
