"""The lab's tier, as a process on loopback: who is let in, who waits, who is told no."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chaoskit.kernel.sock_diag import TcpState, tcp_sockets
from tests.support.ports import free_port
from tests.wire import until

TIER = Path(__file__).parents[2] / "compose" / "services" / "tier"
Answer = tuple[int, str | None, float]
"""Status, instance and seconds."""


class Tier:
    """A running tier."""

    def __init__(self, port: int, admin: int, process: subprocess.Popen[str]) -> None:
        self.port, self.admin, self.process = port, admin, process

    def connected(self) -> http.client.HTTPConnection:
        """A connection to its port."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)

    def ask(self, path: str = "/", connection: http.client.HTTPConnection | None = None) -> Answer:
        """One request, on a connection of its own unless one is given."""
        if connection is None:
            with contextlib.closing(self.connected()) as own:
                return self.ask(path, own)
        started = time.monotonic()
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        return response.status, response.getheader("X-Instance"), time.monotonic() - started

    def several(self, n: int, path: str = "/") -> list[Answer]:
        """So many requests at once, in the order of their answers' statuses."""
        with ThreadPoolExecutor(n) as pool:
            return sorted(pool.map(lambda _: self.ask(path), range(n)))

    def page(self, path: str) -> tuple[int, str]:
        """A page of the admin port."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=5)
        with contextlib.closing(connection):
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()

    @property
    def metrics(self) -> dict[str, float]:
        """The metrics by name."""
        lines = (line.split() for line in self.page("/metrics")[1].splitlines() if not line.startswith("#"))
        return {name.removeprefix("tier_").removesuffix("_total"): float(value) for name, value in lines}

    @property
    def waiting(self) -> int:
        """Connections in its listen queue."""
        (listener,) = (one for one in tcp_sockets([TcpState.LISTEN]) if one.local_port == self.port)
        return listener.queue


Start = Callable[..., Tier]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts tiers with these variables; kills them at the end."""
    with contextlib.ExitStack() as stack:

        def make(**variables: object) -> Tier:
            port, admin = free_port(), free_port()
            given = {"PYTHONDONTWRITEBYTECODE": 1, "INSTANCE": "tier-x", "PORT": port, "ADMIN_PORT": admin, **variables}
            environment = {**os.environ, **{name: str(value) for name, value in given.items()}}
            process = subprocess.Popen(
                [sys.executable, "-S", TIER], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            assert process.stdout is not None
            assert f"serves port {port}" in process.stdout.readline()
            return Tier(port, admin, process)

        yield make


@contextlib.contextmanager
def slow_sender(tier: Tier) -> Iterator[socket.socket]:
    """A connection whose request never ends."""
    with socket.create_connection(("127.0.0.1", tier.port), timeout=5) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n")
        yield connection


def test_a_request_takes_its_service_time_and_connections_are_kept(start: Start) -> None:
    """Both parts of the service time are slept; one connection serves page, health and an unknown path."""
    tier = start(SERVICE_TIME="40ms", SERVICE_TIME_AFTER="20ms")
    connection = tier.connected()
    status, instance, took = tier.ask("/?q=1", connection)
    assert (status, instance) == (200, "tier-x")
    assert took >= 0.06
    kept = connection.sock
    assert tier.ask("/health", connection)[:2] == (200, "tier-x")
    assert tier.ask("/nowhere", connection)[:2] == (404, "tier-x")
    assert connection.sock is kept
    connection.close()


def test_as_many_are_served_at_a_time_as_there_are_workers_and_as_many_wait_as_the_queue_holds(start: Start) -> None:
    """Two are served, one waits for them, and the other three are told no long before that."""
    tier = start(WORKERS=2, QUEUE=1, SERVICE_TIME="300ms")
    answers = tier.several(6)
    assert [status for status, _, _ in answers] == [200, 200, 200, 503, 503, 503]
    assert all(took < 0.2 for status, _, took in answers if status == 503)
    assert [0.3 <= took < 0.55 for status, _, took in answers if status == 200].count(True) == 2
    assert max(took for status, _, took in answers if status == 200) >= 0.6
    assert (tier.metrics["served"], tier.metrics["rejected"], tier.metrics["accepted"]) == (3, 3, 6)


def test_a_full_service_that_rejects_has_an_empty_listen_queue(start: Start) -> None:
    """Slow senders hold every place; callers are answered 503 and nobody stands outside."""
    tier = start(WORKERS=1, QUEUE=1, BACKLOG=3)
    with slow_sender(tier), slow_sender(tier):
        assert until(lambda: (tier.metrics["busy"], tier.metrics["queued"]) == (1, 1))
        assert {tier.ask()[:2] for _ in range(20)} == {(503, "tier-x")}
        assert tier.waiting == 0
    assert until(lambda: tier.ask()[0] == 200)


def test_a_full_service_that_waits_leaves_callers_in_its_listen_queue(start: Start) -> None:
    """They are connected, and told nothing, until a place is free; then they are served."""
    tier = start(WORKERS=1, BACKLOG=3, WHEN_FULL="wait")
    callers = [tier.connected() for _ in range(2)]
    with slow_sender(tier):
        assert until(lambda: tier.metrics["busy"] == 1)
        for caller in callers:
            caller.request("GET", "/", headers={"Connection": "close"})
        assert until(lambda: tier.waiting == 2)
        assert (tier.metrics["accepted"], tier.metrics["rejected"]) == (1, 0)
    assert [caller.getresponse().status for caller in callers] == [200, 200]
    assert tier.waiting == 0


def test_a_kept_connection_takes_no_place_between_requests(start: Start) -> None:
    """With one worker and ten idle connections an eleventh is served; kept ones are refused like new ones when full."""
    tier = start(WORKERS=1)
    kept = [tier.connected() for _ in range(10)]
    assert {tier.ask("/", connection)[0] for connection in kept} == {200}
    assert tier.ask()[0] == 200
    with slow_sender(tier):
        assert until(lambda: tier.metrics["busy"] == 1)
        assert tier.ask("/", kept[0])[0] == 503
    for connection in kept:
        connection.close()


def test_who_was_answered_may_come_again_at_once(start: Start) -> None:
    """The place is free before the caller has its answer: one worker is enough for one caller, on new connections."""
    tier = start(WORKERS=1)
    assert {tier.ask()[0] for _ in range(100)} == {200}


def test_a_kept_connection_waits_for_a_place_where_nobody_is_refused(start: Start) -> None:
    """Its request stays in its socket meanwhile, and is served as soon as there is one."""
    tier = start(WORKERS=1, WHEN_FULL="wait")
    connection = tier.connected()
    assert tier.ask("/", connection)[0] == 200
    with slow_sender(tier):
        assert until(lambda: tier.metrics["busy"] == 1)
        connection.request("GET", "/")
        connection.sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.sock.recv(1, socket.MSG_PEEK)
        connection.sock.settimeout(5)
    assert connection.getresponse().status == 200
    connection.close()


def test_a_slow_sender_keeps_its_worker_until_the_service_gives_up_on_it(start: Start) -> None:
    """408 after REQUEST_TIMEOUT, and the worker is free."""
    tier = start(WORKERS=1, REQUEST_TIMEOUT="200ms")
    with slow_sender(tier) as sender:
        assert sender.recv(4096).startswith(b"HTTP/1.1 408 ")
        assert sender.recv(4096) == b""
    assert tier.ask()[0] == 200


def test_what_waited_beyond_its_deadline_is_not_served(start: Start) -> None:
    """Of two at once one waits for longer than it may: 503, and no service time is spent on it."""
    tier = start(WORKERS=1, QUEUE=1, SERVICE_TIME="200ms", DEADLINE="100ms")
    answers = tier.several(2)
    assert [status for status, _, _ in answers] == [200, 503]
    assert answers[1][2] < 0.35
    assert tier.metrics["expired"] == 1


def test_a_tier_is_as_good_as_its_dependency(start: Start) -> None:
    """Its answer, its refusal, its silence and its absence: 200, 503, 504, 502; connections to it are kept."""
    below = start(WORKERS=1, INSTANCE="below")
    tier = start(DEPENDENCY=f"http://127.0.0.1:{below.port}/", DEPENDENCY_TIMEOUT="300ms")
    assert {tier.ask()[:2] for _ in range(5)} == {(200, "tier-x")}
    assert below.metrics["accepted"] == 1
    with slow_sender(below):
        assert until(lambda: below.metrics["busy"] == 1)
        assert tier.ask()[0] == 503
    os.kill(below.process.pid, signal.SIGSTOP)
    status, _, took = tier.ask()
    assert status == 504
    assert 0.3 <= took < 1
    below.process.kill()
    below.process.wait()
    assert tier.ask()[0] == 502
    assert tier.metrics["failed"] == 3


def test_health_says_slow_and_life_goes_on(start: Start) -> None:
    """Above its SLA it is unhealthy, on the admin port and on its own, until a second has passed without."""
    tier = start(SERVICE_TIME="60ms", SLA="30ms")
    assert tier.page("/health") == (200, "ok\n")
    tier.ask()
    status, text = tier.page("/health")
    assert status == 503
    assert re.fullmatch(r"slow: \d+ ms over 30 ms\n", text)
    assert tier.ask("/health")[0] == 503
    assert tier.page("/alive") == (200, "yes\n")
    assert until(lambda: tier.page("/health")[0] == 200)


def test_health_says_that_the_dependency_fails(start: Start) -> None:
    """Unasked by requests it asks for the dependency's own health."""
    below = start()
    tier = start(DEPENDENCY=f"http://127.0.0.1:{below.port}/", DEPENDENCY_TIMEOUT="5s")
    assert tier.page("/health")[0] == 200
    below.process.kill()
    below.process.wait()
    assert tier.page("/health") == (503, "the dependency does not answer in time\n")


def test_health_says_that_the_dependency_is_late_before_it_has_answered(start: Start) -> None:
    """A call that waits for longer than the SLA counts as late at once, and so does its answer for a second."""
    below = start(SERVICE_TIME="400ms")
    tier = start(DEPENDENCY=f"http://127.0.0.1:{below.port}/", DEPENDENCY_SLA="100ms")
    assert tier.page("/health") == (200, "ok\n")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(tier.ask)
        assert until(lambda: below.metrics["busy"] == 1)
        assert until(lambda: tier.page("/health")[0] == 503, 0.3)
        assert not answer.done()
        assert answer.result()[0] == 200
    assert tier.page("/health")[0] == 503
    assert until(lambda: tier.page("/health")[0] == 200)


def test_health_goes_by_most_of_the_last_seconds_calls(start: Start) -> None:
    """One late call among two in time makes nothing unhealthy; two among three do."""
    below = start(SERVICE_TIME="150ms", WORKERS=1, QUEUE=2, BACKLOG=8)
    tier = start(DEPENDENCY=f"http://127.0.0.1:{below.port}/", DEPENDENCY_SLA="400ms")
    assert [status for status, _, _ in tier.several(3)] == [200, 200, 200]
    assert tier.page("/health")[0] == 200
    strict = start(DEPENDENCY=f"http://127.0.0.1:{below.port}/", DEPENDENCY_SLA="250ms")
    assert [status for status, _, _ in strict.several(3)] == [200, 200, 200]
    assert strict.page("/health")[0] == 503


def test_health_asks_a_dependency_nobody_calls_and_waits_for_no_longer_than_its_sla(start: Start) -> None:
    """Frozen, it is found late within the SLA, not within the time-out of calls."""
    below = start()
    url = f"http://127.0.0.1:{below.port}/"
    tier = start(DEPENDENCY=url, DEPENDENCY_SLA="200ms", DEPENDENCY_TIMEOUT="5s")
    os.kill(below.process.pid, signal.SIGSTOP)
    started = time.monotonic()
    assert tier.page("/health")[0] == 503
    assert 0.2 <= time.monotonic() - started < 1


def test_the_state_is_the_metrics_in_json(start: Start) -> None:
    """Workers that are busy and free, and every counter, for whoever reads no exposition."""
    tier = start(WORKERS=3)
    assert tier.ask()[0] == 200
    with slow_sender(tier):
        assert until(lambda: tier.metrics["busy"] == 1)
        state = json.loads(tier.page("/state")[1])
    assert state == tier.metrics | {"busy": 1, "free": 2}
    assert (state["served"], state["workers"], state["queued"]) == (1, 3, 0)


def test_the_access_log_has_the_caller_that_a_proxy_names(start: Start) -> None:
    """X-Forwarded-For before the peer's own address, which comes last."""
    tier = start(ACCESS_LOG="on")
    connection = tier.connected()
    connection.request("GET", "/?a=b", headers={"X-Forwarded-For": "198.18.48.10"})
    connection.getresponse().read()
    connection.close()
    assert tier.process.stdout is not None
    line = tier.process.stdout.readline()
    assert line.startswith('198.18.48.10 "GET /?a=b HTTP/1.1" 200 ')
    assert line.endswith("ms by 127.0.0.1\n")


def test_bytes_that_are_no_request_are_answered_400(start: Start) -> None:
    """And the worker is free for the next one."""
    tier = start(WORKERS=1)
    with socket.create_connection(("127.0.0.1", tier.port), timeout=5) as connection:
        connection.sendall(b"hello\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 400 ")
    assert tier.ask()[0] == 200


def test_a_stop_ends_what_is_under_way_and_accepts_no_more(start: Start) -> None:
    """SIGTERM in the middle of a request: it is answered, the exit status is 0, nothing was said on stderr."""
    tier = start(SERVICE_TIME="300ms")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(tier.ask)
        assert until(lambda: tier.metrics["busy"] == 1)
        tier.process.send_signal(signal.SIGTERM)
        assert answer.result()[0] == 200
    assert tier.process.wait(timeout=5) == 0
    assert tier.process.communicate()[1] == ""
    with pytest.raises(ConnectionRefusedError):
        tier.ask()


@pytest.mark.parametrize("given", [{"WORKERS": "many"}, {"SERVICE_TIME": "40"}, {"WHEN_FULL": "panic"}])
def test_a_variable_that_makes_no_sense_is_named(given: dict[str, str]) -> None:
    """It does not start, and says why in a line."""
    (name,) = given
    done = subprocess.run(
        [sys.executable, "-S", TIER],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"{name}='{given[name]}' is n")
    assert "Traceback" not in done.stderr
