"""How long it takes to bring up 20, 100 and 500 trivial hosts, beside Mininet with Linux bridges, in one run.

    python tests/bench/labs.py [--hosts 20 100 500] [--rounds 3] [--json FILE]

Both make N hosts with an address each on one switch, and run one idle process in every host. Ours
have file system, process, host name and IPC namespaces of their own as well; Mininet's have not.
Rounds alternate between the two, so that whatever else the machine does hits both; the table shows
medians. Needs root and the Debian packages `mininet` and `bridge-utils`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from chaoskit.core.topology import HostInfo, Link, Network, Topology
from chaoskit.labs.native.lab import NativeLab
from chaoskit.labs.spec import HostSpec, LabSpec

_PREFIX = 22
_MININET = """
import json, sys, time
from mininet.net import Mininet
from mininet.nodelib import LinuxBridge
from mininet.topo import SingleSwitchTopo
began = time.monotonic()
net = Mininet(topo=SingleSwitchTopo(k=int(sys.argv[1])), switch=LinuxBridge, controller=None, ipBase='198.19.0.0/22')
net.start()
up = time.monotonic() - began
began = time.monotonic()
net.stop()
print(json.dumps({"up": up, "down": time.monotonic() - began}))
"""


def spec(count: int) -> LabSpec:
    """A lab of so many hosts that sleep, on one network of 198.18.0.0/22."""
    hosts = tuple(HostSpec(f"h{n}", f"h{n}", "debian", "bench", command=("/bin/sleep", "1000")) for n in range(count))
    infos = tuple(HostInfo(f"h{n}", f"h{n}", {}, (_link(n),)) for n in range(count))
    topology = Topology("bench", infos, (Network("all", f"198.18.0.0/{_PREFIX}"),))
    return LabSpec("bench", (Path("bench.yaml"),), topology, hosts)


def _link(number: int) -> Link:
    high, low = divmod(number + 10, 256)
    return Link(f"h{number}", "all", "eth0", f"198.18.{high}.{low}", _PREFIX, f"02:42:c6:12:{high:02x}:{low:02x}")


def chaoskit(count: int) -> dict[str, float]:
    """Seconds of one native lab: `created` (hosts with networks), `up` (every process executed), `down`."""
    with tempfile.TemporaryDirectory() as directory:
        lab = NativeLab(spec(count), Path(directory), run_id="bench", notify=lambda _: None)
        timings = lab.up(120)
        began = time.monotonic()
        lab.down()
        return {"created": timings.created_s, "up": timings.started_s, "down": time.monotonic() - began}


def mininet(count: int) -> dict[str, float]:
    """Seconds of one Mininet network, in a process of the system's Python, away from the machine's own links."""
    argv = ["unshare", "--net", "/usr/bin/python3", "-c", _MININET, str(count)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(counts: list[int], rounds: int) -> list[dict[str, float]]:
    """A row of medians for each count."""
    rows = []
    for count in counts:
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(chaoskit(count))
            theirs.append(mininet(count))
        row = {"hosts": float(count)}
        row |= {f"chaoskit_{key}": statistics.median(each[key] for each in ours) for key in ours[0]}
        row |= {f"mininet_{key}": statistics.median(each[key] for each in theirs) for key in theirs[0]}
        row["ratio_up"] = row["mininet_up"] / row["chaoskit_up"]
        row["ratio_down"] = row["mininet_down"] / row["chaoskit_down"]
        rows.append(row)
    return rows


def show(rows: list[dict[str, float]]) -> None:
    """Print the table."""
    heads = ("created", "up", "down", "Mininet up", "down", "ratio up", "down")
    print(" hosts " + " ".join(f"{head:>{width}}" for head, width in zip(heads, (9, 9, 9, 11, 9, 9, 7), strict=True)))
    for row in rows:
        print(
            f"{row['hosts']:6.0f} {row['chaoskit_created']:7.3f} s {row['chaoskit_up']:7.3f} s "
            f"{row['chaoskit_down']:7.3f} s {row['mininet_up']:9.3f} s {row['mininet_down']:7.3f} s "
            f"{row['ratio_up']:8.1f}x {row['ratio_down']:6.0f}x"
        )


def main() -> None:
    """Measure, print, and write the figures where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, nargs="+", default=[20, 100, 500])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    if not (shutil.which("mn") and shutil.which("brctl")):
        sys.exit("Mininet is not here: apt-get install --no-install-recommends mininet bridge-utils")
    rows = measure(chosen.hosts, chosen.rounds)
    show(rows)
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
