"""A client of etcd as load, against real members."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.history import Requests
from chaoskit.core.load import Connections, load
from chaoskit.core.selector import role
from chaoskit.core.units import NS
from chaoskit.loads.arrivals import constant, poisson
from chaoskit.loads.gateway import Preference
from chaoskit.loads.generator import Generator, Job, Work
from chaoskit.loads.naming import Place
from chaoskit.loads.protocols.etcd import EtcdSession, Register, read, write
from chaoskit.loads.session import Operation
from chaoskit.loads.targets import TargetRefused
from chaoskit.loads.work import Client
from tests.loads.etcd import Cluster, etcd
from tests.loads.servers import HELLO, answers, generate, job, outcomes, serving, silent
from tests.support.ports import free_port

KEPT = {"connections": Connections.KEEP_ALIVE}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three members for all tests of this file."""
    with etcd(tmp_path_factory.mktemp("etcd"), members=3) as made:
        yield made


def values(table: Requests) -> list[str]:
    """The value of each row."""
    return [table.value[row] for row in range(len(table))]


def refusing() -> str:
    """An endpoint where nobody listens."""
    return f"127.0.0.1:{free_port()}"


def test_reads_return_what_was_written(cluster: Cluster) -> None:
    """Each write has a value of its own, reads after the last agree on one; all parts are recorded."""
    written, _ = generate(job(write("r1", endpoints=cluster.endpoints), name="writes", **KEPT))
    found, _ = generate(job(read("r1", endpoints=cluster.endpoints), name="reads", **KEPT))
    assert (outcomes(written), outcomes(found)) == ({"ok": 10}, {"ok": 10})
    assert sorted(values(written)) == sorted(f"client-1/writes/{n}" for n in range(1, 11))
    assert len(set(values(found))) == 1
    assert set(values(found)) <= set(values(written))
    assert (written.op[0], found.op[0], found.server[0]) == ("write", "read", "127.0.0.1")
    for table in (written, found):
        assert np.all((table.sent >= 0) & (table.sent <= table.first_byte) & (table.first_byte <= table.end))
        assert set(table.status.tolist()) == {200}
        assert int((table.connect >= 0).sum()) < 10


def test_a_key_that_is_missing_is_read_as_empty(cluster: Cluster) -> None:
    """Nothing written is an answer, not a failure."""
    table, _ = generate(job(read("never", endpoints=cluster.endpoints)))
    assert outcomes(table) == {"ok": 10}
    assert set(values(table)) == {""}


def test_values_are_unique_across_clients_and_loads(cluster: Cluster) -> None:
    """Two clients with two loads each write forty values, all different."""
    clients = (Client("a"), Client("b"))
    request = write("r2", endpoints=cluster.endpoints)
    table, _ = generate(job(request, clients=clients), job(request, name="more", clients=clients), seconds=0.4)
    assert outcomes(table) == {"ok": 40}
    assert len(set(values(table))) == 40


def test_a_client_that_falls_back_goes_on_with_the_endpoint_that_serves(cluster: Cluster) -> None:
    """The first endpoint refuses: the first operation asks two members, the later ones only the one that served."""
    request = write("r3", endpoints=[refusing(), *cluster.endpoints])
    table, _ = generate(job(request, arrivals=constant("20/s"), **KEPT), seconds=0.5)
    assert outcomes(table) == {"ok": 10}
    assert table.attempts.tolist() == [2] + [1] * 9


def test_a_pinned_client_fails_with_its_endpoint() -> None:
    """One endpoint that refuses is `refused`, and nothing was sent."""
    table, _ = generate(job(read("r", endpoints=refusing())), job(write("r", endpoints=refusing()), name="w"))
    assert outcomes(table) == {"refused": 20}
    assert np.all(table.sent == -1)


def test_a_write_whose_fate_is_unclear_is_not_sent_again() -> None:
    """A silent first endpoint ends a write when its attempt is over; a read goes on to the next."""
    heard: list[bytes] = []

    def listens(connection: socket.socket) -> None:
        while data := connection.recv(65536):
            heard.append(data)

    with serving(silent) as mute, serving(listens) as other:
        endpoints = [f"127.0.0.1:{mute}", f"127.0.0.1:{other}"]
        plain = {"timeout": NS, "retries": 5, "arrivals": constant("10/s")}
        written, _ = generate(job(write("r", endpoints=endpoints, attempt="200ms"), **plain))
        assert heard == []
        found, _ = generate(job(read("r", endpoints=endpoints, attempt="200ms"), **plain))
        assert heard != []
    assert outcomes(written) == outcomes(found) == {"response timeout": 2}
    assert np.all((written.sent >= 0) & (written.end >= 200_000) & (written.end < 700_000))
    assert written.attempts.tolist() == [1, 1]
    assert min(found.attempts.tolist()) >= 2


