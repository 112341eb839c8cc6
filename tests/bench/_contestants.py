"""The load generators that are compared: each runs alone on one core against a server on the other.

Each answers with its rate and the CPU time of its own process(es), all threads, user and system, an answered request.
Those that can are told to keep their connections, or to open one a request, which the request's header asks the server
to close; `None` says that a generator cannot do that.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from chaoskit.core.history import Requests, concatenate
from chaoskit.core.load import OUTCOMES, Arrivals, Connections, Outcome
from chaoskit.core.request import get
from chaoskit.core.units import NS
from chaoskit.loads.arrivals import poisson
from chaoskit.loads.arrivals.closed import Closed
from chaoskit.loads.engine import Engine
from chaoskit.loads.generator import Client, Generator, Job, Work
from chaoskit.loads.transport import VARIABLE

CONNECTIONS = 64
SERVER_CORE, LOAD_CORE = 0, 1
PRIORITY = -20
FIRST = ["nice", "-n", str(PRIORITY)] if os.geteuid() == 0 else []
"""Server and generators come before whatever else the machine does, all alike."""
ON_LOAD_CORE = [*FIRST, "taskset", "-c", str(LOAD_CORE)]
ON_SERVER_CORE = [*FIRST, "taskset", "-c", str(SERVER_CORE)]
CLOSE = "Connection: close"
LOCUSTFILE = """
from locust import FastHttpUser, HttpUser, constant, task
class Bench({base}):
    wait_time = constant(0)
    @task
    def get(self):
        self.client.get("/", headers={headers})
"""


@dataclass(frozen=True)
class Figure:
    """One generator in one round: answered requests a second, and CPU time of the generator each."""

    rate: float
    cpu_us: float


@dataclass(frozen=True)
class Asked:
    """What a generator is to do.

    Attributes:
        new: open a connection a request.
        rate: what an open loop is offered, a second.
    """

    port: int
    seconds: int
    new: bool
    rate: float


Contestant = Callable[[Asked], Figure]


def wrk(asked: Asked) -> Figure:
    """Closed loop, C."""
    close = ["-H", CLOSE] if asked.new else []
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{asked.seconds}s", *close, f"http://127.0.0.1:{asked.port}/"]
    text, cpu = _ran(command)
    count = int(re.findall(r"(\d+) requests in", text)[0])
    return Figure(float(re.findall(r"Requests/sec:\s*([\d.]+)", text)[0]), cpu / count * 1e6)


def hey(asked: Asked) -> Figure:
    """Closed loop, Go."""
    close = ["-disable-keepalive"] if asked.new else []
    command = ["hey", "-z", f"{asked.seconds}s", "-c", str(CONNECTIONS), "-cpus", "1", *close]
    text, cpu = _ran([*command, f"http://127.0.0.1:{asked.port}/"])
    count = int(re.findall(r"\[200\]\s+(\d+) responses", text)[0])
    return Figure(float(re.findall(r"Requests/sec:\s*([\d.]+)", text)[0]), cpu / count * 1e6)


def h2load(asked: Asked) -> Figure:
    """Closed loop, C++; it keeps its connections whatever it is told."""
    command = ["h2load", "--h1", "-c", str(CONNECTIONS), "-D", str(asked.seconds), f"http://127.0.0.1:{asked.port}/"]
    text, cpu = _ran(command)
    count = int(re.findall(r"(\d+) succeeded", text)[0])
    return Figure(count / asked.seconds, cpu / count * 1e6)


def locust(base: str) -> Contestant:
    """Closed loop, Locust with a client of its own; `base` is the class of its users."""

    def run(asked: Asked) -> Figure:
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "locustfile.py"
            headers = {"Connection": "close"} if asked.new else {}
            script.write_text(LOCUSTFILE.format(base=base, headers=headers))
            command = [sys.executable, "-m", "locust", "-f", str(script), "--headless", "--json", "--only-summary"]
            command += ["-u", str(CONNECTIONS), "-r", str(CONNECTIONS), "-t", f"{asked.seconds}s"]
            text, cpu = _ran([*command, "--host", f"http://127.0.0.1:{asked.port}"])
        (entry,) = json.loads(text)
        span = entry["last_request_timestamp"] - entry["start_time"]
        return Figure(entry["num_requests"] / span, cpu / entry["num_requests"] * 1e6)

    return run


def engine(transport: str, *, closed: bool = False) -> Contestant:
    """Our engine alone, in a process of its own, which records every request in full."""

    def run(asked: Asked) -> Figure:
        said = json.dumps([*asdict(asked).values(), closed])
        text, _ = _ran([sys.executable, "-m", "tests.bench._contestants", said], {VARIABLE: transport})
        return Figure(**json.loads(text))

    return run


def _engine_alone(asked: Asked, *, closed: bool) -> Figure:
    """The body of `engine`."""
    raw: list[bytes] = []
    planned = work(asked, Closed(CONNECTIONS, 0) if closed else None)
    it = Engine(planned, raw.append)
    threading.Timer(asked.seconds + 0.2, it.stop).start()
    before = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    (account,) = it.run()
    span = (time.monotonic_ns() - planned.origin) / NS
    done = account.recorded - account.abandoned
    return Figure(done / span, (sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - before) / done * 1e6)


def under_locust(transport: str) -> Contestant:
    """Our engine as it runs in an experiment: in the child, under Locust, rows sent to this process."""

    def run(asked: Asked) -> Figure:
        batches: list[Requests] = []
        os.environ[VARIABLE] = transport
        try:
            with Generator() as generator:
                generator.open()
                to_load_core(generator)
                before, planned = cpu_of(generator.pid), work(asked)
                generator.start(planned, batches.append)
                time.sleep(max(0.0, (planned.origin + asked.seconds * NS - time.monotonic_ns()) / NS))
                used = cpu_of(generator.pid) - before
                generator.stop()
                generator.wait(20)
        finally:
            del os.environ[VARIABLE]
        table = concatenate(batches)
        ok = table.outcome == OUTCOMES.index(Outcome.OK)
        done = int((ok & (table.ended < asked.seconds * NS)).sum())
        return Figure(done / asked.seconds, used / done * 1e6)

    return run


def work(asked: Asked, arrivals: Arrivals | None = None) -> Work:
    """One load of one client that begins in 0.2 s."""
    request = get(f"http://127.0.0.1:{asked.port}/")
    job = Job(
        "bench",
        request,
        arrivals or poisson(asked.rate),
        (Client("here"),),
        30 * NS,
        Connections.NEW if asked.new else Connections.KEEP_ALIVE,
        max_connections=CONNECTIONS,
    )
    return Work(time.monotonic_ns() + NS // 5, asked.seconds * NS, 1, (job,))


def to_load_core(generator: Generator) -> None:
    """What `ON_LOAD_CORE` does, for a generator that is open and not started yet."""
    os.sched_setaffinity(generator.pid, {LOAD_CORE})
    if FIRST:
        os.setpriority(os.PRIO_PROCESS, generator.pid, PRIORITY)


def cpu_of(pid: int) -> float:
    """CPU seconds of a process, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _ran(command: list[str], environment: Mapping[str, str] | None = None) -> tuple[str, float]:
    """What a generator printed, and the CPU seconds it took."""
    before = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    said = subprocess.run(
        [*ON_LOAD_CORE, *command],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **(environment or {})},
        cwd=Path(__file__).parents[2],
    ).stdout
    return said, sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - before


if __name__ == "__main__":
    *values, is_closed = json.loads(sys.argv[1])
    print(json.dumps(asdict(_engine_alone(Asked(*values), closed=is_closed))))
