"""What the kernel's disciplines are told for a fault, by way of what they list."""

from __future__ import annotations

import pytest

from chaoskit.kernel.tc_options import Netem
from chaoskit.steps.packets.disciplines import netem_of, shape_of
from tests.steps.packets.test_fault import made

MS = 1_000_000


@pytest.mark.parametrize(
    ("fault", "amounts", "netem"),
    [
        ("delay", {"delay": 50 * MS, "jitter": 5 * MS, "seed": 1}, Netem(delay=50 * MS, jitter=5 * MS)),
        ("loss", {"share": 100_000}, Netem(loss=100_000)),
        ("duplicate", {"share": 100_000}, Netem(duplicate=100_000)),
        ("corrupt", {"share": 100_000, "seed": 1}, Netem(corrupt=100_000)),
        ("reorder", {"share": 100_000, "delay": 10 * MS}, Netem(delay=10 * MS, in_time=900_000)),
    ],
)
def test_netem_does_the_same_as_its_substitutes(fault: str, amounts: dict[str, int], netem: Netem) -> None:
    """Netem sends a share at once where the others are late: of ten, nine in time is one overtaken."""
    assert netem_of(made(fault, **amounts)) == netem


@pytest.mark.parametrize(
    ("rate", "queue", "peers", "burst", "limit"),
    [
        (10**6, 100 * MS, (), 16 << 10, 16 << 10),
        (10**7, 100 * MS, (), 25_000, 125_000),
        (10**8, 100 * MS, (), 250_000, 1_250_000),
        (10**9, 100 * MS, (), 1 << 20, 12_500_000),
        (10**6, 100 * MS, ("198.18.1.2",), 16 << 10, (64 << 10) + (16 << 10)),
    ],
)
def test_a_queue_holds_what_its_time_carries(
    rate: int, queue: int, peers: tuple[str, ...], burst: int, limit: int
) -> None:
    """At least a burst; below htb, which does not cut what a host hands over at once, at least that as well."""
    shape = shape_of(made("bandwidth", peers=peers, rate=rate, queue=queue))
    assert (shape.rate, shape.burst, shape.limit) == (rate // 8, burst, limit)
