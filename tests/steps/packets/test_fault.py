"""Packet faults as data: words, stages and marks."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.steps.packets.fault import STAGES, PacketFault

IDS = st.text("0123456789abcdef", min_size=8, max_size=8)


def made(fault: str, own: str = "00ff1122", peers: tuple[str, ...] = (), **amounts: int) -> PacketFault:
    """One on web's link."""
    return PacketFault("web", "edge", "eth0", fault, amounts, peers, own, 10**9)


@pytest.mark.parametrize(
    ("fault", "amounts", "words"),
    [
        ("delay", {"delay": 50_000_000, "jitter": 0}, "delay of 50 ms"),
        ("delay", {"delay": 50_000_000, "jitter": 5_000_000}, "delay of 50 ms ± 5 ms"),
        ("reorder", {"share": 100_000, "delay": 10_000_000}, "10.0 % of packets 10 ms late, overtaken by others"),
        ("bandwidth", {"rate": 10**7, "queue": 10**8}, "bandwidth of 10 Mbit/s, 100 ms of queue"),
        ("loss", {"share": 5_000}, "0.500 % of packets lost"),
        ("duplicate", {"share": 1_000_000}, "100 % of packets twice"),
        ("corrupt", {"share": 200_000}, "20.0 % of packets with one bit wrong"),
    ],
)
def test_each_says_what_it_does(fault: str, amounts: Mapping[str, int], words: str) -> None:
    """Plans, evidence and errors have these words."""
    assert made(fault, **amounts).effect == words


@given(st.sampled_from(STAGES), st.sampled_from(STAGES), IDS, IDS)
def test_what_has_passed_a_stage_passes_those_before_it_too(one: str, other: str, first: str, second: str) -> None:
    """A packet that was held for a delay is not drawn again for a loss; one that was copied may still be lost."""
    earlier, later = sorted((made(one, first), made(other, second)), key=lambda fault: fault.stage)
    low, high = earlier.passed
    assert low <= later.mark <= high
    low, high = later.passed
    assert (low <= earlier.mark <= high) == (earlier.stage == later.stage)
