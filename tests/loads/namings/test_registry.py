"""Instances found in a real etcd, with and without a cache, while the registry answers and while it does not."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.load import Connections
from chaoskit.core.units import NS
from chaoskit.loads.arrivals import constant
from chaoskit.loads.namings.registry import registry
from chaoskit.loads.targets import TargetRefused
from chaoskit.loads.work import Client
from tests.loads.etcd import Cluster, etcd
from tests.loads.servers import HELLO, answers, generate, job, namespace, outcomes, serving, silent
from tests.support.ports import free_port

URL = "http://shop.example/"


@pytest.fixture(scope="module")
def member(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A registry of one member."""
    with etcd(tmp_path_factory.mktemp("etcd")) as made:
        yield made


def announced(port: int) -> str:
    """An instance on loopback, as a registrar writes it."""
    return json.dumps({"address": "127.0.0.1", "port": port})


def test_connections_take_turns_through_the_instances_below_the_prefix(member: Cluster) -> None:
    """Written either way; entries of other prefixes, and those that are no place, are of no use."""
    with serving(answers(HELLO)) as one, serving(answers(HELLO.replace(b"web-1", b"web-2"))) as two:
        member.put("/a/1", announced(one))
        member.put("/a/2", f"127.0.0.1:{two}")
        member.put("/a/3", "somewhere")
        member.put("/a/4", announced(99_999))
        member.put("/a/5", "127.0.0.1:99999")
        member.put("/a/6", '{"address": "127.0.0.1", "port": 1e999}')
        member.put("/a/7", '{"address": ' + "[" * 100_000)
        member.put("/b/1", announced(1))
        table, _ = generate(job(URL, naming=registry("/a/", endpoints=member.endpoints)))
    assert outcomes(table) == {"ok": 10}
    assert [int(table.instance.equals(name).sum()) for name in ("web-1", "web-2")] == [5, 5]
    assert 1 <= int((table.dns >= 0).sum()) <= 3


