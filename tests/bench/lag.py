"""How late the load engine is at shares of its highest rate: `python -m tests.bench.lag [--json FILE] [--rounds N]`.

The generator as in an experiment (child process, Locust, every request recorded and sent here), Poisson
arrivals, nginx on core 0, the generator on core 1. Lag is the time from a request's intended start until the
generator takes it up: its own delay. The generator waits for its core where others use it as well: the table
says for how long, as the kernel counts it (the second figure of /proc/PID/task/TID/schedstat).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from chaoskit.core.history import Requests, concatenate
from chaoskit.core.units import NS
from chaoskit.loads.generator import Generator
from chaoskit.loads.transport import transport
from tests.bench._contestants import ON_SERVER_CORE, Asked, to_load_core, under_locust, work
from tests.bench.load import spread
from tests.loads.nginx import nginx

SHARES = (0.1, 0.5, 0.9)
"""Of the rate that the generator answers when it is offered more than it can do, measured at the beginning."""
OFFERED = 200_000
QUANTILES = (50, 99, 99.9)


@dataclass(frozen=True)
class Lag:
    """One round: us of lag by percentile, and the shares of time that the generator ran and waited for its core."""

    p50: float
    p99: float
    p999: float
    ran: float
    waited: float


def measure(port: int, seconds: int, rate: float) -> Lag:
    """One round at one rate."""
    batches: list[Requests] = []
    with Generator() as generator:
        generator.open()
        to_load_core(generator)
        planned = work(Asked(port, seconds, new=False, rate=rate))
        generator.start(planned, batches.append)
        time.sleep(max(0.0, (planned.origin - time.monotonic_ns()) / NS))
        begun, before = time.monotonic_ns(), scheduled(generator.pid)
        time.sleep(seconds - 0.5)
        span = (time.monotonic_ns() - begun) / NS
        ran, waited = (now - then for now, then in zip(scheduled(generator.pid), before, strict=True))
        (account,) = generator.wait(20)
    lag = concatenate(batches).lag
    assert len(lag) == account.scheduled
    return Lag(*np.percentile(lag, QUANTILES).tolist(), ran / span, waited / span)


def scheduled(pid: int) -> tuple[float, float]:
    """Seconds that a process, all its threads together, has run and has waited to run."""
    threads = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(int(ran) for ran, *_ in threads) / NS, sum(int(waited) for _, waited, _ in threads) / NS


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each rate in each round")
    parser.add_argument("--json", type=Path, help="also write the figures of all rounds here")
    options = parser.parse_args()
    figures: dict[str, list[Lag]] = {f"{share:.0%}": [] for share in SHARES}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with nginx(Path(folder), prefix=ON_SERVER_CORE) as server:
            flat_out = Asked(server.port, options.seconds, new=False, rate=OFFERED)
            most = under_locust(transport().name)(flat_out).rate
            for _ in range(options.rounds):
                for share, own in zip(SHARES, figures.values(), strict=True):
                    own.append(measure(server.port, options.seconds, most * share))
    print(f"{transport().name}, highest rate {most:,.0f}/s")
    print("| of it | lag p50 us | lag p99 us | lag p99.9 us | ran | waited to run | rounds |")
    print("|---|---|---|---|---|---|---|")
    for title, own in figures.items():
        cells = [spread([getattr(lag, name) for lag in own], ",.0f") for name in ("p50", "p99", "p999")]
        cells += [spread([getattr(lag, name) for lag in own], ".0%") for name in ("ran", "waited")]
        print(f"| {title} | {' | '.join(cells)} | {len(own)} |")
    if options.json:
        plain = {title: [asdict(lag) for lag in own] for title, own in figures.items()}
        options.json.write_text(json.dumps(plain, indent=2) + "\n")


if __name__ == "__main__":
    main()
