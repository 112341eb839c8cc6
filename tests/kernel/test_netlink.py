"""Links, addresses and routes, in a network namespace of the test's own, judged by ip(8)."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import Future

import pytest

from chaoskit.kernel import syscalls
from chaoskit.kernel.netlink import Netlink, address, alias, bridge, default_route, delete, set_up, veth

pytestmark = pytest.mark.lab


def in_new_network(body: Callable[[], None]) -> None:
    """Run a function in a thread with a network namespace of its own, gone with the thread."""
    result: Future[None] = Future()

    def run() -> None:
        try:
            syscalls.unshare(syscalls.CLONE_NEWNET)
            result.set_result(body())
        except BaseException as error:  # noqa: BLE001  raised in the test
            result.set_exception(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    result.result()


def ip(*words: str) -> list[dict[str, object]]:
    """Parsed output of the command in the calling thread's namespace."""
    path = f"/proc/{os.getpid()}/task/{threading.get_native_id()}/ns/net"
    argv = ["nsenter", f"--net={path}", "ip", "-j", "-d", *words]
    return json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)


def test_a_bridge_a_pair_an_address_and_a_route() -> None:
    """Everything a host's network is made of appears as asked for, and goes with `delete`."""

    def body() -> None:
        own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        with Netlink() as netlink:
            netlink.do([bridge("br0", "02:42:00:00:00:07"), set_up(1)])
            netlink.do([alias(netlink.index("br0"), "run 1")])
            netlink.do([veth("port", netlink.index("br0"), "eth0", own, "02:42:c6:12:00:0a")])
            index = netlink.index("eth0")
            netlink.do([address(index, "198.18.0.10", 24), set_up(index), default_route("198.18.0.1", index)])
            links = {link["ifname"]: link for link in ip("link")}
            assert links["br0"]["address"] == "02:42:00:00:00:07"
            assert links["br0"]["ifalias"] == "run 1"
            assert links["port"]["master"] == "br0"
            assert links["eth0"]["address"] == "02:42:c6:12:00:0a"
            assert "UP" in str(links["eth0"]["flags"])
            assert "198.18.0.255" in json.dumps(ip("addr", "show", "eth0"))
            assert {"dst": "default", "gateway": "198.18.0.1"}.items() <= ip("route")[0].items()
            netlink.do([set_up(index, up=False)])
            assert ip("route") == []
            netlink.do([delete(index)])
            assert {link["ifname"] for link in ip("link")} == {"lo", "br0"}
        os.close(own)

    in_new_network(body)


def test_a_refusal_says_which() -> None:
    """The kernel's error number comes back, after the whole batch was tried."""

    def body() -> None:
        with Netlink() as netlink:
            with pytest.raises(OSError, match="rtnetlink") as caught:
                netlink.do(
                    [
                        bridge("br0", "02:00:00:00:00:01"),
                        bridge("br0", "02:00:00:00:00:02"),
                        bridge("br1", "02:00:00:00:00:03"),
                    ]
                )
            assert caught.value.errno == errno.EEXIST
            assert netlink.index("br1") > 0
            with pytest.raises(OSError, match="rtnetlink") as missing:
                netlink.index("nothing")
            assert missing.value.errno == errno.ENODEV

    in_new_network(body)


def test_more_requests_than_a_batch() -> None:
    """Two hundred links in one call."""

    def body() -> None:
        with Netlink() as netlink:
            netlink.do([bridge(f"b{number}", f"02:00:00:00:00:{number:02x}") for number in range(200)])
            assert len(ip("link")) == 201

    in_new_network(body)