def test_after_a_write_of_unclear_fate_a_client_begins_elsewhere(cluster: Cluster) -> None:
    """The write itself is given up; those after it do not wait for the silent member again."""
    with serving(silent) as mute:
        request = write("r6", endpoints=[f"127.0.0.1:{mute}", *cluster.endpoints], attempt="200ms")
        table, _ = generate(job(request, arrivals=constant("4/s"), timeout=NS, **KEPT), seconds=1)
    assert sorted(outcomes(table).items()) == [("ok", 3), ("response timeout", 1)]
    assert set(table.attempts.tolist()) == {1}


class _Slow:
    """A name service that takes 150 ms."""

    def known(self, host: str) -> Place | None:
        """Nothing is known."""
        return None

    def find(self, host: str, patience: float) -> tuple[Place, int]:
        """This machine."""
        time.sleep(0.15)
        return ("127.0.0.1", 0), 150_000_000


def performed(request: Register, preference: Preference) -> float:
    """The seconds one operation of 5 s takes that comes to a time-out."""
    session, began = EtcdSession(request, preference), time.monotonic_ns()
    with pytest.raises(TimeoutError):
        session.perform(Operation("n", request.op, began + 5 * NS, began, _Slow()))
    session.close()
    return (time.monotonic_ns() - began) / NS


def test_an_attempt_is_a_bound_on_look_up_connection_and_answer_together() -> None:
    """The last one as well: after a look-up of 150 ms a silent member has the other 50 ms only."""
    with serving(silent) as mute:
        request = write("r", endpoints=[f"x:{mute}", f"y:{mute}"], attempt="200ms")
        assert 0.19 < performed(request, Preference(request.endpoints)) < 0.3
        request = read("r", endpoints=[f"x:{mute}", f"y:{mute}"], attempt="200ms")
        assert 0.39 < performed(request, Preference(request.endpoints)) < 0.55


def test_after_a_failure_of_the_last_member_a_client_begins_elsewhere() -> None:
    """The first one refused it, the last one was silent: the next operation does not begin with the silent one."""
    with serving(silent) as mute:
        gone = refusing().rpartition(":")[2]
        request = write("r", endpoints=[f"x:{gone}", f"y:{mute}"], attempt="200ms")
        preference = Preference(request.endpoints)
        performed(request, preference)
    assert [endpoint.host for endpoint in preference.order()] == ["x", "y"]


def gateway_says(status: int, code: int, message: str) -> bytes:
    """A failure as etcd's gateway writes it."""
    body = json.dumps({"error": message, "message": message, "code": code}).encode()
    return b"HTTP/1.1 %d x\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body


