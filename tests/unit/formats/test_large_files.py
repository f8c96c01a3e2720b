"""Every layout holds only a part of a file, whatever its size."""

import tracemalloc

import pytest

from tests.golden.formats import inputs, said_of
from tests.unit.formats import large_files
from tieout.formats import reading, source, stored
from tieout.formats.layouts import (
    bai2,
    camt,
    delimited,
    delimited_fast,
    interchange,
    json_documents,
    json_reader,
    ofx,
    segments,
    sheets,
    swift,
    swift_messages,
    tree,
    windows,
    xlsx,
    xml_safe,
)
from tieout.formats.registry import format_spec
from tieout.formats.results import FileRefused


@pytest.fixture
def small_parts(monkeypatch):
    """Parts so small that a small file has many."""
    for module in (bai2, camt, ofx, swift, swift_messages):
        monkeypatch.setattr(module, "ROWS_TOGETHER", 20)
    monkeypatch.setattr(tree, "ROWS_AT_ONCE", 20)
    monkeypatch.setattr(interchange, "_CELLS", 500)
    monkeypatch.setattr(json_documents, "WHOLE", 5_000)
    monkeypatch.setattr(xml_safe, "_CHUNK", 4_000)
    monkeypatch.setattr(segments, "_AHEAD", 1_000)
    monkeypatch.setattr(delimited_fast, "TAIL_BYTES", 500)
    monkeypatch.setattr(delimited, "LARGE_FROM_BYTES", 0)
    monkeypatch.setattr(delimited_fast, "BLOCK_BYTES", 2_000)
    for module in (windows, json_reader, sheets, xlsx, source):
        monkeypatch.setattr(module, "CHUNK", 4_000)
    monkeypatch.setattr(source, "IN_MEMORY", 10_000)
    monkeypatch.setattr(stored, "IN_MEMORY", 10_000)
    monkeypatch.setattr(reading, "SMALL_BYTES", 0)
    monkeypatch.setattr(reading, "in_order", map)


@pytest.mark.parametrize("format_id", large_files.FILES)
def test_memory_does_not_grow_with_the_file(format_id, small_parts, tmp_path):
    spec = format_spec(format_id)

    def peak(size: int) -> int:
        path = tmp_path / f"{size}"
        rows = large_files.write(format_id, path, size)
        tracemalloc.start()
        parsed = reading.read(path, spec, name="large")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert parsed.counts.applied == rows
        return most

    peak(20_000)
    assert peak(160_000) < 1.25 * peak(40_000)


@pytest.mark.parametrize("path", inputs(), ids=lambda path: path.name)
def test_a_file_in_small_parts_is_read_as_a_whole(path, monkeypatch):
    whole = said_of(path)
    monkeypatch.setattr(windows, "CHUNK", 64)
    monkeypatch.setattr(json_reader, "CHUNK", 16)
    monkeypatch.setattr(segments, "_AHEAD", 300)
    monkeypatch.setattr(xml_safe, "_CHUNK", 50)
    monkeypatch.setattr(json_documents, "WHOLE", 200)
    assert said_of(path) == whole


LARGE = [
    ("mt940-1", windows, "LONGEST", ":20:A\n:25:B\n:28C:1\n:60F:C260303EUR0,\n:86:" + "x\n" * 600),
    ("bai2-1", windows, "LONGEST", "01,A,B,260304,0615,1,,,2/\n" + "x" * 2_000),
    ("x12-855-1", windows, "LONGEST", large_files.ISA + "ST" + "x" * 2_000),
    ("ofx-1", windows, "LONGEST", "<OFX><STMTRS><STMTTRN><MEMO>" + "x" * 2_000),
    ("braintree-transactions-json-1", windows, "LONGEST", '[{"a": "' + "x" * 2_000),
    ("x12-855-1", segments, "_MOST_SEGMENTS", large_files.ISA + "ST*855*1~" + "REF~" * 2_000),
    ("mt940-1", swift_messages, "_MOST_FIELDS", ":20:A\n" + ":21:B\n" * 2_000),
    ("ingenico-wx-1", xml_safe, "MAX_HELD", "<report><a>" + "x" * 500_000),
    ("ingenico-wx-1", xml_safe, "LONGEST", "<report><a b='" + "x" * 2_000),
]


@pytest.mark.parametrize(("format_id", "module", "name", "text"), LARGE)
def test_what_would_have_to_be_held_is_refused_where_it_is_too_large(
    format_id, module, name, text, monkeypatch
):
    for each in (windows, json_reader):
        monkeypatch.setattr(each, "CHUNK", 64)
    monkeypatch.setattr(xml_safe, "_CHUNK", 1_000)
    monkeypatch.setattr(segments, "_AHEAD", 300)
    for each in (module, swift_messages, bai2):
        monkeypatch.setattr(each, name, 1_000, raising=each is module)
    with pytest.raises(FileRefused) as caught:
        reading.read(text.encode(), format_spec(format_id), name="x")
    assert caught.value.reason == "too-large"
