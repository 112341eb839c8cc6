"""How accurate packet faults are, and what they stand: `tests/bench/packets.py [--json FILE] [--rounds N]`.

Two hosts on one bridge, one core each. Accuracy: what the receiver sees of numbered datagrams, against what was asked
for. Ceiling: the rates of small datagrams at which a delay of 20 ms still is one, and what one TCP stream carries
through it; of what is sent, nothing may be missing.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from chaoskit.actions.bandwidth import bandwidth
from chaoskit.actions.corrupt import corrupt
from chaoskit.actions.delay import delay
from chaoskit.actions.duplicate import duplicate
from chaoskit.actions.loss import loss
from chaoskit.actions.reorder import reorder
from chaoskit.core.selector import name
from chaoskit.core.units import bit_rate, show_bit_rate
from chaoskit.kernel.namespaces import run_in_network
from chaoskit.steps.impair import DIVERSION, Impair
from tests.packets import Arrival, flight, in_force, means_of, prior_of
from tests.wire import Wire, wired

MS = 1_000_000
SHARE = 0.1
COUNT = 10_000
RATES = (25_000, 50_000, 75_000, 100_000, 125_000)
BIT_RATES = ("1Mbit/s", "10Mbit/s", "100Mbit/s")
SIZE, FRAME = 1400, 1400 + 12 + 8 + 20 + 14
STREAM_S = 3.0
SENDER = """
import socket, sys, time
address, rate, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
sending = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
begin, sent, total = time.monotonic(), 0, int(rate * seconds)
while sent < total:
    due = min(total, int((time.monotonic() - begin) * rate) + 1)
    for number in range(sent, due):
        sending.sendto(number.to_bytes(4, "little") + time.time_ns().to_bytes(8, "little") + bytes(64), (address, 9000))
    sent = max(due, sent)
print(sent / (time.monotonic() - begin))
"""
LISTENER = """
import socket, statistics, struct, sys
listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
listening.bind(("0.0.0.0", 9000))
listening.setsockopt(socket.SOL_SOCKET, 33, 512 << 20)
listening.setsockopt(socket.SOL_SOCKET, 64, 1)
print("ready", flush=True)
took = []
listening.settimeout(5)
try:
    while True:
        data, (stamp,), _, _ = listening.recvmsg(2048, 64)
        seconds, ns = struct.unpack("=qq", stamp[2])
        took.append(seconds * 10**9 + ns - int.from_bytes(data[4:12], "little"))
        listening.settimeout(1)
except TimeoutError:
    pass
tiles = statistics.quantiles(took, n=100)
print(len(took), statistics.median(took) / 1e6, tiles[98] / 1e6)
"""
STREAM_FROM = """
import socket, sys, time
with socket.create_connection((sys.argv[1], 9100), 10) as stream:
    end = time.monotonic() + float(sys.argv[2])
    while time.monotonic() < end:
        stream.send(bytes(1 << 18))
"""
STREAM_TO = """
import socket, sys, time
server = socket.create_server(("0.0.0.0", 9100))
print("ready", flush=True)
stream, _ = server.accept()
begin, half, late = time.monotonic(), None, 0
while part := len(stream.recv(1 << 20)):
    now = time.monotonic()
    if now > begin + float(sys.argv[1]) / 3:
        half, late = half or now, late + part
