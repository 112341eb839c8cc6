"""What recording, judging and reporting a long run takes: `tests/bench/history.py [--requests N] [--json FILE]`.

The recorder is given what a run gives it, as fast as it takes it: batches of 2,000 requests, 20,000 a second (10
million of them), an outage, its failures, the readings of two probes. Then `chaoskit judge` and `chaoskit report` are
run on its directory. Each has a process of its own: wall-clock seconds, and the most memory that was resident (the
`ru_maxrss` of getrusage(2)). With the packages' import, making up the requests or reading them, ten checks and the
HTML.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.history import Event, Generated, Meta, Reading, Requests, Text
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.units import NS
from chaoskit.engine.discovery import select
from chaoskit.engine.plan import Plan, make_plan
from chaoskit.engine.recorder import Recorder
from chaoskit.testing import FakeClock
from tests.samples import COMPOSE, write

RATE = 20_000
BATCH = 2_000
_ORIGIN = 1000
_VERDICTS = (0, 1, 2)
BEGIN, BACK, END = 0.3, 0.301, 0.5
"""When the outage begins, is survived, and ends, in parts of the run."""

EXPERIMENT = """
from chaoskit import *
from chaoskit.actions.crash import crash
from chaoskit.checks.availability import availability
from chaoskit.checks.comes_home import comes_home
from chaoskit.checks.failures import failures
from chaoskit.checks.goodput import goodput
from chaoskit.checks.in_flight import in_flight
from chaoskit.checks.latency import latency
from chaoskit.checks.no_traffic import no_traffic
from chaoskit.checks.outcome_share import outcome_share
from chaoskit.checks.recovers import recovers
from chaoskit.checks.share_by import share_by
from chaoskit.core.load import Outcome
from chaoskit.loads.arrivals import poisson
from chaoskit.probes.alive import alive

buyers = load(get("http://web/"), poisson("20000/s"), clients=role("client"))
outage = crash(name("web-1"))
failover = window(after=begin(outage), lasting=bound(detection="2s", margin="1s"))
dead = window(after=begin(outage), delay="3s", before=end(outage))

long = Experiment(
    claim="a long run is judged as soon as a short one",
    lab=Lab("compose.yaml"),
    loads=[buyers],
    probes=[alive().at(role("service"), every="100ms")],
    timeline=[at("{begin}s", outage, lasting="{lasting}s")],
    duration="{duration}s",
    steady=availability(buyers, at_least=0.9),
    one_success_in={one_in},
    checks=[
        availability(buyers, at_least=0.999, outside=failover),
        latency(buyers, quantile=0.99, at_most="1s"),
        recovers(buyers, within=failover),
        comes_home(buyers, to=role("service"), within=failover),
        failures(buyers, outside=failover),
        goodput(buyers, of="20000/s", at_least=0.9),
        outcome_share(buyers, Outcome.REFUSED, at_most=0.01),
        share_by(buyers, by="instance", of="web-2", between=(0.2, 0.35), during=failover),
        no_traffic(buyers, to=name("web-1"), during=dead),
        in_flight(buyers, Outcome.OK, at=failover, at_least=0.5),
    ],
)
"""


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds of wall-clock time, and MiB that were resident at most."""

    command: str
    seconds: float
    mib: float


def planned(folder: Path, seconds: float, one_in: int) -> Plan:
    """The plan of an experiment that lasts so long, and keeps a row of one success in so many."""
    write(folder / "compose.yaml", COMPOSE)
    words = {"begin": seconds * BEGIN, "lasting": seconds * (END - BEGIN), "duration": seconds}
    text = EXPERIMENT.replace("{one_in}", str(one_in))
    for name, value in words.items():
        text = text.replace(f"{{{name}}}", f"{value:.3f}")
    (found,) = select([str(write(folder / "long.py", text))])
    return make_plan(found)


