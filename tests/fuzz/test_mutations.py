"""Every reader takes any damage: an answer or a refusal, and no row is lost without a word."""

import gzip

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.judge import corpus, judge, judge_identify
from tieout.formats.registry import all_formats

TOKENS = [
    *(
        b"",
        b"\n",
        b"\r",
        b"\r\n",
        b'"',
        b"'",
        b",",
        b";",
        b"\t",
        b"~",
        b"*",
        b"+",
        b":",
        b"?",
        b"|",
    ),
    *(b"\0", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"<", b">", b"&x;", b"{", b"}", b"[", b"]"),
    *(b"-", b"0", b"9" * 30, b"1e9", b"NaN", b"=1+1", "é".encode(), b" " * 100, b"a" * 70_000),
    *(b"SE*", b"UNT+", b":61:", b"98,", b"TRL", b"<!ENTITY a 'b'>", b"\x1f\x8b", b"PK\x03\x04"),
]


@st.composite
def damaged(draw: st.DrawFn, samples: list[bytes]) -> bytes:
    """A sample after a few cuts, insertions, repeats and swaps."""
    data = bytearray(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.one_of(st.integers(0, 8), st.integers(0, len(data)))))
        piece = bytes(data[start:end])
        match draw(st.sampled_from(["replace", "repeat", "move", "cut", "bytes"])):
            case "replace":
                data[start:end] = draw(st.sampled_from(TOKENS))
            case "repeat":
                data[start:start] = piece * draw(st.integers(1, 3))
            case "move":
                del data[start:end]
                at = draw(st.integers(0, len(data)))
                data[at:at] = piece
            case "cut":
                del data[end:]
            case "bytes":
                data[start:end] = draw(st.binary(max_size=20))
    whole = bytes(data)
    return gzip.compress(whole) if draw(st.integers(0, 19)) == 0 else whole


@pytest.mark.parametrize("spec", all_formats(), ids=lambda spec: spec.id)
def test_a_reader_survives_any_damage(spec):
    samples = corpus(spec.id)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(damaged(samples))
    def survives(data):
        judge(data, spec)

    survives()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged([sample for spec in all_formats() for sample in corpus(spec.id)]))
def test_telling_the_format_survives_any_damage(data):
    judge_identify(data)
