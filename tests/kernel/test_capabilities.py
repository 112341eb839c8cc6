"""Capability sets: what `cap_add` and `cap_drop` come to."""

from __future__ import annotations

import pytest

from chaoskit.kernel import capabilities
from chaoskit.kernel.capabilities import DOCKER_DEFAULT, NAMES, NUMBERS, OF_THE_MACHINE, allowed, machine_wide

BASE = DOCKER_DEFAULT - OF_THE_MACHINE


@pytest.mark.parametrize(
    ("add", "drop", "expected"),
    [
        ((), (), BASE),
        (("NET_ADMIN",), (), BASE | {NUMBERS["NET_ADMIN"]}),
        (("cap_net_admin",), (), BASE | {NUMBERS["NET_ADMIN"]}),
        ((), ("ALL",), frozenset()),
        (("NET_RAW",), ("ALL",), {NUMBERS["NET_RAW"]}),
        (("ALL",), ("NET_RAW",), frozenset(range(len(NAMES))) - OF_THE_MACHINE - {NUMBERS["NET_RAW"]}),
        ((), ("NET_RAW", "KILL"), BASE - {NUMBERS["NET_RAW"], NUMBERS["KILL"]}),
    ],
)
def test_allowed(add: tuple[str, ...], drop: tuple[str, ...], expected: frozenset[int]) -> None:
    """Docker's rules, minus what reaches the machine."""
    assert allowed(add, drop) == expected


def test_numbers_are_the_kernel_s() -> None:
    """The names are in the order of linux/capability.h: a few known numbers hold."""
    known = {"CHOWN": 0, "NET_BIND_SERVICE": 10, "NET_ADMIN": 12, "SYS_ADMIN": 21, "MKNOD": 27, "BPF": 39}
    assert {name: NUMBERS[name] for name in known} == known


def test_an_unknown_name_is_an_error() -> None:
    """A mistyped capability is never silently ignored."""
    with pytest.raises(ValueError, match="NET_ADMINN"):
        allowed(("NET_ADMINN",), ())


def test_what_reaches_the_machine_is_found() -> None:
    """`ALL` is not refused, single names are."""
    assert machine_wide(["ALL", "NET_ADMIN", "CAP_SYS_MODULE", "mknod"]) == ["CAP_SYS_MODULE", "mknod"]


def test_the_bounding_set_is_read() -> None:
    """The set of this process is among the kernel's numbers."""
    assert capabilities.bounding() <= frozenset(range(64))
