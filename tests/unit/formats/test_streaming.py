"""A large file read block by block gives what it gives as a whole, in bounded memory."""

import mmap
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.formats.samples import ACK, ADYEN, SPOOL, STRIPE, ack_file, adyen_file, stripe_file
from tieout.formats import gathering, reading, source, stored
from tieout.formats.layouts import delimited, delimited_fast, delimited_opening
from tieout.formats.reading import read
from tieout.formats.results import FileRefused, ParsedFile

PIECES = ["a", "1", " ", '"', ",", "\n", "\r", "\r\n", "Zoë", '""', '"a,b"', '"x\ny"']


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of a few lines, so that small files have many."""
    monkeypatch.setattr(delimited, "LARGE_FROM_BYTES", 0)
    monkeypatch.setattr(delimited_fast, "BLOCK_BYTES", 300)
    monkeypatch.setattr(delimited_fast, "TAIL_BYTES", 100)


def outcome(data: bytes, spec) -> object:
    """All that reading gives, or that the file is refused, for whichever of its faults."""
    loose = spec.model_copy(update={"max_bad_share": 1.0})
    try:
        parsed = read(data, loose, name="x")
    except FileRefused:
        return "refused"
    problems = [(each.line, each.rule, each.field, each.raw) for each in parsed.rejected]
    return parsed.rows.to_pylist(), problems, parsed.facts, parsed.checks, parsed.counts


def as_a_whole(data: bytes, spec, monkeypatch) -> object:
    with monkeypatch.context() as whole:
        whole.setattr(delimited, "LARGE_FROM_BYTES", len(data) + 1)
        return outcome(data, spec)


FILES = [(adyen_file(40), ADYEN), (ack_file(60), ACK), (stripe_file(40), STRIPE)]


@pytest.mark.parametrize(("data", "spec"), FILES, ids=["adyen", "ack", "stripe"])
@pytest.mark.parametrize("line_break", [b"\n", b"\r\n", b"\r"], ids=["lf", "crlf", "cr"])
def test_blocks_give_what_the_whole_gives(data, spec, line_break, small_blocks, monkeypatch):
    dressed = data.replace(b"\n", line_break)
    assert outcome(dressed, spec) == as_a_whole(dressed, spec, monkeypatch)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_blocks_give_what_the_whole_gives_of_any_file(data):
    content, spec = data.draw(st.sampled_from(FILES))
    broken = content.decode()
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(broken)))
        end = start + data.draw(st.integers(0, 4))
        broken = broken[:start] + data.draw(st.sampled_from(PIECES)) + broken[end:]
    with pytest.MonkeyPatch.context() as patch:
        whole = as_a_whole(broken.encode(), spec, patch)
        patch.setattr(delimited, "LARGE_FROM_BYTES", 0)
        patch.setattr(delimited_fast, "BLOCK_BYTES", data.draw(st.integers(50, 900)))
        patch.setattr(delimited_fast, "TAIL_BYTES", data.draw(st.integers(1, 300)))
        assert outcome(broken.encode(), spec) == whole


def test_a_block_with_line_breaks_in_cells_holds_back_no_other(small_blocks, monkeypatch):
    lines = ack_file(60).decode().splitlines()
    lines[20] = lines[20].replace(",,", ',"out\nof stock",', 1)
    quick = []
    block = delimited_fast._block

    def counted(*words):
        quick.append(block(*words) is not None)
        return block(*words)

    monkeypatch.setattr(delimited_fast, "_block", counted)
    parsed = read("\n".join([*lines, ""]).encode(), ACK, name="x")
    assert parsed.counts.applied == 60
    assert quick.count(False) == 1
    assert quick[-1]


def test_the_raw_text_of_a_bad_row_is_found_in_its_block(small_blocks):
    lines = adyen_file(60).decode().splitlines()
    lines[50] = lines[50].replace("Settled", "Wondered")
    (problem,) = read("\n".join(lines).encode(), ADYEN, name="x").rejected
    assert (problem.line, problem.raw) == (51, lines[50])


def test_rows_beyond_memory_are_the_same(small_blocks, monkeypatch):
    in_memory = read(adyen_file(200), ADYEN, name="x")
    monkeypatch.setattr(stored, "IN_MEMORY", 1000)
    on_disk = read(adyen_file(200), ADYEN, name="x")
    assert on_disk.rows.equals(in_memory.rows)


def test_memory_does_not_grow_with_the_file(monkeypatch, tmp_path):
    monkeypatch.setattr(stored, "IN_MEMORY", 100_000)
    monkeypatch.setattr(delimited_fast, "BLOCK_BYTES", 50_000)
    monkeypatch.setattr(reading, "SMALL_BYTES", 0)
    monkeypatch.setattr("tieout.formats.source.IN_MEMORY", 100_000)

    def peak(charges: int) -> int:
        path = tmp_path / f"{charges}.csv"
        path.write_bytes(adyen_file(charges))
        tracemalloc.start()
        parsed = read(path, ADYEN, name=path.name)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert parsed.counts.applied == charges + 1
        return most

    assert peak(20_000) < 2 * peak(5_000)


def resident_file_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[2]) * mmap.PAGESIZE


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux counts so")
def test_what_was_looked_at_of_a_large_file_leaves_memory(tmp_path):
    path = tmp_path / "large.txt"
    path.write_bytes(b"a\n" * (32 * source.CHUNK))
    found = source.open_source(path, path.name, ("utf-8",))
    before = resident_file_bytes()
    assert found.count(b"\n") == 32 * source.CHUNK
    assert found.stream().read(2 * source.CHUNK) == found.data[: 2 * source.CHUNK]
    assert resident_file_bytes() - before < 8 * source.CHUNK


def test_rows_on_the_disk_are_given_in_batches(monkeypatch):
    monkeypatch.setattr(stored, "IN_MEMORY", 1000)
    parsed = read(adyen_file(200), ADYEN, name="x")
    assert parsed.on_disk is not None
    for _ in range(2):
        batches = list(parsed.batches(64))
        assert max(len(batch) for batch in batches) == 64
        assert pa.Table.from_batches(batches).equals(parsed.rows)


def test_a_file_of_bad_rows_is_left_before_its_end(small_blocks, monkeypatch):
    monkeypatch.setattr(gathering, "_LOOK_FROM", 10)
    cut = []
    rows = delimited_fast.tidied

    def counted(*words):
        cut.append(1)
        return rows(*words)

    monkeypatch.setattr(delimited_fast, "tidied", counted)
    data = adyen_file(500).replace(b"Settled", b"Wondered")
    with pytest.raises(FileRefused, match="rows are bad") as caught:
        read(data, ADYEN, name="x")
    assert caught.value.reason == "bad-rows"
    assert len(cut) < len(data) / 300 / 3


@pytest.mark.parametrize(
    "line", [b"a" * 40_000, b'"' + b"a" * 40_000, b"a," * 20_000], ids=["cell", "quote", "cells"]
)
def test_an_endless_line_is_refused(line, monkeypatch, small_blocks):
    monkeypatch.setattr(delimited_opening, "LINE_CHARACTERS", 10_000)
    data = adyen_file(5) + line
    with pytest.raises(FileRefused) as caught:
        read(data, ADYEN, name="x")
    assert caught.value.reason == "too-large"
    assert caught.value.place.line == 8


def test_nothing_is_given_out_of_a_file_that_fails_at_its_end(small_blocks):
    data = adyen_file(400)
    with pytest.raises(FileRefused, match="batch_sum"):
        read(data.replace(b"9.70", b"9.71", 1), ADYEN, name="x")


def test_many_blocks_are_read_in_their_order(small_blocks):
    parsed: ParsedFile = read(stripe_file(500), STRIPE, name="x")
    assert parsed.rows.column("record_no").to_pylist() == list(range(1, 501))
    assert parsed.rows.column("line_no").to_pylist() == list(range(2, 502))


def test_a_long_spool_is_read_some_lines_at_a_time(monkeypatch):
    lines = [f'{{"seq": {n}, "entry_id": "{n}", "line_no": 1}}\n' for n in range(1, 40)]
    lines[20] = '{"seq": 21, "ent\n'
    data = "".join(lines).encode()
    whole = read(data, SPOOL, name="x")
    monkeypatch.setattr("tieout.formats.layouts.jsonl.ROWS_TOGETHER", 7)
    parts = read(data, SPOOL, name="x")
    assert parts.rows.equals(whole.rows)
    assert parts.rejected == whole.rejected
    assert [each.line for each in parts.rejected] == [21]
