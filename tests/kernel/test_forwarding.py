"""A bridge's forwarding table and a link that is left for another, in a network namespace of the test's own."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time

import pytest

from chaoskit.kernel import mirror
from chaoskit.kernel.forwarding import is_forwarding, learned, sticky
from chaoskit.kernel.netlink import Netlink, address, bridge, default_route, get_link, set_up, veth
from tests.kernel.test_netlink import in_new_network, ip

pytestmark = pytest.mark.lab

MAC = "02:42:c6:12:00:0a"


def fdb(port: str) -> list[dict[str, object]]:
    """What bridge(8) says of the test's MAC behind a port."""
    path = f"/proc/{os.getpid()}/task/{threading.get_native_id()}/ns/net"
    argv = ["nsenter", f"--net={path}", "bridge", "-j", "-d", "fdb", "show", "dev", port]
    said = json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)
    return [entry for entry in said if entry["mac"] == MAC and "master" in entry]


def test_an_entry_is_told_and_forgotten() -> None:
    """A MAC that was told is behind its port, static and sticky, until it is to be learned again."""

    def body() -> None:
        own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        with Netlink() as netlink:
            netlink.do([bridge("br0", "02:42:00:00:00:07")])
            netlink.do([veth("port", netlink.index("br0"), "eth0", own, MAC)])
            port = netlink.index("port")
            assert not is_forwarding(netlink.answer(get_link("port"))), "its other end is down"
            netlink.do([set_up(netlink.index("eth0"))])
            deadline = time.monotonic() + 2
            while not is_forwarding(netlink.answer(get_link("port"))):
                assert time.monotonic() < deadline, "the port never passes frames"
            netlink.do([sticky(port, MAC)])
            (entry,) = fdb("port")
            assert (entry["state"], "sticky" in entry["flags"]) == ("static", True)
            netlink.do([learned(port, MAC)])
            assert not [entry for entry in fdb("port") if "sticky" in entry["flags"]]
        os.close(own)

    in_new_network(body)


def test_nothing_leaves_by_an_abandoned_link() -> None:
    """Every route by the link goes, the subnet's too; the address stays, and another link's routes do."""

    def body() -> None:
        own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        with Netlink() as netlink:
            netlink.do([bridge("br0", "02:42:00:00:00:07")])
            for number, name in enumerate(("eth0", "eth1")):
                netlink.do([veth(f"port{number}", netlink.index("br0"), name, own, f"02:42:c6:12:00:1{number}")])
                index = netlink.index(name)
                netlink.do([address(index, f"198.18.{number}.10", 24), set_up(index)])
            eth0 = netlink.index("eth0")
            netlink.do([default_route("198.18.0.1", eth0)])
            netlink.do(list(mirror.abandon(netlink, eth0)))
            assert [(route["dst"], route["dev"]) for route in ip("route")] == [("198.18.1.0/24", "eth1")]
            (link,) = ip("addr", "show", "dev", "eth0")
            assert [entry["local"] for entry in link["addr_info"] if entry["family"] == "inet"] == ["198.18.0.10"]
        os.close(own)

    in_new_network(body)
