"""A closed loop on the engine, with real servers: finite demand, and what becomes of every request."""

from __future__ import annotations

import socket
import time

import numpy as np
import pytest

from chaoskit.core.history import Requests, concatenate
from chaoskit.core.mix import mix
from chaoskit.core.request import get, post
from chaoskit.core.units import NS
from chaoskit.loads.arrivals.closed import Closed, closed
from chaoskit.loads.generator import Generator
from chaoskit.loads.protocols.dns import lookup
from chaoskit.loads.work import Client, Work
from tests.loads.servers import HELLO, answers, generate, job, naming, outcomes, record, requests_on, serving, silent

pytestmark = pytest.mark.usefixtures("each_transport")
MS = 1_000_000


def slow(connection: socket.socket) -> None:
    """Answer after 100 ms."""
    for _ in requests_on(connection):
        time.sleep(0.1)
        connection.sendall(HELLO)


def at_once(table: Requests) -> int:
    """The most requests that were under way at one time; one that ends as another begins is not."""
    edges = [(moment, 1) for moment in (table.intended + 2_000).tolist()] + [(end, -1) for end in table.ended.tolist()]
    return int(np.cumsum([step for _, step in sorted(edges)]).max())


def test_users_ask_again_after_their_answer_and_a_time_to_think() -> None:
    """Twenty users who think 50 ms ask users / (think + answer) times a second, and are counted as what they are."""
    with serving(answers(HELLO)) as port:
        arrivals = closed(20, think="50ms", thinking="constant")
        table, account = generate(job(f"http://127.0.0.1:{port}/", arrivals=arrivals), seconds=1.0)
    took = float(table.end.mean()) / 1e6
    assert outcomes(table) == {"ok": len(table)}
    assert len(table) == pytest.approx(20 / (0.05 + took), rel=0.1)
    assert at_once(table) <= 20
    assert [row.users for row in account] == [20]
    assert table.intended.max() < NS


def test_demand_is_finite() -> None:
    """When answers take 100 ms, ten users without a pause ask a hundred times a second, never more than ten at once."""
    with serving(slow) as port:
        table, _account = generate(job(f"http://127.0.0.1:{port}/", arrivals=closed(10)), seconds=1.0)
    assert at_once(table) == 10
    assert 85 <= len(table) <= 100
    assert table.end.min() >= 100_000


def test_latency_counts_from_when_a_user_meant_to_ask() -> None:
    """The next request of the only user is due a time to think after the answer before, to the millisecond."""
    with serving(slow) as port:
        one = closed(1, think="30ms", thinking="constant")
        table, _account = generate(job(f"http://127.0.0.1:{port}/", arrivals=one), seconds=1.0)
    gaps = table.intended[1:] - table.ended[:-1]
    assert len(gaps) >= 5
    assert np.all((gaps >= 30 * MS - 2_000) & (gaps < 35 * MS))


def test_a_user_whose_request_times_out_goes_on() -> None:
    """Where nobody answers each request ends at its timeout, and the next one comes."""
    with serving(silent) as port:
        arrivals = closed(3, think="20ms", thinking="constant")
        table, _account = generate(job(f"http://127.0.0.1:{port}/", arrivals=arrivals, timeout=100 * MS), seconds=0.6)
    assert outcomes(table) == {"response timeout": len(table)}
    assert 12 <= len(table) <= 15
    assert np.all((table.end >= 100_000) & (table.end < 120_000))


def test_a_user_who_is_refused_goes_on() -> None:
    """Nothing listens there: no request is lost, and none starves the loop."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    arrivals = closed(2, think="10ms", thinking="constant")
    table, _account = generate(job(f"http://127.0.0.1:{port}/", arrivals=arrivals), seconds=0.5)
    assert outcomes(table) == {"refused": len(table)}
    assert 80 <= len(table) <= 102


def test_a_stop_abandons_who_waits() -> None:
    """Requests under way have no row and are counted; users who were thinking owe nothing."""
    with serving(silent) as port:
        words = {"timeout": 60 * NS, "arrivals": closed(5, think="1ms", thinking="constant")}
        table, account = generate(job(f"http://127.0.0.1:{port}/", **words), seconds=60, stop_after=0.3)
    assert len(table) == 0
    assert [(row.scheduled, row.abandoned) for row in account] == [(5, 5)]
    with serving(answers(HELLO)) as port:
        words = {"arrivals": closed(5, think="60s", thinking="constant")}
        table, account = generate(job(f"http://127.0.0.1:{port}/", **words), seconds=60, stop_after=0.3)
    assert account[0].scheduled == len(table) < 5


def test_users_of_another_protocol() -> None:
    """A closed loop of look-ups: what a call is of makes no difference to its user."""
    with naming(lambda query: record(query, "127.0.0.1")) as (server, _asked):
        asked = lookup("{n}.shop.example", server=server)
        table, _account = generate(job(asked, arrivals=closed(4, think="20ms")), seconds=0.5)
    assert outcomes(table) == {"ok": len(table)}
    assert at_once(table) <= 4
    assert len(table) > 40


def test_users_of_a_mix_draw_each_request() -> None:
    """By its weight, every time anew."""
    with serving(answers(HELLO)) as port:
        url = f"http://127.0.0.1:{port}/"
        asked = mix((get(url), 3), (post(url, "x"), 1))
        table, account = generate(job(asked, arrivals=closed(20, think="10ms")), seconds=0.5)
    assert np.mean(table.op.equals("GET")) == pytest.approx(0.75, abs=5 * 0.45 / len(table) ** 0.5)
    assert len(account) == 1


def test_the_account_of_a_generator_names_its_users() -> None:
    """A process of its own says of each load whether its arrivals waited for answers."""
    batches: list[Requests] = []
    with serving(answers(HELLO)) as port, Generator() as generator:
        url = f"http://127.0.0.1:{port}/"
        jobs = (job(url), job(url, name="waiting", arrivals=closed(7, think="20ms")))
        generator.open()
        generator.start(Work(time.monotonic_ns() + 3 * NS // 10, NS // 2, 1, jobs), batches.append)
        account = generator.wait(20)
    assert [(row.load, row.users) for row in account] == [("shop", 0), ("waiting", 7)]
    assert all(row.scheduled == row.recorded for row in account)
    assert sum(row.recorded for row in account) == len(concatenate(batches))


@pytest.mark.parametrize("users", [1, 5])
def test_users_are_dealt_to_client_hosts(users: int) -> None:
    """Each user asks from one host all the time; all of them are somewhere."""
    with serving(answers(HELLO)) as port:
        clients = (Client("a"), Client("b"), Client("c"))
        arrivals: Closed = closed(users, think="20ms", thinking="constant")
        _table, account = generate(job(f"http://127.0.0.1:{port}/", arrivals=arrivals, clients=clients), seconds=0.3)
    assert sum(row.users for row in account) == users
    assert max(row.users for row in account) - min(row.users for row in account) <= 1
    assert all(row.scheduled == 0 for row in account if not row.users)
