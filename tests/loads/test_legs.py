"""Mixes on the engine: one process of arrivals, several requests."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaoskit.core.errors import UsageError
from chaoskit.core.load import load
from chaoskit.core.mix import mix, parts_of
from chaoskit.core.population import Population
from chaoskit.core.request import get, post
from chaoskit.core.selector import role
from chaoskit.core.units import NS
from chaoskit.loads.arrivals import poisson
from chaoskit.loads.arrivals.bursty import bursty
from chaoskit.loads.arrivals.closed import closed
from chaoskit.loads.arrivals.paced import paced
from chaoskit.loads.arrivals.trace import Trace
from chaoskit.loads.course import Course, CourseSchedule, Deal
from chaoskit.loads.engine import Engine
from chaoskit.loads.legs import schedule_of
from chaoskit.loads.protocols.dns import lookup
from chaoskit.loads.schedule import stream
from chaoskit.loads.work import Client, Job, Work
from tests.loads.servers import HELLO, answers, generate, job, naming, outcomes, record, serving

CLIENTS = (Client("eu-1"), Client("na-1"))


def test_a_mix_asks_for_each_request_by_its_weight_at_the_moments_of_one_process() -> None:
    """Every arrival of the schedule is one row of one request; rows tell them apart; the account is the load's."""
    with serving(answers(HELLO)) as port:
        url = f"http://127.0.0.1:{port}"
        asked = mix((get(f"{url}/"), 2), (get(f"{url}/cart"), 1), (post(f"{url}/buy", "1"), 1))
        table, account = generate(job(asked, arrivals=poisson("800/s"), clients=CLIENTS), seconds=1.0)
    for client in CLIENTS:
        words = {"seed": 1, "load": "shop", "client": client.host, "clients": 2}
        due = [moment for chunk in stream(poisson("800/s"), NS, **words) for moment in chunk.tolist()]
        assert sorted(table.intended[table.client.equals(client.host)].tolist()) == due
    shares = [np.mean(table.op.equals(op)) for op in (f"GET {url}/", f"GET {url}/cart", "POST")]
    assert sum(shares) == 1
    assert shares == pytest.approx([0.5, 0.25, 0.25], abs=5 * 0.5 / len(table) ** 0.5)
    assert [(row.load, row.client) for row in account] == [("shop", "eu-1"), ("shop", "na-1")]
    assert outcomes(table) == {"ok": len(table)}


def everything(of: Work) -> list[tuple[int, int]]:
    """Every arrival of a work, or of an engine's share of it: when, and for which stream."""
    schedule = schedule_of(of)
    width = sum(len(parts_of(job.request)) * len(job.clients) for job in of.jobs)
    mine = schedule if of.course is None else CourseSchedule(schedule, width, of.course)
    found: list[tuple[int, int]] = []
    while len((part := mine.take())[0]):
        found += zip(part[0].tolist(), part[1].tolist(), strict=True)
    return found


@settings(max_examples=40, deadline=None)
@given(engines=st.integers(1, 5), later=st.integers(1, 5), since=st.integers(0, 2 * NS), seed=st.integers(0, 2**32))
def test_engines_that_share_a_work_make_the_schedule_of_one(engines: int, later: int, since: int, seed: int) -> None:
    """Of every kind of arrivals, request and client each moment is one engine's, also when it is dealt anew."""
    asked = mix((get("http://a/"), 3), (get("http://a/cart"), 1))
    stamps = np.arange(0, 2 * NS, NS // 50).astype("<i8").tobytes()
    jobs = (
        job(asked, arrivals=poisson("60/s"), clients=CLIENTS),
        job(asked, name="bursts", arrivals=bursty("100/s", on="100ms", off="200ms"), clients=CLIENTS),
        job("http://a/", name="trace", arrivals=Trace("a.csv", stamps, loop=True), clients=CLIENTS),
        job("http://a/", name="paced", arrivals=paced("30/s"), start=NS // 2, lasting=NS),
    )
    whole = Work(0, 2 * NS, seed, jobs)
    shared: list[tuple[int, int]] = []
    for index in range(max(engines, later)):
        deals = [Deal(0, index, engines) if index < engines else Deal(0, 0, 0)]
        deals += [Deal(since, index, later) if index < later else Deal(since, 0, 0)]
        shared += everything(replace(whole, course=Course(tuple(deals))))
    assert sorted(shared) == sorted(everything(whole))


def test_a_closed_loop_is_not_shared_between_engines() -> None:
    """Who asks next depends on answers that only one of them has."""
    work = Work(0, NS, 1, (job("http://127.0.0.1/", arrivals=closed(3)),), course=Course())
    with pytest.raises(UsageError, match="cannot be dealt to several engines"):
        Engine(work, lambda _rows: None)


def test_a_mix_may_be_of_several_protocols() -> None:
    """A look-up and a page in one load: each is asked in its own way."""
    with serving(answers(HELLO)) as port, naming(lambda query: record(query, "127.0.0.1")) as (server, _asked):
        asked = mix((get(f"http://127.0.0.1:{port}/"), 1), (lookup("shop.example", server=server), 1))
        table, _account = generate(job(asked), seconds=0.6)
    assert outcomes(table) == {"ok": 30}
    assert {table.op[row] for row in range(30)} == {"GET", "A"}


def test_a_mix_with_a_protocol_that_nobody_speaks_is_refused() -> None:
    """As a load of that request alone would be."""

    class Odd:
        """A request of no protocol there is."""

        protocol, op, title = "odd", "ask", "odd request"

    words = load(mix((get("http://a/"), 1), (Odd(), 1)), poisson("1/s"), clients=role("client"))
    with pytest.raises(UsageError, match="no load generator speaks 'odd'"):
        Job.of("shop", words, CLIENTS)


def test_a_closed_loop_has_no_population() -> None:
    """Its users are its own; both together would be two counts of users."""
    words = load(get("http://a/"), closed(3), clients=role("client"), population=Population(users=5))
    with pytest.raises(UsageError, match="closed loop are no population"):
        Job.of("shop", words, CLIENTS)
