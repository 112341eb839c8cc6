"""What is configured in a network namespace, for a comparison of before and after."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chaoskit.core.errors import LabError
from chaoskit.kernel.namespaces import in_network, run_in_network
from chaoskit.kernel.network_state import read_state, settled
from tests.support.machine import until
from tests.wire import Wire, wired


def _set(wire: Wire, *argv: str) -> None:
    done = run_in_network(wire.networks["a"], argv)
    assert done.returncode == 0, done.stderr


def _sysctl(wire: Wire, name: str, value: str) -> None:
    in_network(wire.networks["a"], lambda: Path("/proc/sys/net", name).write_text(value))


_ROUTE, _RULE = "blackhole 198.18.99.0/24", "from 198.18.99.0/24 lookup 7"
_NEIGHBOUR = "198.18.1.77 dev eth0"
_ROOT = ("dev", "eth0", "root")
CHANGES: dict[str, tuple[Callable[[Wire], object], Callable[[Wire], object]]] = {
    "links": (lambda w: w.ip("a", "link set lo mtu 1400"), lambda w: w.ip("a", "link set lo mtu 65536")),
    "routes": (lambda w: w.ip("a", f"route add {_ROUTE}"), lambda w: w.ip("a", f"route del {_ROUTE}")),
    "rules": (lambda w: w.ip("a", f"rule add {_RULE}"), lambda w: w.ip("a", f"rule del {_RULE}")),
    "addresses": (
        lambda w: w.ip("a", "address add 198.18.99.1/24 dev lo"),
        lambda w: w.ip("a", "address del 198.18.99.1/24 dev lo"),
    ),
    "neighbours": (
        lambda w: w.ip("a", f"neighbour add {_NEIGHBOUR} lladdr 02:00:00:00:00:77 nud permanent"),
        lambda w: w.ip("a", f"neighbour del {_NEIGHBOUR}"),
    ),
    "nft": (lambda w: w.nft("a", "add table inet mine"), lambda w: w.nft("a", "delete table inet mine")),
    "qdiscs": (
        lambda w: _set(w, "tc", "qdisc", "add", *_ROOT, "tbf", "rate", "1mbit", "burst", "16k", "latency", "50ms"),
        lambda w: _set(w, "tc", "qdisc", "del", *_ROOT),
    ),
    "sysctls": (
        lambda w: _sysctl(w, "ipv4/tcp_syncookies", "0"),
        lambda w: _sysctl(w, "ipv4/tcp_syncookies", "1"),
    ),
}


@pytest.mark.lab
def test_every_change_is_seen_where_it_belongs_and_none_when_it_is_undone() -> None:
    """Traffic meanwhile changes nothing: counters, ports and learned neighbours are no configuration."""
    with wired("a", "b") as wire:
        _sysctl(wire, "ipv4/tcp_syncookies", "1")
        wire.nft("a", "table inet theirs { chain c { type filter hook output priority 0; counter accept; }; }")
        # An IPv6 address has routes once nobody else was found to have it.
        assert until(lambda: "fe80" in (said := wire.show("a", "-6", "address")) and "tentative" not in said, 10)
        before = read_state(wire.networks["a"])
        for section, (change, undo) in CHANGES.items():
            change(wire)
            _set(wire, "ping", "-c1", "-W1", wire.address("b"))
            after = read_state(wire.networks["a"])
            differing = {name for name in before if before[name] != after[name]}
            assert section in differing, section
            undo(wire)
            assert read_state(wire.networks["a"]) == before, section
        assert any("theirs" in line for line in before["nft"])


def test_numbers_that_the_kernel_gives_out_are_left_out() -> None:
    """At any depth."""
    link = {
        "ifname": "eth0",
        "ifindex": 7,
        "addr_info": [{}, {"local": "198.18.1.1", "valid_life_time": 3, "tentative": True}],
    }
    assert settled(link) == '{"addr_info": [{"local": "198.18.1.1"}], "ifname": "eth0"}'


def test_a_namespace_that_is_gone_is_an_error() -> None:
    """It says which."""
    with pytest.raises(LabError, match="/proc/0/ns/net"):
        read_state(Path("/proc/0/ns/net"))
