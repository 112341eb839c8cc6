"""What disciplines are told, byte for byte as linux/pkt_sched.h has it: netem is not in every kernel we test on."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.kernel.tc_options import Netem, Shape, bfifo, htb, htb_class_rate, prio, tbf_rate_and_limit

pytestmark = pytest.mark.skipif(sys.byteorder == "big", reason="the expected bytes are a little-endian machine's")

MS = 1_000_000
MILLIONTHS = st.integers(0, 1_000_000)
TIMES = st.integers(0, 3_600 * 1_000 * MS)


@pytest.mark.parametrize(
    ("netem", "expected"),
    [
        (
            Netem(delay=50 * MS),
            # latency 781,250 ticks of 64 ns, limit 100,000, loss, gap, duplicate, jitter; LATENCY64 (10)
            "c2eb0b00 a0860100 00000000 00000000 00000000 00000000  0c00 0a00 80f0fa0200000000",
        ),
        (
            Netem(delay=50 * MS, jitter=5 * MS),
            # ... jitter 78,125 ticks; LATENCY64 (10), JITTER64 (11)
            "c2eb0b00 a0860100 00000000 00000000 00000000 2d310100 0c000a00 80f0fa0200000000 0c000b00 404b4c0000000000",
        ),
        (Netem(loss=100_000), "00000000 a0860100 99999919 00000000 00000000 00000000"),
        (Netem(loss=1_000_000), "00000000 a0860100 ffffffff 00000000 00000000 00000000"),
        (Netem(duplicate=100_000), "00000000 a0860100 00000000 00000000 99999919 00000000"),
        (
            Netem(corrupt=100_000),
            # CORRUPT (4): probability, correlation
            "00000000 a0860100 00000000 00000000 00000000 00000000  0c00 0400 99999919 00000000",
        ),
        (
            Netem(delay=10 * MS, in_time=900_000),
            # gap 1; REORDER (3): probability of not waiting, correlation; LATENCY64 (10)
            "5a620200 a0860100 00000000 01000000 00000000 00000000 0c000300 656666e600000000 0c000a00 8096980000000000",
        ),
    ],
    ids=["delay", "jitter", "loss", "all lost", "duplicate", "corrupt", "reorder"],
)
def test_netem_is_told_in_its_structures(netem: Netem, expected: str) -> None:
    """Struct tc_netem_qopt, then attributes of length, kind and value."""
    assert netem.encode() == bytes.fromhex(expected)


@given(st.builds(Netem, TIMES, TIMES, MILLIONTHS, MILLIONTHS, MILLIONTHS, st.none() | MILLIONTHS))
def test_what_netem_lists_is_what_it_was_told(netem: Netem) -> None:
    """The kernel gives back the structures it got: reading them gives the same values, to the ns and the millionth."""
    assert Netem.decode(netem.encode()) == netem


@given(
    st.integers(1, 1 << 40),
    st.integers(16 << 10, 1 << 20),
    st.integers(0, (1 << 32) - 1),
)
def test_what_tbf_and_htb_list_is_what_they_were_told(rate: int, burst: int, limit: int) -> None:
    """Rates beyond 32 bits as well, which have an attribute of their own."""
    shape = Shape(rate, burst, limit)
    assert tbf_rate_and_limit(shape.tbf()) == (rate, limit)
    assert htb_class_rate(shape.htb_class()) == rate


def test_a_tbf_is_told_in_its_structures() -> None:
    """PARMS (1): rate, peak rate (none), limit, buffer in ticks, mtu; BURST (6) in bytes."""
    shape = Shape(rate=1_250_000, burst=32_768, limit=125_000)
    ticks = "00400600"  # 32,768 bytes at 1.25 MB/s are 26.2144 ms, 409,600 ticks of 64 ns
    assert shape.tbf() == bytes.fromhex(
        "2800 0100 00 01 0000 0000 0000 d0121300  00 01 0000 0000 0000 00000000  48e80100" + ticks + "00000000"
        "0800 0600 00800000"
    )


def test_the_classful_ones_are_told_in_their_structures() -> None:
    """The htb: INIT (2) with version 3, default class 0; prio: two bands, all priorities to the first; bfifo: bytes."""
    assert htb() == bytes.fromhex("1800 0200 03000000 0a000000 00000000 00000000 00000000")
    assert prio() == bytes.fromhex("02000000" + "00" * 16)
    assert bfifo(65_536) == bytes.fromhex("00000100")
