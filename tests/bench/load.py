"""How fast load generators are on one core: `python -m tests.bench.load [--rounds N] [--into FOLDER]`.

One nginx on core 0, one generator at a time on core 1, 64 connections, all with the same priority: wrk, hey, h2load,
Locust's two clients, and ours by either transport, alone and under Locust. wrk runs before and after every other one,
which is compared with the mean of those two: what disturbs the machine disturbs both sides. Ours is an open loop that
is offered more than it can send and does all it does in a run - every request recorded in full, and under Locust sent
to the runner's process -, once flat out in a closed loop, and once at 80 % of wrk's rate.

CPU time an answered request says more than rates where the machine is busy or the server is the slower side: then the
rate is the server's. On such a machine an open loop pays for waiting arrivals, and wakes up more often for fewer
answers, which wrk does not have to.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from shutil import which

from tests.bench._contestants import (
    ON_SERVER_CORE,
    Asked,
    Contestant,
    Figure,
    engine,
    h2load,
    hey,
    locust,
    under_locust,
    wrk,
)
from tests.loads.nginx import nginx

OVERLOAD, SHARE = 1.15, 0.8
"""What ours is offered, in terms of wrk's rate just before. More would cost it time without use: every arrival is
taken up and accounted for, also those that then wait for one of the connections."""
AT_SHARE = " at 80 % of wrk"

KEEP_ALIVE: Mapping[str, Contestant] = {
    "chaoskit, epoll": engine("epoll"),
    "chaoskit, io_uring": engine("io_uring"),
    "chaoskit, epoll, closed loop": engine("epoll", closed=True),
    "chaoskit, io_uring, closed loop": engine("io_uring", closed=True),
    "chaoskit under Locust, epoll": under_locust("epoll"),
    "chaoskit under Locust, io_uring": under_locust("io_uring"),
    f"chaoskit under Locust, epoll{AT_SHARE}": under_locust("epoll"),
    f"chaoskit under Locust, io_uring{AT_SHARE}": under_locust("io_uring"),
    "h2load": h2load,
    "hey": hey,
    "Locust FastHttpUser": locust("FastHttpUser"),
    "Locust HttpUser": locust("HttpUser"),
}
NEW: Mapping[str, Contestant] = {
    "chaoskit, epoll": engine("epoll"),
    "chaoskit, io_uring": engine("io_uring"),
    "chaoskit under Locust, epoll": under_locust("epoll"),
    "hey": hey,
    "Locust FastHttpUser": locust("FastHttpUser"),
    "Locust HttpUser": locust("HttpUser"),
}
PROGRAMS = {"h2load": "nghttp2-client", "hey": "hey"}


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


def rounds(contestants: Mapping[str, Contestant], count: int, seconds: int, *, new: bool) -> dict[str, list[Compared]]:
    """Let the generators take turns."""
    figures: dict[str, list[Compared]] = {name: [] for name in ("wrk", *contestants)}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with nginx(Path(folder), prefix=ON_SERVER_CORE) as server:
            asked = Asked(server.port, seconds, new, 0.0)
            after = wrk(asked)
            for turn in range(count):
                for name, contestant in contestants.items():
                    _progress(f"round {turn + 1} of {count}: {name}")
                    before = after
                    offered = before.rate * (SHARE if name.endswith(AT_SHARE) else OVERLOAD)
                    own = contestant(replace(asked, rate=offered))
                    after = wrk(asked)
                    figures[name].append(Compared.of(own, before, after))
                    figures["wrk"].append(Compared.of(after, before, after))
    return figures


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def table(title: str, figures: Mapping[str, list[Compared]]) -> str:
    """The figures as Markdown: medians, and smallest and largest."""
    lines = [
        f"| {title} | req/s | of wrk's | CPU us a request | of wrk's | rounds |",
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


def plot(figures: Mapping[str, Mapping[str, list[Compared]]]) -> str:
    """An SVG: a bar a generator, as long as its median rate in terms of wrk's."""
    rows = [(title, name, own) for title, all_ in figures.items() for name, own in all_.items() if own]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="860" height="{len(rows) * 22 + 30}" font-family="sans-serif"'
    ]
    lines[0] += ' font-size="12"><text x="10" y="16">answered requests a second, of those of wrk</text>'
    for at, (title, name, own) in enumerate(rows):
        y, share = 34 + at * 22, statistics.median([figure.rate_of_wrk for figure in own])
        colour = "#2a7" if name.startswith("chaoskit") else "#889"
        lines.append(f'<text x="10" y="{y + 11}">{title}: {name}</text>')
        lines.append(f'<rect x="370" y="{y}" width="{share * 360:.0f}" height="15" fill="{colour}"/>')
        lines.append(f'<text x="{376 + share * 360:.0f}" y="{y + 11}">{share:.2f}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def main() -> None:
    """Measure, print tables, write them with all figures and a plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2, help="of each generator in each round")
    parser.add_argument(
        "--into",
        type=Path,
        default=Path("runs/bench"),
        help="a folder for load.md, load.svg and load.json (%(default)s)",
    )
    parser.add_argument("--only", choices=("keep-alive", "new"), help="one of the two ways to use connections")
    options = parser.parse_args()
    figures: dict[str, dict[str, list[Compared]]] = {}
    for title, all_ in (("keep-alive", KEEP_ALIVE), ("new", NEW)):
        if options.only in (None, title):
            here = {name: one for name, one in all_.items() if which(name) or name not in PROGRAMS}
            figures[title] = rounds(here, options.rounds, options.seconds, new=title == "new")
            print(table(title, figures[title]), end="\n\n")
    missing = [f"{name} (apt-get install {package})" for name, package in PROGRAMS.items() if not which(name)]
    if missing:
        print(f"not compared: {', '.join(missing)}")
    write(options.into, figures)


def write(folder: Path, figures: Mapping[str, Mapping[str, list[Compared]]]) -> None:
    """The tables, the plot and all figures."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n\n".join(table(title, own) for title, own in figures.items())
    (folder / "load.md").write_text(text + "\n")
    (folder / "load.svg").write_text(plot(figures))
    plain = {
        title: {name: [asdict(one) for one in all_] for name, all_ in own.items()} for title, own in figures.items()
    }
    (folder / "load.json").write_text(json.dumps(plain, indent=2) + "\n")
    print(f"written to {folder}")


if __name__ == "__main__":
    main()
