"""The side that decides: when a run begins and ends, who shares its schedule, and how fast it goes."""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import Runner
from locust.stats import CSV_STATS_INTERVAL_SEC

from chaoskit.core.errors import ChaoskitError
from chaoskit.core.step import Json
from chaoskit.core.units import NS
from chaoskit.loads.account import Account
from chaoskit.loads.locust.crew import Crew
from chaoskit.loads.locust.engine_process import Told
from chaoskit.loads.locust.node import GRACE
from chaoskit.loads.locust.record import Record, record_of
from chaoskit.loads.locust.summary import latencies
from chaoskit.loads.roster import Roster

_LEAD = 1.0
"""Seconds between an order and when it holds: all must have heard it by then."""
_SKIPPED = 2e6
"""Arrivals a second that a process which joins can make up for, before it sends its first one."""
_LAST = 0.3
_PERIOD = 0.25
_READY = 10.0
_SILENT = 2.0
"""Seconds without a word after which nobody is waited for, once all requests must have ended."""
_LONGEST = 120.0
_LAG = 5_000
"""µs of lag at p99 above which latencies say more about this machine than about the target."""
_NOTHING = {"whole": 0, "recorded": 0, "abandoned": 0, "doubled": 0, "attempts": 0, "lag": []}
"""The account of a node that could not do its work."""

logger = logging.getLogger("chaoskit")