def record(plan: Plan, run: Path, count: int) -> None:
    """Have a recorder record so many requests."""
    clock = FakeClock(now=_ORIGIN)
    found, origin = plan.found, clock.now()
    claim, source = found.experiment.claim, str(found.source)
    one_in = found.experiment.one_success_in
    meta = Meta(run.name, found.id, plan.arm, claim, source, 1, plan.length, origin, "native", one_success_in=one_in)
    recorder = Recorder(run, meta, plan, clock)
    for event in events(plan):
        recorder.event(event.kind, event.subject, event.what, event.t, **event.data)
    rng = np.random.default_rng(1)
    waiting = deque(readings(plan))
    for at in range(0, count, BATCH):
        size = min(BATCH, count - at)
        begin = at * NS // RATE
        clock.advance((origin + begin + size * NS // RATE - clock.now()) / NS)
        recorder.requests(requests(plan, begin + np.sort(rng.integers(0, size * NS // RATE, size)), rng))
        while waiting and waiting[0].t <= recorder.now():
            recorder.reading(waiting.popleft())
        recorder.keep_time()
        recorder.flush()
    client = next(host.name for host in plan.topology.hosts if host.service == "buyer")
    recorder.generated((Generated(plan.loads[0].name, client, count, count),))
    recorder.finish("")


def requests(plan: Plan, intended: NDArray[np.int64], rng: np.random.Generator) -> Requests:
    """A part: web-1 answers nobody from the outage's begin on, until it is taken out and nothing is sent to it."""
    n = len(intended)
    webs = [host for host in plan.topology.hosts if host.service == "web"]
    share = intended / plan.length
    gone, unnoticed = (share >= BEGIN) & (share < END), (share >= BEGIN) & (share < BACK)
    chosen = rng.integers(0, len(webs), n)
    chosen = np.where(gone & ~unnoticed & (chosen == 0), rng.integers(1, len(webs), n), chosen)
    refused = unnoticed & (chosen == 0)
    end = (rng.gamma(2.0, 2_000, n) + 200).astype(np.int32)
    order = np.argsort(intended + end.astype(np.int64) * 1000, kind="stable")
    new = rng.random(n) < 0.1
    lag = rng.integers(5, 60, n).astype(np.int32)
    table = Requests(
        load=Text(np.zeros(n, np.int32), (plan.loads[0].name,)),
        client=Text(np.zeros(n, np.int32), (next(h.name for h in plan.topology.hosts if h.service == "buyer"),)),
        server=Text(chosen.astype(np.int32), tuple(host.addresses[0] for host in webs)),
        instance=Text(np.where(refused, len(webs), chosen).astype(np.int32), (*(host.name for host in webs), "")),
        op=Text(np.zeros(n, np.int32), ("GET",)),
        value=Text(np.zeros(n, np.int32), ("",)),
        intended=intended,
        lag=lag,
        sent=np.where(refused, -1, lag + 10).astype(np.int32),
        dns=np.where(new, 300, -1).astype(np.int32),
        connect=np.where(new, 150, -1).astype(np.int32),
        first_byte=np.where(refused, -1, end - 20).astype(np.int32),
        end=end,
        status=np.where(refused, 0, 200).astype(np.int16),
        outcome=np.where(refused, OUTCOMES.index(Outcome.REFUSED), OUTCOMES.index(Outcome.OK)).astype(np.int8),
        attempts=np.ones(n, np.int16),
    )
    return table.take(order)


def readings(plan: Plan) -> list[Reading]:
    """What the probe and the machine's watch read, ten and two times a second."""
    length, hosts = plan.length, [host.name for host in plan.topology.hosts if host.service == "web"]
    read = [
        Reading(t, 100_000, "machine", "", {"late_s": 0.0001, "total_ticks": t // 10**7, "steal_ticks": 0})
        for t in range(0, length, NS // 2)
    ]
    for t in range(0, length, NS // 10):
        gone = BEGIN <= t / length < END
        read += [
            Reading(
                t, 100_000, plan.probes[0].name, host, {"state": "exited" if gone and host == "web-1" else "running"}
            )
            for host in hosts
        ]
    return read


def events(plan: Plan) -> list[Event]:
    """The outage, and that nothing was left."""
    (entry,) = plan.entries
    begin, end = entry.start, round(plan.length * END)
    hosts = {"hosts": ["web-1"]}
    moments = [(begin, "begin"), (begin + 5_000_000, "confirmed"), (end, "end"), (end + 5_000_000, "undone")]
    return [
        Event(0, "phase", "run", "begin"),
        *(Event(t, "action", entry.name, what, hosts) for t, what in moments),
        Event(plan.length, "audit", "run", "clean", {"left": []}),
    ]


def cost(name: str, module: str, *words: str) -> Cost:
    """Run a module to its end.

    Raises:
        RuntimeError: it could not do what was asked of it; a verdict is no error.
    """
    begun = time.monotonic()
    argv = [sys.executable, "-m", module, *words]
    child = subprocess.Popen(argv, stdout=subprocess.DEVNULL, cwd=Path(__file__).parents[2])
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in _VERDICTS:
        raise RuntimeError(f"{name} ended with {child.returncode}")
    return Cost(name, round(seconds, 2), round(usage.ru_maxrss / 1024, 1))


def main() -> None:
    """Record, judge, report, print, and write the figures where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=10_000_000)
    parser.add_argument("--one-success-in", type=int, default=1, metavar="N", help="keep a row of one success in N")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--record", type=Path, metavar="DIR", help="only record a run, in this folder, and leave it")
    chosen = parser.parse_args()
    if chosen.record:
        (chosen.record / "run").mkdir(parents=True)
        plan = planned(chosen.record, chosen.requests / RATE, chosen.one_success_in)
        record(plan, chosen.record / "run", chosen.requests)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "long"
        run = folder / "run"
        asked = ["--requests", str(chosen.requests), "--one-success-in", str(chosen.one_success_in)]
        recorded = cost("record", "tests.bench.history", *asked, "--record", str(folder))
        size = sum(file.stat().st_size for file in run.rglob("*") if file.is_file())
        costs = [recorded, cost("judge", "chaoskit", "judge", str(run)), cost("report", "chaoskit", "report", str(run))]
        verdicts = json.loads((run / "verdict.json").read_text())
    print(f"{chosen.requests:,} requests, {size / 1e6:,.0f} MB on disk")
    for one in costs:
        print(f"{one.command:8s} {one.seconds:6.2f} s {one.mib:8.1f} MiB")
    told = {each["name"]: each["verdict"] for each in (*verdicts["gates"], *verdicts["checks"])}
    print(", ".join(f"{name}: {verdict}" for name, verdict in told.items()))
    if chosen.json:
        figures = {"requests": chosen.requests, "bytes": size, "costs": [asdict(one) for one in costs]}
        chosen.json.write_text(json.dumps({**figures, "verdicts": told}, indent=2) + "\n")


if __name__ == "__main__":
    main()
