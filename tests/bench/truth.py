"""What the load engine says, against what is known by other means: `python -m tests.bench.truth [--minutes N]`.

The generator as in an experiment (child process, Locust, every request recorded and sent here), by each transport:

- a server stopped for 2 s of 12 at 2,000/s: p99 from intended starts against open-loop theory. Of all requests 2/12
  wait, evenly spread over the stop, so that 1 % wait longer than the stop less 1 % of the run;
- requests that the engine says were answered against nginx's own counter (ngx_http_stub_status_module), at 20,000/s;
- resident memory of the generator over minutes at 20,000/s.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from chaoskit.core.history import Requests, concatenate
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.loads.arrivals import constant, poisson
from chaoskit.loads.generator import Generator
from chaoskit.loads.transport import IO_URING, VARIABLE, refusal
from tests.bench._contestants import ON_SERVER_CORE, Asked, to_load_core, work
from tests.loads.nginx import Nginx, nginx
from tests.support.ports import free_port

STOP_S, RUN_S = 2.0, 12
RATE = 20_000
STATUS = "server {{ listen 127.0.0.1:{port}; location / {{ stub_status; }} }}"
_EVERY_S = 5


@contextmanager
def served() -> Iterator[tuple[Nginx, int]]:
    """Nginx on its core, and the port of its own account."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with nginx(Path(folder), prefix=ON_SERVER_CORE, more=STATUS.format(port=port)) as server:
            yield server, port


def stop(server: Nginx, stopped: list[float]) -> None:
    """Stop it for a while, and note when."""
    for sent, wait in ((signal.SIGSTOP, STOP_S), (signal.SIGCONT, 0)):
        for pid in server.pids:
            os.kill(pid, sent)
        stopped.append(time.monotonic())
        time.sleep(wait)


def stalled(server: Nginx) -> str:
    """The line about a server that is stopped."""
    planned = work(Asked(server.port, RUN_S, new=False, rate=2000), constant("2000/s"))
    planned = replace(planned, jobs=tuple(replace(job, max_connections=8000) for job in planned.jobs))
    batches: list[Requests] = []
    stopped: list[float] = []
    with Generator() as generator:
        generator.open()
        to_load_core(generator)
        generator.start(planned, batches.append)
        timer = threading.Timer(4.0, stop, (server, stopped))
        timer.start()
        generator.wait(60)
        timer.join()
    theory = stopped[1] - stopped[0] - 0.01 * RUN_S
    p99 = float(np.percentile(concatenate(batches).end, 99)) / 1e6
    return f"stopped for {stopped[1] - stopped[0]:.3f} s: p99 {p99:.4f} s, theory {theory:.4f} s, {p99 / theory:.4f}x"


def counted(port: int) -> int:
    """Requests that nginx has had by now, those for its account among them."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        found = re.search(r"\n\s*(\d+) (\d+) (\d+)", answer.read().decode())
    assert found
    return int(found[3])


def steady(server: Nginx, port: int, seconds: int) -> tuple[str, list[float]]:
    """The line about counts, and MiB of the generator's memory, a figure every few seconds."""
    ok = 0

    def count(batch: Requests) -> None:
        nonlocal ok
        ok += int((batch.outcome == OUTCOMES.index(Outcome.OK)).sum())

    memory: list[float] = []
    before = counted(port)
    with Generator() as generator:
        generator.open()
        to_load_core(generator)
        generator.start(work(Asked(server.port, seconds, new=False, rate=RATE), poisson(RATE)), count)
        end = time.monotonic() + seconds
        while time.monotonic() < end - 1:
            time.sleep(min(_EVERY_S, max(0.0, end - 1 - time.monotonic())))
            memory.append(_resident(generator.pid))
        (account,) = generator.wait(60)
    had = counted(port) - before - 1
    return f"arrivals {account.scheduled:,}, answered well {ok:,}, nginx counted {had:,}: {had - ok:+d}", memory


def _resident(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="of the stop, by each transport")
    parser.add_argument("--minutes", type=float, default=1.0, help="at 20,000/s, by each transport")
    options = parser.parse_args()
    for name in ("epoll", *(() if refusal() else (IO_URING.name,))):
        os.environ[VARIABLE] = name
        with served() as (server, port):
            for _ in range(options.rounds):
                print(f"{name}: {stalled(server)}", flush=True)
            line, memory = steady(server, port, round(options.minutes * 60))
            print(f"{name}: {line}")
            early, late = np.mean(memory[1:4]), np.mean(memory[-3:])
            print(
                f"{name}: resident {early:.1f} MiB at the beginning, {late:.1f} at the end, at most {max(memory):.1f}"
            )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
