"""Load from other network namespaces than the test's own."""

from pathlib import Path

import numpy as np
import pytest

from chaoskit.core.load import Connections
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


@pytest.mark.parametrize("connections", list(Connections))
def test_a_client_that_came_back_with_a_new_network_sends_from_there(connections: Connections) -> None:
    """Requests after the move reach the server of the new namespace, those of other clients go where they went."""
    with (
        namespace() as old,
        namespace() as new,
        serving(answers(HELLO.replace(b"web-1", b"old")), netns=old) as port,
        serving(answers(HELLO.replace(b"web-1", b"new")), netns=new, port=port),
        serving(answers(HELLO), port=port),
    ):
        clients = (Client("moves", netns=old), Client("here"))
        target = f"http://127.0.0.1:{port}/"
        two = [job(target, clients=clients, connections=connections, name=name) for name in ("a", "b")]
        table, _ = generate(*two, seconds=1.0, meanwhile=(0.5, lambda engine: engine.move("moves", new)))
    assert outcomes(table) == {"ok": 100}
    for row in range(len(table)):
        after = table.intended[row] > 600_000_000
        if after or table.intended[row] < 400_000_000:
            expected = "web-1" if table.client[row] == "here" else "new" if after else "old"
            assert table.instance[row] == expected, table.intended[row]


def test_a_new_network_that_is_gone_already_changes_nothing(tmp_path: Path) -> None:
    """A path that is no namespace is left alone: the load goes on where it was."""
    (tmp_path / "file").touch()
    with namespace() as netns, serving(answers(HELLO), netns=netns) as port:
        client = Client("c", netns=netns)
        for path in (tmp_path / "file", tmp_path / "none"):
            move = (0.1, lambda engine, path=path: engine.move("c", path))
            table, _ = generate(job(f"http://127.0.0.1:{port}/", client=client), seconds=0.3, meanwhile=move)
            assert outcomes(table) == {"ok": 15}


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