def range_says(body: bytes) -> bytes:
    """What a member says to a read, whatever it is."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


NO_RANGES = [
    b'{"kvs":5}',
    b'{"kvs":{}}',
    b'{"kvs":null}',
    b'{"kvs":[5]}',
    b'{"kvs":[{"value":"a"}]}',
    b'{"kvs":[{"value":"!!!!"}]}',
    b'{"kvs":[{"value":null}]}',
    b"[" * 100_000,
]
"""Bodies that are no answer of etcd to a read."""


def test_an_answer_of_the_wrong_shape_is_a_bad_response(cluster: Cluster) -> None:
    """It ends nothing but the attempt: each read has its row, and one with other members goes on to the next."""
    with contextlib.ExitStack() as servers:
        ports = [servers.enter_context(serving(answers(range_says(body)))) for body in NO_RANGES]
        alone = [job(read("r", endpoints=f"127.0.0.1:{port}"), name=f"case {n}") for n, port in enumerate(ports)]
        table, _ = generate(*alone)
        found, _ = generate(job(read("never", endpoints=[f"127.0.0.1:{ports[0]}", *cluster.endpoints])))
    for n, body in enumerate(NO_RANGES):
        assert (body[:30], outcomes(table.take(table.load.equals(f"case {n}")))) == (body[:30], {"bad response": 10})
    assert outcomes(found) == {"ok": 10}


SAYINGS = [
    (gateway_says(503, 14, "etcdserver: no leader"), "503", 2),
    (gateway_says(429, 8, "etcdserver: too many requests"), "4xx", 2),
    (gateway_says(429, 8, "etcdserver: mvcc: database space exceeded"), "4xx", 1),  # may have been applied
    (gateway_says(503, 14, "etcdserver: request timed out"), "503", 1),
    (gateway_says(504, 4, "context deadline exceeded"), "503", 1),
    (gateway_says(500, 2, "context deadline exceeded"), "503", 1),
    (gateway_says(500, 13, "internal"), "5xx", 1),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", "reset", 1),
    (HELLO, "bad response", 1),
    (b"SSH-2.0-x\r\n\r\n", "bad response", 1),
]
"""What a member says, its outcome, and how many members are asked."""


def test_what_a_member_says_has_its_outcome() -> None:
    """No leader and time-outs are 503; a write is sent again only after a refusal that had no effect."""
    with contextlib.ExitStack() as servers:
        ports = [
            servers.enter_context(serving(answers(said, close=outcome == "reset"))) for said, outcome, _ in SAYINGS
        ]
        writes = [write("r", endpoints=[f"127.0.0.1:{port}"] * 2) for port in ports]
        table, _ = generate(*(job(request, name=f"case {n}") for n, request in enumerate(writes)))
    for n, (said, outcome, asked) in enumerate(SAYINGS):
        part = table.take(table.load.equals(f"case {n}"))
        assert (said, outcomes(part), set(part.attempts.tolist())) == (said, {outcome: 10}, {asked})


def test_without_a_majority_writes_stay_unanswered_and_stale_reads_do_not(cluster: Cluster) -> None:
    """Alone, a member answers serializable reads; writes and linearizable reads time out, and may yet take effect."""
    leader = cluster.leader()
    others = [address for address in cluster.processes if address != leader]
    cluster.put("r4", "before")
    alone = f"{leader}:{cluster.port}"
    with cluster.stopped(*others):
        time.sleep(0.1)  # until nothing is on its way to the leader any more
        table, _ = generate(
            job(write("r4", endpoints=alone), name="write", timeout=NS // 2),
            job(read("r4", endpoints=alone), name="read", timeout=NS // 2),
            job(read("r4", endpoints=alone, serializable=True), name="stale", timeout=NS // 2),
        )
    parts = {name: table.take(table.load.equals(name)) for name in ("write", "read", "stale")}
    found = {name: outcomes(part) for name, part in parts.items()}
    assert found == {"write": {"response timeout": 10}, "read": {"response timeout": 10}, "stale": {"ok": 10}}
    assert set(values(parts["stale"])) == {"before"}
    assert set(values(parts["read"])) == {""}
    assert len(set(values(parts["write"]))) == 10
    assert np.all(parts["write"].sent >= 0)


def test_a_member_that_knows_no_leader_refuses_who_requires_one(cluster: Cluster) -> None:
    """At once, certainly without effect, stale reads included; a client that falls back would go on with the next."""
    leader = cluster.leader()
    alone = f"{leader}:{cluster.port}"
    with cluster.stopped(*(address for address in cluster.processes if address != leader)):
        deadline = time.monotonic() + 5
        while "leader" in cluster.ask(leader, "/v3/maintenance/status", {})[1]:
            assert time.monotonic() < deadline, "it did not notice that it leads nobody"
            time.sleep(0.05)
        table, _ = generate(
            job(write("r5", endpoints=alone, require_leader=True), name="write"),
            job(read("r5", endpoints=alone, require_leader=True), name="read"),
            job(read("r5", endpoints=alone, require_leader=True, serializable=True), name="stale"),
        )
    assert outcomes(table) == {"503": 30}
    assert int(table.end.max()) < 500_000


def test_an_idle_connection_that_the_member_closed_is_not_written_into(tmp_path: Path) -> None:
    """A member that restarts between two writes costs a new connection, not a write of unclear fate."""
    closed: list[float] = []

    def one_each(connection: socket.socket) -> None:
        connection.recv(65536)
        body = b"{}"
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        connection.shutdown(socket.SHUT_RDWR)
        closed.append(time.monotonic())

    with serving(one_each) as port:
        table, _ = generate(job(write("r", endpoints=f"127.0.0.1:{port}"), arrivals=constant("20/s"), **KEPT))
    assert outcomes(table) == {"ok": 4}
    assert np.all(table.connect >= 0)


@pytest.mark.parametrize("endpoints", [[], "", "etcd-a:x", [":2379"]])
def test_endpoints_that_make_no_sense(endpoints: list[str]) -> None:
    """None, or one without host or with a port that is no number, is an error where it is written."""
    with pytest.raises(UsageError, match="endpoint"):
        read("r", endpoints=endpoints)


def test_an_endpoint_outside_the_lab_is_refused() -> None:
    """Before anything is sent there."""
    with pytest.raises(TargetRefused, match=r"192\.0\.2\.9 is outside the lab"):
        generate(job(read("r", endpoints=["127.0.0.1", "192.0.2.9"])))


def test_an_experiments_clients_go_through_the_generator(cluster: Cluster) -> None:
    """As an experiment writes it, in a generator's process, beside Locust: names are the client host's."""
    host = Client("app", hosts={"etcd-a": "127.0.0.1", "etcd-b": "127.0.0.2"})
    endpoints = [f"etcd-a:{cluster.port}", f"etcd-b:{cluster.port}"]
    writes = load(write("r5", endpoints=endpoints), poisson("100/s"), clients=role("client"))
    reads = load(read("r5", endpoints=endpoints), poisson("100/s"), clients=role("client"))
    jobs = (Job.of("writes", writes, [host]), Job.of("reads", reads, [host]))
    batches: list[Requests] = []
    with Generator() as generator:
        generator.open()
        generator.start(Work(time.monotonic_ns() + NS // 4, NS // 2, 1, jobs), batches.append)
        accounts = generator.wait(20)
    assert all(row.scheduled == row.recorded > 20 for row in accounts)
    assert {name for batch in batches for name in outcomes(batch)} == {"ok"}
    seen = {value for batch in batches for value in values(batch.take(batch.op.equals("read")))}
    wrote = {value for batch in batches for value in values(batch.take(batch.op.equals("write")))}
    assert seen - {""} <= wrote
    assert len(seen) > 5