class Conductor:
    """One run after the other.

    Args:
        environment: Locust's.
        runner: its runner, which is this process's own or a master's.
        seed: what the locustfile says the seed is, if anything.
        crew: makes the crew, given where it is to report.
    """

    def __init__(
        self,
        environment: Environment,
        runner: Runner,
        seed: Callable[[], int | None],
        crew: Callable[[Callable[[str, Told], None]], Crew],
    ) -> None:
        self.account: Account | None = None
        self._environment = environment
        self._runner = runner
        self._seed = seed
        self._ready: set[str] = set()
        self._crew = crew(self.hear)
        self._run = 0
        self._heard = 0.0
        self._roster: Roster | None = None
        self._order: Told = {}
        self._began = 0
        self._record: Record | None = None
        self._origins: dict[str, int] = {}
        self._accounts: dict[str, dict[str, Any]] = {}
        self._reported: Counter[str] = Counter()
        events: Any = environment.events
        events.worker_report.add_listener(self._count)

    def begin(self) -> None:
        """Start a run with all who are ready, or will be soon."""
        deadline = time.monotonic() + _READY
        while not self._ready >= self._crew.connected() and time.monotonic() < deadline:
            gevent.sleep(0.02)
        try:
            seed = self._seed()
            self._record = record_of(self._environment, self._run + 1)
        except ChaoskitError as error:
            self._refuse(str(error.args[0]), error.remedy)
            return
        self._run += 1
        self._accounts, self._reported, self.account, self._origins = {}, Counter(), None, {}
        self._began = time.monotonic_ns() + round(_LEAD * NS)
        self._order = {
            "run": self._run,
            "zero": time.time() + _LEAD,
            "record": self._record is not None,
            "seed": random.SystemRandom().getrandbits(32) if seed is None else seed,
            "host": self._environment.host,
            "end": None,
        }
        self._roster = Roster(tuple(sorted(self._members())), self._pace())
        logger.info("Seed %d, %d engine(s)", self._order["seed"], len(self._roster.members))
        self._give()
        gevent.spawn(self._watch, self._run)

    def end(self) -> None:
        """End arrivals, wait for what is under way, and say what became of all."""
        if self._roster is None:
            return
        self._order["end"] = max(0, self._now() + round(_LAST * NS))
        self._give()
        patience, most = time.monotonic() + _LAST + GRACE + _SILENT, time.monotonic() + _LONGEST
        while self._missing() and time.monotonic() < min(most, max(patience, self._heard + _SILENT)):
            gevent.sleep(0.01)
        self._close()
        options = self._environment.parsed_options
        if options is not None and getattr(options, "csv_prefix", None):
            gevent.sleep(CSV_STATS_INTERVAL_SEC + 0.1)  # until Locust has written what came last

    def hear(self, member: str, told: Told) -> None:
        """What a node reports."""
        self._heard = time.monotonic()
        if "ready" in told:
            self._ready.add(member)
        elif told["run"] != self._run:
            return
        elif "part" in told:
            self._keep(member, told["part"])
        elif "account" in told:
            self._ready.discard(member)
            self._accounts[member] = told["account"]
        elif "error" in told:
            self._ready.discard(member)
            self._fail(member, told["error"])

    def _members(self) -> frozenset[str]:
        return frozenset(self._ready) & self._crew.connected()

    def _missing(self) -> frozenset[str]:
        """Those who have yet to tell what they did."""
        assert self._roster is not None
        return (frozenset(self._roster.members) & self._crew.connected()) - frozenset(self._accounts)

    def _pace(self) -> float:
        """With a shape, Locust's users are what the rate is counted in."""
        return float(self._runner.target_user_count) if self._environment.shape_class else 1.0

    def _now(self) -> int:
        return time.monotonic_ns() - self._began

    def _give(self) -> None:
        """Let everybody know how the run goes."""
        assert self._roster is not None
        for member in self._roster.members:
            if member not in self._accounts:
                own = self._origins.setdefault(member, self._crew.clock(member).shown_at(self._began))
                self._crew.send(member, {**self._order, "origin": own, "deals": self._roster.deals(member)})

    def _watch(self, run: int) -> None:
        """Share the schedule anew whenever there are others to share it, or another number of users."""
        while self._roster is not None and run == self._run and self._order["end"] is None:
            gevent.sleep(_PERIOD)
            if self._roster is None or run != self._run or self._order["end"] is not None:
                return
            if self._accounts and not self._missing():
                gevent.spawn(self._quit)
                return
            self._adapt()

    def _adapt(self) -> None:
        assert self._roster is not None
        before = set(self._roster.members)
        now = self._members() | (frozenset(self._accounts) & before)
        if not now:
            return
        made_up = sum(self._reported.values()) / _SKIPPED if now - before else 0.0
        since = self._now() + round((_LEAD + made_up) * NS)
        if self._roster.change(since, now, self._pace()):
            for what, who in (("joined", now - before), ("left", before - now)):
                for member in sorted(who):
                    logger.info("%s %s: %d engines share the schedule", member, what, len(now))
            self._give()

    def _count(self, client_id: str, data: dict[str, Any]) -> None:
        self._reported[client_id] += data["stats_total"]["num_requests"]

    def _close(self) -> None:
        assert self._roster is not None
        everybody = dict.fromkeys(member for epoch in self._roster.epochs for member in epoch.members)
        told = [self._accounts[member] for member in everybody if member in self._accounts]
        dead = sum(self._reported[member] for member in everybody if member not in self._accounts)
        self._roster = None
        self.account = Account.of(told, dead) if told else None
        self._merge()
        if self.account is not None:
            self._summarise(self.account)

    def _summarise(self, account: Account) -> None:
        say = logger.warning if account.lost or account.doubled else logger.info
        say("%s", account)
        for line in latencies(self._environment.stats):
            logger.info("%s", line)
        if account.lag.quantile(0.99) > _LAG:
            logger.warning("The engine was late: do not believe these latencies. Lower the rate, or give it a core.")

    def _keep(self, member: str, part: Mapping[str, Any]) -> None:
        if self._record is None:
            return
        try:
            self._record.add(member, part)
        except OSError as error:
            self._record = None
            self._refuse(f"rows cannot be recorded any more: {error}", "What there was until then is there as it came.")

    def _merge(self) -> None:
        record, self._record = self._record, None
        if record is not None:
            facts: dict[str, Json] = {"origin_unix_s": self._order["zero"], "seed": self._order["seed"]}
            facts["account"] = dict(self.account.counts) if self.account else None
            clocks = {member: (origin, self._crew.clock(member)) for member, origin in self._origins.items()}
            record.close(self._began, clocks, self._accounts, facts)

    def _fail(self, member: str, error: dict[str, str]) -> None:
        if self._roster is None:
            return
        self._accounts.setdefault(member, dict(_NOTHING))
        self._refuse(f"{member}: {error['message']}", error["remedy"])

    def _refuse(self, message: str, remedy: str) -> None:
        """Say what is wrong, and end: a mistake of the user's, or a node that could not go on."""
        logger.error("%s\n%s", message, remedy)
        self._environment.process_exit_code = 3
        gevent.spawn(self._quit)

    def _quit(self) -> None:
        """The run is over by itself: so is Locust, unless somebody looks at it."""
        if self._environment.web_ui is None:
            self._runner.quit()
        else:
            self._runner.stop()
