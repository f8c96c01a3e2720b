"""`bin/setup` says in one line what is missing, and does nothing twice."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("bash", "cat", "dirname", "rm", "mkdir")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "a path with spaces"
    (folder / "bin").mkdir(parents=True)
    (folder / "path").mkdir()
    for name in ("bin/setup", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, folder / name)
    for tool in TOOLS:
        (folder / "path" / tool).symlink_to(shutil.which(tool) or tool)
    return folder


def _program(checkout: Path, name: str, code: str) -> None:
    file = checkout / "path" / name
    file.write_text(f"#!/bin/sh\n{code}\n")
    file.chmod(0o755)


def _setup(checkout: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(checkout / "path"), "HOME": os.environ.get("HOME", "/")} | variables
    return subprocess.run(
        ["bash", checkout / "bin" / "setup"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_fitting_python_it_says_so_in_one_line(checkout: Path) -> None:
    _program(checkout, "python3", "exit 1")
    found = _setup(checkout)
    assert found.returncode == 1
    assert found.stdout == ""
    assert found.stderr.count("\n") == 1
    assert "no Python 3.11, 3.12 or 3.13 found" in found.stderr


def test_a_python_that_was_named_and_does_not_fit_is_not_replaced_by_another(
    checkout: Path,
) -> None:
    _program(checkout, "python3", 'echo "Python 3.12.1"')
    _program(checkout, "python3.9", "exit 1")
    found = _setup(checkout, PYTHON="python3.9")
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.startswith("set-up: PYTHON=python3.9 is no Python 3.11")


def test_without_venv_it_names_the_package_to_install(checkout: Path) -> None:
    _program(checkout, "python3", '[ "$2" = venv ] && exit 1; echo "Python 3.12.1"')
    found = _setup(checkout)
    assert found.returncode == 1
    assert "python3-venv" in found.stderr


def test_what_is_there_already_is_not_made_again(checkout: Path) -> None:
    _program(checkout, "python3", 'echo "Python 3.12.1"')
    _program(checkout, "uv", '[ "$1" = --version ] || { echo "uv was called" >&2; exit 1; }')
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / ".environment").write_text(f"Python 3.12.1 in {checkout}\n")
    (checkout / ".venv" / ".packages").write_text("Python 3.12.1\n")
    found = _setup(checkout)
    assert (found.returncode, found.stdout) == (0, "set-up: up to date (.venv)\n")