def test_a_client_with_a_cache_follows_the_registry_by_its_age(member: Cluster) -> None:
    """An instance that takes another's place gets the requests that come a cache's age later."""
    with serving(answers(HELLO)) as one, serving(answers(HELLO.replace(b"web-1", b"web-2"))) as two:
        member.put("/c/1", announced(one))
        threading.Timer(0.5 + 1 / 3, member.put, ("/c/1", announced(two))).start()
        found = registry("/c/", endpoints=member.endpoints, cache="200ms")
        table, _ = generate(job(URL, naming=found), seconds=1.2)
    assert outcomes(table) == {"ok": 60}
    assert set(table.instance.labels) >= {"web-1", "web-2"}
    assert np.all(table.take(table.intended < NS // 2).instance.equals("web-1"))
    assert np.all(table.take(table.intended > NS).instance.equals("web-2"))


def test_with_a_cache_a_silent_registry_is_not_noticed_without_one_it_is(member: Cluster) -> None:
    """The cached list serves on, however old; a client that asks for every connection waits and fails."""
    with serving(answers(HELLO)) as port:
        member.put("/d/1", announced(port))
        plain = {"timeout": NS // 2, "arrivals": constant("20/s")}
        cached = registry("/d/", endpoints=member.endpoints, cache="100ms", attempt="200ms")
        asking = registry("/d/", endpoints=member.endpoints, cache=None, attempt="200ms")
        with_, without = (job(URL, name=name, naming=n, **plain) for name, n in (("with", cached), ("without", asking)))

        with contextlib.ExitStack() as away:
            stop = member.stopped(*member.processes)
            table, _ = generate(with_, without, seconds=1.2, meanwhile=(0.4, lambda _: away.enter_context(stop)))
    late = table.take(table.intended > 7 * NS // 10)
    early = table.take(table.intended < 3 * NS // 10)
    assert outcomes(early) == {"ok": len(early)}
    assert outcomes(late.take(late.load.equals("with"))) == {"ok": 10}
    assert outcomes(late.take(late.load.equals("without"))) == {"dns timeout": 10}
    assert np.all(early.take(early.load.equals("without")).dns >= 0)


def test_a_registry_without_instances_or_without_members(member: Cluster) -> None:
    """Nothing registered, and nobody there to be asked, are `no address`; nothing is connected to."""
    port = free_port()
    empty, _ = generate(job(URL, naming=registry("/empty/", endpoints=member.endpoints)))
    refused, _ = generate(job(URL, naming=registry("/a/", endpoints=f"127.0.0.1:{port}")))
    assert outcomes(empty) == outcomes(refused) == {"no address": 10}
    assert set(empty.server.labels) == {""}


def test_the_next_member_helps_out(member: Cluster) -> None:
    """A silent first member costs an attempt, once; members are found by the client host's names."""
    with serving(silent) as mute, serving(answers(HELLO)) as port:
        member.put("/e/1", announced(port))
        client = Client("c", hosts={"etcd-a": "127.0.0.1"})
        found = registry("/e/", endpoints=[f"etcd-a:{mute}", f"etcd-a:{member.port}"], attempt="300ms", cache=None)
        table, _ = generate(job(URL, client=client, naming=found, timeout=2 * NS), seconds=0.6)
    assert outcomes(table) == {"ok": 30}
    assert int(table.dns.max()) >= 300_000
    assert np.all(table.take(table.intended > NS // 2).dns < 200_000)


@pytest.mark.parametrize("body", [b'{"kvs":5}', b'{"kvs":[5]}', b'{"kvs":[{"value":"a"}]}', b"[" * 100_000])
def test_a_member_whose_answer_makes_no_sense_is_passed_over(member: Cluster, body: bytes) -> None:
    """The next one is asked."""
    said = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with serving(answers(HELLO)) as port, serving(answers(said)) as odd:
        member.put("/g/1", announced(port))
        table, _ = generate(job(URL, naming=registry("/g/", endpoints=[f"127.0.0.1:{odd}", *member.endpoints])))
    assert outcomes(table) == {"ok": 10}


def test_an_instance_outside_the_lab_ends_the_load(member: Cluster) -> None:
    """What is registered is no licence to go there; a member outside is not even asked."""
    member.put("/f/1", json.dumps({"address": "192.0.2.1", "port": 80}))
    with pytest.raises(TargetRefused, match=r"192\.0\.2\.1 is outside the lab"):
        generate(job(URL, naming=registry("/f/", endpoints=member.endpoints)))
    with pytest.raises(TargetRefused, match=r"192\.0\.2\.2 is outside the lab"):
        generate(job(URL, naming=registry("/f/", endpoints="192.0.2.2")))


@pytest.mark.lab
def test_the_registry_is_asked_from_the_client_hosts_network(tmp_path: Path) -> None:
    """A client that comes back with another network asks again, from there: here there is no registry."""
    with namespace() as old, namespace() as new, etcd(tmp_path) as here, serving(answers(HELLO)) as port:
        here.put("/g/1", announced(port))
        found = registry("/g/", endpoints=here.endpoints, cache="10s", attempt="200ms")
        words = {"naming": found, "connections": Connections.NEW}
        inside, _ = generate(job(URL, client=Client("c", netns=old), **words))
        moves = job(URL, client=Client("c"), **words)
        table, _ = generate(moves, seconds=0.8, meanwhile=(0.4, lambda engine: engine.move("c", new)))
    assert outcomes(inside) == {"no address": 10}
    assert outcomes(table.take(table.intended < 3 * NS // 10)) == {"ok": 15}
    assert set(outcomes(table.take(table.intended > NS // 2))) == {"no address"}


def test_a_registry_that_makes_no_sense() -> None:
    """Without prefix or endpoint, it is an error where it is written; a plan shows prefix and cache."""
    with pytest.raises(UsageError, match="below a prefix"):
        registry("", endpoints="etcd-a")
    with pytest.raises(UsageError, match="needs an endpoint"):
        registry("/pool/", endpoints=[])
    assert registry("/pool/", endpoints="etcd-a").title == "registry /pool/, cache 1 s"
    assert registry("/pool/", endpoints="etcd-a", cache=None).title == "registry /pool/, no cache"