print(late * 8 / (time.monotonic() - half))
"""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    fault: str
    by: str
    asked: str
    measured: str


def accuracy(wire: Wire) -> Iterator[Row]:
    """Each fault against what was asked for."""
    for kind in (loss, duplicate, corrupt):
        with in_force(wire, kind(name("a"), SHARE)) as step:
            arrived = len(flight(wire, COUNT))
            by = means_of(step)
        yield Row(kind.name, by, f"{SHARE:.1%}", f"{abs(arrived - COUNT) / COUNT:.2%} of {COUNT:,}")
    with in_force(wire, reorder(name("a"), SHARE, by="20ms")) as step:
        arrived_ = flight(wire, COUNT, gap_s=0.0001)
        late = [each.took for each in arrived_ if each.took > 18 * MS]
        said = f"{len(late) / COUNT:.2%} of {COUNT:,}, {statistics.median(late) / MS:.2f} ms late"
        yield Row("reorder", means_of(step), f"{SHARE:.1%} by 20 ms", said)
    for by, jitter in (("50ms", "0ms"), ("50ms", "5ms"), ("5ms", "0ms")):
        with in_force(wire, delay(name("a"), by, jitter=jitter)) as step:
            yield Row("delay", means_of(step), f"{by} ± {jitter}", spread(flight(wire, 2000, gap_s=0.0005)))
    for rate in BIT_RATES:
        for towards in (None, name("b")):
            with in_force(wire, bandwidth(name("a"), rate, queue="1s", towards=towards)):
                yield Row("bandwidth", "htb" if towards else "tbf", rate, show_bit_rate(round(carried(wire, rate))))


def spread(arrived: list[Arrival]) -> str:
    """Median, and where 1 % and 99 % are."""
    tiles = statistics.quantiles([each.took / MS for each in arrived], n=100)
    return f"median {tiles[49]:.2f} ms, 1 % {tiles[0]:.2f}, 99 % {tiles[98]:.2f}"


def carried(wire: Wire, rate: str) -> float:
    """Bits a second on the wire, between the burst and the last of what was sent at once."""
    count = min(round(bit_rate(rate) * 0.9 / 8 / FRAME), 40_000)
    at = [each.at for each in flight(wire, count, size=SIZE)]
    settled = at[len(at) // 4 :]
    return (len(settled) - 1) * FRAME * 8 / ((settled[-1] - settled[0]) / 1e9)


def ceiling(wire: Wire) -> Iterator[Row]:
    """Datagrams at growing rates through a delay, and a stream without and with it."""
    for rate in RATES:
        with in_force(wire, delay(name("a"), "20ms")) as step:
            with remote(wire, "b", LISTENER) as listening:
                argv = [sys.executable, "-c", SENDER, wire.address("b"), str(rate), "2"]
                sent = float(run_in_network(wire.networks["a"], argv, timeout=60).stdout)
                count, median, last = listening.communicate(timeout=30)[0].split()
            said = f"{int(count):,} of {2 * rate:,}: median {float(median):.2f} ms, 99 % {float(last):.2f}"
            yield Row("delay", means_of(step), f"20 ms, {sent:,.0f}/s", said + over(step, int(count)))
    with in_force(wire, delay(name("a"), "20ms")) as step:
        carried_ = show_bit_rate(round(stream(wire)))
        yield Row("stream", means_of(step), "through 20 ms", carried_ + over(step))
    yield Row("stream", "-", "as it is", show_bit_rate(round(stream(wire))))
    for towards in (None, name("b")):
        with in_force(wire, bandwidth(name("a"), "1Gbit/s", towards=towards)):
            on_the_wire = stream(wire) * (1448 + 66) / 1448
            yield Row("bandwidth", "htb" if towards else "tbf", "1Gbit/s, stream", show_bit_rate(round(on_the_wire)))


def over(step: Impair, count: int = 0) -> str:
    """How it ended, if it did: what was measured is then no delay's; else what a frame took of a core (proc(5))."""
    prior = prior_of(step)
    if ended := step.ended(prior):
        return f"; {ended.partition(chr(10))[0]}"
    if prior["by"] != DIVERSION or not count:
        return ""
    fields = Path(f"/proc/{prior['pid']}/stat").read_text().rpartition(")")[2].split()
    seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return f", {seconds * 1e6 / count:.1f} us of CPU each"


def stream(wire: Wire) -> float:
    """Bits a second of payload that one TCP connection carries after its start."""
    with remote(wire, "b", STREAM_TO, str(STREAM_S)) as listening:
        argv = [sys.executable, "-c", STREAM_FROM, wire.address("b"), str(STREAM_S)]
        run_in_network(wire.networks["a"], argv, timeout=60)
        return float(listening.communicate(timeout=30)[0])


def remote(wire: Wire, host: str, code: str, *arguments: str) -> subprocess.Popen[str]:
    """A process in a host's network that says when it is ready."""
    argv = ["nsenter", f"--net={wire.networks[host]}", sys.executable, "-c", code, *arguments]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    rows: list[Row] = []
    for _ in range(options.rounds):
        with wired("a", "b") as wire:
            for row in (*accuracy(wire), *ceiling(wire)):
                rows.append(row)
                print(f"{row.fault:10} {row.by:10} {row.asked:20} {row.measured}", flush=True)
        time.sleep(0.1)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1))


if __name__ == "__main__":
    main()
