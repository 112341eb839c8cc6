"""Trying the kernel's disciplines changes nothing of this machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from chaoskit.kernel.trial import has_qdisc
from tests.wire import wired

pytestmark = pytest.mark.lab


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("netem", ["netem", "delay", "1ms"]),
        ("prio", ["prio"]),
        ("htb", ["htb"]),
        ("tbf", ["tbf", "rate", "1mbit", "burst", "16k", "limit", "64k"]),
    ],
)
def test_it_says_what_tc_finds_out(kind: str, words: list[str]) -> None:
    """The same kernel takes it from tc(8), or does not; and our own network is left alone."""
    before = Path("/proc/self/ns/net").readlink(), subprocess.check_output(["tc", "qdisc", "show", "dev", "lo"])
    has_qdisc.cache_clear()
    with wired("a") as wire:
        argv = ["nsenter", f"--net={wire.networks['a']}", "tc", "qdisc", "add", "dev", "eth0", "root", *words]
        taken = subprocess.run(argv, capture_output=True, check=False).returncode == 0
    assert has_qdisc(kind) == taken
    assert (
        Path("/proc/self/ns/net").readlink(),
        subprocess.check_output(["tc", "qdisc", "show", "dev", "lo"]),
    ) == before
