"""Load from other network namespaces than the test's own."""

from pathlib import Path

import numpy as np
import pytest

from chaoskit.core.units import NS
from chaoskit.kernel.namespaces import in_network
from chaoskit.loads.work import Client
from tests.loads.servers import HELLO, answers, generate, job, namespace, outcomes, serving, silent

pytestmark = pytest.mark.lab


def test_each_client_is_in_its_own_network() -> None:
    """Two clients that connect to the same address and port reach the server of their own namespace."""
    with (
        namespace() as eu,
        namespace() as na,
        serving(answers(HELLO.replace(b"web-1", b"eu")), netns=eu) as port,
        serving(answers(HELLO.replace(b"web-1", b"na")), netns=na, port=port),
        serving(answers(HELLO), port=port),
    ):
        clients = (Client("eu-1", netns=eu), Client("na-1", netns=na), Client("here"))
        table, account = generate(job(f"http://127.0.0.1:{port}/", clients=clients), seconds=0.6)
    assert outcomes(table) == {"ok": 30}
    assert len(account) == 3
    seen = {(table.client[row], table.instance[row]) for row in range(len(table))}
    assert seen == {("eu-1", "eu"), ("na-1", "na"), ("here", "web-1")}


def test_no_way_there() -> None:
    """Without a route requests are `unreachable`, and look-ups come to nothing, at once."""
    with namespace() as netns:
        client = Client("c", netns=netns, nameservers=("198.18.0.53",))
        table, _ = generate(
            job("http://198.18.0.1/", client=client),
            job("http://shop.example/", name="by name", client=client),
            networks=("198.18.0.0/15",),
        )
    found = {name: outcomes(table.take(table.load.equals(name))) for name in ("shop", "by name")}
    assert found == {"shop": {"unreachable": 10}, "by name": {"no address": 10}}
    assert np.all(table.end < 500_000)


def test_no_port_left() -> None:
    """With six local ports, held by silent connections, the seventh request and all further are `no port`."""
    with namespace() as netns, serving(silent, netns=netns) as port:
        in_network(netns, lambda: Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("40000 40005"))
        table, _ = generate(job(f"http://127.0.0.1:{port}/", client=Client("c", netns=netns), timeout=NS // 2))
    assert outcomes(table) == {"response timeout": 6, "no port": 4}
