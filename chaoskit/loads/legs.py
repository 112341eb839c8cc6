"""The legs of a work: every request of every load from every client host, each served by a stream of its own.

A mix of two requests from three client hosts has six legs. Its arrivals are one process a client host, of which the
schedule deals each to a leg by the seed: how many requests a mix has does not change when they arrive.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from chaoskit.core.errors import UsageError
from chaoskit.core.history import Generated
from chaoskit.core.mix import parts_of
from chaoskit.loads.arrivals.closed import Closed
from chaoskit.loads.registry import opener
from chaoskit.loads.schedule import Draw, Schedule, streams
from chaoskit.loads.stream import Stream
from chaoskit.loads.users import Users

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine
    from chaoskit.loads.work import Client, Job, Work


def schedule_of(work: Work) -> Schedule:
    """The schedule of a work; what it calls streams are those that `streams_of` opens, in their order."""
    moments = [
        one
        for job in work.jobs
        for one in streams(
            job.arrivals,
            work.end_of(job),
            seed=work.seed,
            load=job.name,
            clients=[client.host for client in job.clients],
            start=job.start,
        )
    ]
    draws = {index: _draw(*share, work) for index, share in enumerate(_shares(work)) if _is_dealt(share[0])}
    return Schedule(moments, draws)


def streams_of(engine: Engine, work: Work) -> list[Stream]:
    """Open the streams of a work.

    Raises:
        UsageError: a request is not what its protocol takes, or a closed loop would be shared with other engines.
        TargetRefused: a load's literal address lies outside the lab; nothing was sent.
        LabError: a client's namespace cannot be entered.
    """
    return [one for job, client in _shares(work) for one in _opened(engine, job, client, work)]


def account(streams: Sequence[Stream], owed: Sequence[int], until: int) -> tuple[Generated, ...]:
    """What was done at the end, by load and client host: a mix counts as the one load it is.

    Args:
        streams: as `streams_of` opened them.
        owed: arrivals of each by the schedule.
        until: the end, ns of CLOCK_MONOTONIC.
    """
    totals: dict[tuple[str, str], Generated] = {}
    for one, scheduled in zip(streams, owed, strict=True):
        due = scheduled + one.settle(until)  # before the numbers below, which it settles as well
        key, done = (one.name, one.client), one.recorded + one.abandoned
        before = totals.get(key, Generated(*key, 0, 0, 0, 0))
        totals[key] = Generated(
            *key,
            before.scheduled + due,
            before.recorded + done,
            before.abandoned + one.abandoned,
            before.users + one.users,
        )
    return tuple(totals.values())


def _shares(work: Work) -> Iterator[tuple[Job, Client]]:
    for job in work.jobs:
        for client in job.clients:
            yield job, client


def _is_dealt(job: Job) -> bool:
    """Whether the schedule deals its arrivals to several streams; users of a closed loop choose by themselves."""
    return len(parts_of(job.request)) > 1 and not isinstance(job.arrivals, Closed)


def _draw(job: Job, client: Client, work: Work) -> Draw:
    return Draw([part.share for part in parts_of(job.request)], f"{work.seed}/{job.name}/{client.host}/mix")


def _opened(engine: Engine, job: Job, client: Client, work: Work) -> list[Stream]:
    parts = parts_of(job.request)
    streams = [
        opener(part.request.protocol)(engine, replace(job, request=part.request, op=part.op), client) for part in parts
    ]
    if not isinstance(job.arrivals, Closed):
        return streams
    if work.course is not None:
        raise UsageError(
            f"load {job.name}: the users of a closed loop cannot be dealt to several engines",
            remedy="Drive them from one, or let Locust's own users ask: an HttpUser is a closed loop.",
        )
    return [Users(engine, job, client, job.arrivals, streams, work.origin + work.end_of(job))]
