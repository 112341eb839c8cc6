"""Where the load engine spends its time on a request: `python -m tests.bench.cost [--rate N] [--seconds N] [--top N]`.

An open loop on kept connections, nginx on core 0, the engine alone on core 1, by each transport. First without a
profiler: user and system time an answered request. Then under cProfile, which makes Python several times as slow:
calls a request, and the share of each function, show where the time goes, not how much it is.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from chaoskit.loads.engine import Engine
from chaoskit.loads.transport import IO_URING, VARIABLE, refusal, transport
from tests.bench._contestants import ON_LOAD_CORE, ON_SERVER_CORE, Asked, work
from tests.loads.nginx import nginx


def run(asked: Asked, profile: cProfile.Profile | None) -> tuple[int, float, float]:
    """Answered requests, and seconds of user and system time."""
    rows: list[int] = []
    it = Engine(work(asked), lambda batch: rows.append(len(batch)))
    before = resource.getrusage(resource.RUSAGE_SELF)
    if profile:
        profile.enable()
    (account,) = it.run()
    if profile:
        profile.disable()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return account.recorded - account.abandoned, after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime


def report(asked: Asked, top: int) -> str:
    """The Markdown of one transport."""
    count, user, system = run(asked, None)
    lines = [f"**{transport().name}**, {asked.rate:,.0f}/s: user {user / count * 1e6:.2f} us, "]
    lines[0] += f"system {system / count * 1e6:.2f} us an answered request"
    profile = cProfile.Profile()
    count, *_ = run(asked, profile)
    stats: dict[tuple[str, int, str], tuple[int, int, float, float, object]] = vars(pstats.Stats(profile))["stats"]
    total = sum(entry[2] for entry in stats.values())
    lines += ["", "| function | calls a request | share of the time, under the profiler |", "|---|---|---|"]
    for (file, line, name), (_, calls, own, *_rest) in sorted(stats.items(), key=lambda item: -item[1][2])[:top]:
        where = name if file == "~" else f"{Path(file).name}:{line} {name}"
        lines.append(f"| {where.replace('|', '/')} | {calls / count:.2f} | {own / total:.1%} |")
    return "\n".join(lines)


def main() -> None:
    """Measure each transport in a process of its own, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=50_000)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--top", type=int, default=20)
    parser.add_argument("--inside", type=int, metavar="PORT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        print(report(Asked(options.inside, options.seconds, new=False, rate=options.rate), options.top))
        return
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with nginx(Path(folder), prefix=ON_SERVER_CORE) as server:
            for name in ("epoll", *(() if refusal() else (IO_URING.name,))):
                inside = [f"--rate={options.rate}", f"--seconds={options.seconds}", f"--top={options.top}"]
                command = [*ON_LOAD_CORE, sys.executable, "-m", "tests.bench.cost", *inside, f"--inside={server.port}"]
                subprocess.run(command, check=True, env={**os.environ, VARIABLE: name})
                print(flush=True)


if __name__ == "__main__":
    main()
