"""How fast the load engine is, beside wrk and Locust's FastHttpUser: `tests/bench/load.py [--json FILE] [--rounds N]`.

One nginx on core 0, one generator at a time on core 1, 64 kept connections, all with the same priority.
wrk runs before and after every other one, which is compared with the mean of those two: what disturbs the
machine disturbs both sides. Ours does all it does in a run: every request recorded in full, and in the row "under
Locust" sent to the runner's process. Its open loop is offered more than it can send (64 in flight); its closed loop
are 64 users who do not think, on either transport: what wrk does.

CPU time is the generator's own, all threads, user and system, each answered request. It says more than rates
where the machine is busy or the server is the slower side: then the rate is the server's. On such a machine
an open loop pays for waiting arrivals, and wakes up more often for fewer answers, which wrk does not have to.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from chaoskit.core.history import Requests, concatenate
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.request import get
from chaoskit.core.units import NS
from chaoskit.loads.arrivals import poisson
from chaoskit.loads.arrivals.closed import closed
from chaoskit.loads.engine import Engine
from chaoskit.loads.generator import Client, Generator, Job, Work
from chaoskit.loads.transport import VARIABLE, refusal
from tests.loads.nginx import nginx

CONNECTIONS = 64
SERVER_CORE, LOAD_CORE = 0, 1
OVERLOAD = 1.15
"""What ours is offered, in terms of wrk's rate just before. More would cost it time without use: every
arrival is taken up and accounted for, also those that then wait for one of the connections."""
PRIORITY = -20
FIRST = ["nice", "-n", str(PRIORITY)] if os.geteuid() == 0 else []
"""Server and generators come before whatever else the machine does, all alike."""
ON_LOAD_CORE = [*FIRST, "taskset", "-c", str(LOAD_CORE)]
ON_SERVER_CORE = [*FIRST, "taskset", "-c", str(SERVER_CORE)]
LOCUSTFILE = """
from locust import FastHttpUser, constant, task
class Bench(FastHttpUser):
    wait_time = constant(0)
    @task
    def get(self):
        self.client.get("/")
"""


@dataclass(frozen=True)
class Figure:
    """One generator in one round: answered requests a second, and CPU time of the generator each."""

    rate: float
    cpu_us: float


@dataclass(frozen=True)
class Compared:
    """A figure, and what it is in terms of wrk's mean just before and after."""

    rate: float
    cpu_us: float
    rate_of_wrk: float
    cpu_of_wrk: float

    @classmethod
    def of(cls, own: Figure, before: Figure, after: Figure) -> Compared:
        """Divide by the mean of two figures of wrk."""
        rate, cpu = (before.rate + after.rate) / 2, (before.cpu_us + after.cpu_us) / 2
        return cls(own.rate, own.cpu_us, own.rate / rate, own.cpu_us / cpu)


def wrk(port: int, seconds: int) -> Figure:
    """Closed loop, C."""
    before = children_cpu()
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", f"http://127.0.0.1:{port}/"]
    text = subprocess.run([*ON_LOAD_CORE, *command], capture_output=True, text=True, check=True).stdout
    count = int(re.findall(r"(\d+) requests in", text)[0])
    return Figure(float(re.findall(r"Requests/sec:\s*([\d.]+)", text)[0]), (children_cpu() - before) / count * 1e6)


