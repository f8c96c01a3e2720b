"""The environment of the peers that do not fit beside our own pins: pinned in peers.txt.

datacompy wants an older pandas than ours, so it is installed apart, below .venv, when a benchmark
first needs it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

_PINNED = Path(__file__).with_name("peers.txt")
_FOLDER = Path(sys.prefix) / "peers"


def python() -> Path:
    """The Python that has the peers; makes its environment where that is missing or outdated."""
    stamp = _FOLDER / ".packages"
    wanted = hashlib.sha256(_PINNED.read_bytes()).hexdigest()
    found = _FOLDER / "bin" / "python"
    if not stamp.is_file() or stamp.read_text(encoding="ascii") != wanted:
        print(f"installing the peers of {_PINNED.name} into {_FOLDER}", flush=True)
        _install(found)
        stamp.write_text(wanted, encoding="ascii")
    return found


def _install(into: Path) -> None:
    uv = shutil.which("uv", path=f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}")
    if uv:
        make = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(_FOLDER)]
        install = [uv, "pip", "install", "--quiet", "--python", str(into)]
    else:
        make = [sys.executable, "-m", "venv", "--clear", str(_FOLDER)]
        install = [str(into), "-m", "pip", "install", "--quiet"]
    subprocess.run(make, check=True)
    subprocess.run([*install, "-r", str(_PINNED)], check=True)
