"""Coverage-guided fuzzing of every reader: `make fuzz RUNS=100000`.

Each format is fuzzed by libFuzzer (atheris) in a process of its own, from its golden samples. A
crash, a hang of more than 10 seconds for one input, or a lost row ends with exit code 1 and leaves
the input in var/fuzz; tests/unit/formats keeps a test for each that was ever found.
"""

import argparse
import subprocess
import sys
import time
import zlib
from pathlib import Path

from tests.fuzz.judge import corpus

ROOT = Path(__file__).resolve().parents[2]
HANG_SECONDS = 10
MEMORY_MB = 2048


def main() -> int:
    """Fuzz all formats, or those named, and print a line for each."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--runs", type=int, default=100_000, help="inputs over all formats")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", action="append", help="only this format (repeatable)")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        return fuzz(args.child, args.runs, args.seed)
    from tieout.formats.registry import all_formats

    ids = args.format or [spec.id for spec in all_formats()]
    share = -(-args.runs // len(ids))
    failed = [each for each in ids if not _in_a_process(each, share, args.seed)]
    print(f"{share * len(ids):,} inputs over {len(ids)} formats, {len(failed)} of which failed")
    return 1 if failed else 0


def _in_a_process(format_id: str, runs: int, seed: int) -> bool:
    began = time.monotonic()
    command = [sys.executable, "-m", "tests.fuzz", "--child", format_id]
    command += ["--runs", str(runs), "--seed", str(seed)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - began
    ok = done.returncode == 0
    print(f"{format_id:<40} {runs:>8,} inputs {seconds:>7.1f} s  {'ok' if ok else 'FAILED'}")
    if not ok:
        print("\n".join((done.stdout + done.stderr).splitlines()[-40:]), file=sys.stderr)
    return ok


def fuzz(format_id: str, runs: int, seed: int) -> int:
    """Fuzz one format in this process, which libFuzzer ends."""
    import atheris

    with atheris.instrument_imports(include=["tieout.formats"]):
        from tests.fuzz.judge import judge, judge_identify
        from tieout.formats.registry import format_spec
    spec = format_spec(format_id)
    seeds = ROOT / "var" / "fuzz" / format_id / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for number, sample in enumerate(corpus(format_id)):
        (seeds / str(number)).write_bytes(sample)

    def one_input(data: bytes) -> None:
        judge(data, spec)
        if zlib.crc32(data) % 20 == 0:  # it looks at every format, so that it takes longer
            judge_identify(data)

    options = [f"-runs={runs}", f"-seed={seed}", f"-timeout={HANG_SECONDS}", "-print_final_stats=1"]
    options += [f"-rss_limit_mb={MEMORY_MB}", "-max_len=65536", "-verbosity=0"]
    options += [f"-artifact_prefix={seeds.parent}/", str(seeds)]
    atheris.Setup(["fuzz", *options], one_input)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