def fast_http_user(port: int, seconds: int) -> Figure:
    """Closed loop, Locust with its fast client."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "locustfile.py"
        script.write_text(LOCUSTFILE)
        before = children_cpu()
        command = [sys.executable, "-m", "locust", "-f", str(script), "--headless", "--json", "--only-summary"]
        command += ["-u", str(CONNECTIONS), "-r", str(CONNECTIONS), "-t", f"{seconds}s"]
        command += ["--host", f"http://127.0.0.1:{port}"]
        ran = subprocess.run([*ON_LOAD_CORE, *command], capture_output=True, text=True, check=True)
    (entry,) = json.loads(ran.stdout)
    span = entry["last_request_timestamp"] - entry["start_time"]
    return Figure(entry["num_requests"] / span, (children_cpu() - before) / entry["num_requests"] * 1e6)


def bare(port: int, seconds: int, rate: float, chosen: str = "auto") -> Figure:
    """Our engine alone, in a process of its own, by a transport; a rate of 0 means the closed loop."""
    command = [sys.executable, __file__, "--engine", str(port), str(seconds), str(rate)]
    environment = os.environ | {VARIABLE: chosen}
    ran = subprocess.run([*ON_LOAD_CORE, *command], capture_output=True, text=True, check=True, env=environment)
    return Figure(**json.loads(ran.stdout))


def closed_loop(chosen: str) -> Callable[[int, int, float], Figure]:
    """Users who do not think, by a transport."""
    return lambda port, seconds, _rate: bare(port, seconds, 0, chosen)


def engine_alone(port: int, seconds: int, rate: float) -> Figure:
    """The body of `bare`."""
    raw: list[bytes] = []
    planned = work(port, seconds, rate)
    engine = Engine(planned, raw.append)
    threading.Timer(seconds + 0.2, engine.stop).start()
    before = own_cpu()
    (account,) = engine.run()
    span = (time.monotonic_ns() - planned.origin) / NS
    done = account.recorded - account.abandoned
    return Figure(done / span, (own_cpu() - before) / done * 1e6)


def through_locust(port: int, seconds: int, rate: float) -> Figure:
    """Our engine as it runs in an experiment: in the child, under Locust, rows sent to this process."""
    batches: list[Requests] = []
    with Generator() as generator:
        generator.open()
        to_load_core(generator)
        before = cpu_of(generator.pid)
        planned = work(port, seconds, rate)
        generator.start(planned, batches.append)
        time.sleep(max(0.0, (planned.origin + seconds * NS - time.monotonic_ns()) / NS))
        used = cpu_of(generator.pid) - before
        generator.stop()
        generator.wait(20)
    table = concatenate(batches)
    ok = table.outcome == OUTCOMES.index(Outcome.OK)
    done = int((ok & (table.ended < seconds * NS)).sum())
    return Figure(done / seconds, used / done * 1e6)


def work(port: int, seconds: int, rate: float) -> Work:
    """One load of one client that begins in 0.2 s; a rate of 0 means the closed loop."""
    request = get(f"http://127.0.0.1:{port}/")
    arrivals = poisson(rate) if rate else closed(CONNECTIONS)
    job = Job("bench", request, arrivals, (Client("here"),), 30 * NS, max_connections=CONNECTIONS)
    return Work(time.monotonic_ns() + NS // 5, seconds * NS, 1, (job,))


def to_load_core(generator: Generator) -> None:
    """What `ON_LOAD_CORE` does, for a generator that is open and not started yet."""
    os.sched_setaffinity(generator.pid, {LOAD_CORE})
    if FIRST:
        os.setpriority(os.PRIO_PROCESS, generator.pid, PRIORITY)


def own_cpu() -> float:
    """CPU seconds of this process."""
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


def children_cpu() -> float:
    """CPU seconds of processes that have ended."""
    return sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def cpu_of(pid: int) -> float:
    """CPU seconds of a process, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rounds(count: int, seconds: int) -> dict[str, list[Compared]]:
    """Let the generators take turns."""
    contestants: dict[str, Callable[[int, int, float], Figure]] = {
        "chaoskit, engine alone": bare,
        "chaoskit, closed loop by epoll": closed_loop("epoll"),
        **({} if refusal() else {"chaoskit, closed loop by io_uring": closed_loop("io_uring")}),
        "chaoskit, under Locust": through_locust,
        "Locust FastHttpUser": lambda port, seconds, _rate: fast_http_user(port, seconds),
    }
    figures: dict[str, list[Compared]] = {name: [] for name in ("wrk", *contestants)}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with nginx(Path(folder), prefix=ON_SERVER_CORE) as server:
            after = wrk(server.port, seconds)
            for _ in range(count):
                for name, contestant in contestants.items():
                    before = after
                    own = contestant(server.port, seconds, before.rate * OVERLOAD)
                    after = wrk(server.port, seconds)
                    figures[name].append(Compared.of(own, before, after))
                    figures["wrk"].append(Compared.of(after, before, after))
    return figures


def table(figures: dict[str, list[Compared]]) -> str:
    """The figures as Markdown: medians, and smallest and largest."""
    lines = [
        "| generator | req/s | of wrk's | CPU us a request | of wrk's | rounds |",
        "|---|---|---|---|---|---|",
    ]
    for name, own in figures.items():
        cells = [
            spread([figure.rate for figure in own], ",.0f"),
            spread([figure.rate_of_wrk for figure in own], ".2f"),
            spread([figure.cpu_us for figure in own], ".1f"),
            spread([figure.cpu_of_wrk for figure in own], ".2f"),
        ]
        lines.append(f"| {name} | {' | '.join(cells)} | {len(own)} |")
    return "\n".join(lines)


def spread(values: list[float], form: str) -> str:
    """Median, smallest and largest."""
    return f"{statistics.median(values):{form}} ({min(values):{form}}-{max(values):{form}})"


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2, help="of each generator in each round")
    parser.add_argument("--json", type=Path, help="also write the figures of all rounds here")
    parser.add_argument("--engine", nargs=3, type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.engine:
        port, seconds, rate = options.engine
        print(json.dumps(asdict(engine_alone(int(port), int(seconds), rate))))
        return
    figures = rounds(options.rounds, options.seconds)
    print(table(figures))
    if options.json:
        plain = {name: [asdict(figure) for figure in own] for name, own in figures.items()}
        options.json.write_text(json.dumps(plain, indent=2) + "\n")


if __name__ == "__main__":
    main()
