"""The engine of one Locust process: obeys orders, and feeds Locust's statistics with what it counts.

An order is the whole plan of a run as one process is to know it, so that it may come twice: the run's number, its
origin (CLOCK_MONOTONIC ns of this machine) and the same in Unix time, as statistics have it; seed, host, whether rows
are recorded, and the deals so far; when arrivals end, once that is known.
"""

from __future__ import annotations

import pickle
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import gevent
from locust.env import Environment

from chaoskit.core.errors import ChaoskitError
from chaoskit.core.units import NS
from chaoskit.loads.locust.engine_process import EngineProcess, Told
from chaoskit.loads.locust.feeding import Names, feed
from chaoskit.loads.tally import unpacked
from chaoskit.loads.targets import TargetRefused
from chaoskit.loads.work import Job, Work

LABS = ("198.18.0.0/15",)
"""Set aside for measuring (RFC 2544), routed nowhere; labs are there."""
GRACE = 2.0
"""Seconds that requests under way are waited for when arrivals have ended, or their timeout if that is shorter."""
_OWN_IT = "Nothing was sent there. If that system is yours to put load on, write i_own_the_target = True in the class."
_ALWAYS = 100 * 365 * 86_400 * NS
Jobs = Callable[[str | None], tuple[Job, ...]]


class Node:
    """See the module.

    Args:
        environment: Locust's.
        jobs: the loads of its locustfile, given the host that load goes to.
        report: gets `ready`, then for each run parts of its rows, if they are recorded, and `account` or `error`.
    """

    def __init__(self, environment: Environment, jobs: Jobs, report: Callable[[Told], None]) -> None:
        self._environment = environment
        self._jobs = jobs
        self._report = report
        self._run = 0
        self._open = False
        self._names: list[Names] = []
        self._zero = 0.0
        self._process = EngineProcess(self._hear)

    def obey(self, order: Told) -> None:
        """Begin a run, or go on with it in another way."""
        if order["run"] != self._run:
            self._begin(order)
        elif self._open:
            self._process.tell(deals=order["deals"], end=order["end"])
        if order["end"] is not None and self._open:
            left = (order["origin"] + order["end"] - time.monotonic_ns()) / NS
            gevent.spawn_later(max(0.0, left) + self._grace, self._stop, order["run"])

    def finish(self) -> None:
        """Locust stops: whatever is left of the run is over."""
        if self._open:
            self._stop(self._run)
            self._process.ended.wait(1)

    def close(self) -> None:
        """Locust ends."""
        self._open = False
        self._process.close()

    def _begin(self, order: Told) -> None:
        self._run = order["run"]
        try:
            jobs = self._jobs(order["host"])
            work = Work(0, _ALWAYS, order["seed"], jobs, LABS)
            packed = b64encode(pickle.dumps(work)).decode()
        except ChaoskitError as error:
            self._report({"run": self._run, "error": {"message": str(error.args[0]), "remedy": error.remedy}})
            return
        self._open = True
        self._grace = min(GRACE, max(job.timeout for job in jobs) / NS)
        self._names = [Names("", ""), *(Names(job.request.op, job.name) for job in jobs)]
        self._zero = order["zero"]
        told = {key: order[key] for key in ("origin", "record", "deals", "end")}
        self._process.tell(work=packed, **told)

    def _stop(self, run: int) -> None:
        if run == self._run and self._open:
            self._process.tell(stop=True)

    def _hear(self, told: Told) -> None:
        if "ready" in told:
            self._report({"ready": True})
        elif "cells" in told and self._open:
            feed(unpacked(told["cells"]), self._names, self._zero, self._environment.stats)
        elif "part" in told and self._open:
            part = told["part"]
            self._report({"run": self._run, "part": {**part, "data": b64decode(part["data"])}})
        elif "account" in told or "error" in told:
            self._end(told)
        elif "gone" in told and self._open:
            message = f"the engine's process ended with status {told['gone']}"
            self._end({"error": {"message": message, "remedy": "What it said is above.", "kind": ""}})

    def _end(self, told: dict[str, Any]) -> None:
        if self._open:
            self._open = False
            if "error" in told and told["error"]["kind"] == TargetRefused.__name__:
                told["error"]["remedy"] = _OWN_IT
            self._report({"run": self._run, **told})
            self._process = EngineProcess(self._hear)
