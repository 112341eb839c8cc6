"""`stale_segment`: its plan, and what becomes of late segments on real kernels."""

import http.client
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from chaoskit.actions.stale_segment import stale_segment
from chaoskit.core.action import Planning
from chaoskit.core.errors import StepError, UsageError
from chaoskit.core.selector import Selector, name, role
from chaoskit.core.step import Evidence
from chaoskit.core.units import NS
from chaoskit.kernel import bpf
from chaoskit.kernel.namespaces import in_network, run_in_network
from chaoskit.kernel.packets import Sniffer
from chaoskit.kernel.segment import Segment, cut, distance, read
from chaoskit.kernel.tap import Tap
from chaoskit.steps.call import Call
from chaoskit.testing import check_action, host, topology_of
from tests.wire import Wire, until, wired

SERVICES = Path(__file__).parents[2] / "compose" / "services"
ROLES = ("service", "client", "attacker")
TOPOLOGY = topology_of([host(each, f"198.18.1.{number}", role=each) for number, each in enumerate(ROLES, 1)])


def test_it_is_a_one_shot_call_in_the_attackers_network() -> None:
    """Addresses and devices are those of the network all share; the step waits longer than the call gives itself."""
    late = stale_segment(role("service"), to=role("client"), by=role("attacker"), port=7000, times=3, within="4s")
    (step,) = check_action(late, TOPOLOGY)
    assert isinstance(step, Call)
    assert (step.host, step.timeout) == ("attacker", 6 * NS)
    assert step.arguments == {
        "sender": "service",
        "device": "eth0",
        "source": "198.18.1.1",
        "target": "198.18.1.2",
        "port": 7000,
        "times": 3,
        "within_s": 4.0,
        "attacker": "attacker",
        "way_out": "eth0",
    }


@pytest.mark.parametrize(
    ("sender", "to", "by", "words"),
    [
        (name("s1"), name("s2"), name("far"), "s1, s2, far share no network"),
        (name("s*"), name("s2"), name("s3"), "means 2 hosts"),
        (name("s1"), name("s2"), name("s1"), "s1, s2, s1: stale_segment is for three hosts"),
    ],
)
def test_other_than_three_hosts_of_one_network_are_refused(
    sender: Selector, to: Selector, by: Selector, words: str
) -> None:
    """One that is elsewhere, several, or the sender itself as the attacker."""
    near = [host(f"s{number}", f"198.18.1.{number}") for number in (1, 2)]
    topology = topology_of([*near, host("far", "198.18.2.1", network="far")])
    with pytest.raises(UsageError, match=words):
        stale_segment(sender, to=to, by=by, port=1).steps(Planning(topology, random.Random(1), NS))


@contextmanager
def exchanging(wire: Wire, *, rfc1337: int) -> Iterator[None]:
    """The bogon lab's service and client on a wire, as its Compose file sets them up."""
    sysctls = {
        "service": ["tcp_timestamps=0", "tcp_rmem=4096 4194304 16777216"],
        "client": ["tcp_timestamps=0", "tcp_tw_reuse=0", f"tcp_rfc1337={rfc1337}"],
    }
    processes = []
    try:
        for who, values in sysctls.items():
            netns = wire.networks[who]
            run_in_network(netns, ["sysctl", "-qw", *(f"net.ipv4.{value}" for value in values)])
            argv = ["nsenter", f"--net={netns}", sys.executable, "-S", str(SERVICES / f"exchange_{who}.py")]
            processes.append(subprocess.Popen(argv, env={**os.environ, "SERVICE": wire.address("service")}))
        assert until(lambda: counted(wire)["exchanges"] > 2)
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def counted(wire: Wire) -> dict[str, int]:
    """The client's own counters; all 0 before it gives them out."""

    def ask() -> dict[str, int]:
        connection = http.client.HTTPConnection("127.0.0.1", 9100, timeout=2)
        connection.request("GET", "/counters")
        counters: dict[str, int] = json.loads(connection.getresponse().read())
        connection.close()
        return counters

    try:
        return in_network(wire.networks["client"], ask)
    except ConnectionRefusedError:
        return {"exchanges": 0}


def strike(wire: Wire, *, times: int, within: str = "8s", port: int = 7000) -> Evidence:
    """Do the action's step and look for its evidence."""
    who = {"to": name("client"), "by": name("attacker")}
    late = stale_segment(name("service"), **who, port=port, times=times, within=within)
    (step,) = late.steps(Planning(wire.topology, random.Random(1), 10 * NS))
    prior = step.prepare(wire.lab)
    assert not step.confirm(wire.lab, prior).holds
    step.do(wire.lab, prior)
    assert until(lambda: step.confirm(wire.lab, prior).holds)
    return step.confirm(wire.lab, prior)


@pytest.mark.lab
def test_time_wait_drops_them_where_resets_do_not_end_it() -> None:
    """tcp_rfc1337=1: the sender does send its resets; every connection has a port of its own, and nothing is stray."""
    with wired(*ROLES) as wire, exchanging(wire, rfc1337=1):
        evidence = strike(wire, times=5)
        assert "10 late segments among them" in evidence.what
        drawn = int(re.search(r"has sent (\d+) resets", evidence.what)[1])  # type: ignore[index]
        assert drawn >= 5
        assert f"at least {min(5, (drawn + 1) // 2)} of the 5 that had late segments" in evidence.what
        counters = counted(wire)
        assert (counters["failed"], counters["reused"], counters["stray_bytes"]) == (0, 0, 0)


@pytest.mark.lab
def test_they_are_delivered_where_a_reset_has_ended_time_wait() -> None:
    """tcp_rfc1337=0: ports come again at once, and answers hold bytes of the connection before, without an error."""
    with wired(*ROLES) as wire, exchanging(wire, rfc1337=0):
        strike(wire, times=6)
        assert until(lambda: counted(wire)["stray_answers"] >= 3)
        counters = counted(wire)
        assert counters["failed"] == 0
        assert counters["reused"] >= counters["stray_answers"]
        assert counters["stray_bytes"] <= 1_460 * counters["stray_answers"]


@pytest.mark.lab
@pytest.mark.skipif(not bpf.is_here(), reason=f"libpcap is not installed: apt-get install {bpf.PACKAGE}")
def test_they_come_from_the_attacker_who_sees_nothing_of_the_connections() -> None:
    """Each late packet is one of the sender's, byte for byte, in a frame of the attacker's.

    Neither before nor after them does the bridge send the attacker anything of what the two say to each other.
    """
    with wired(*ROLES) as wire, exchanging(wire, rfc1337=1), ExitStack() as stack:
        own = wire.topology.by_name["attacker"].links[0].mac
        seen = sniffing(wire, stack, "attacker", f"tcp and not ether src {own}")
        arrived = sniffing(wire, stack, "client", f"tcp and ether src {own}")
        ends = (wire.address("service"), wire.address("client"))
        tap = stack.enter_context(in_network(wire.networks["service"], lambda: Tap("eth0", *ends, 7000)))
        strike(wire, times=2)
        late = [one for packet in arrived.packets(100) if (one := read(packet.data))]
        assert len(late) == 4
        said = {
            part.packet
            for whole, size in heard(tap, 100_000)
            if any(distance(one.seq, whole.seq) < whole.length for one in late)
            for part in cut(whole, size)
        }
        assert {one.packet for one in late} <= said
        assert list(seen.packets(1)) == []


def sniffing(wire: Wire, stack: ExitStack, who: str, expression: str) -> Sniffer:
    """A host's interface, listened to until the end."""
    program = bpf.compiled(expression)
    return stack.enter_context(closing(in_network(wire.networks[who], lambda: Sniffer("eth0", program))))


def heard(tap: Tap, at_most: int) -> Iterator[tuple[Segment, int]]:
    """What a tap has heard by now."""
    for _ in range(at_most):
        one = tap.hear(0)
        if one is None:
            return
        yield one


@pytest.mark.lab
def test_a_silent_sender_is_an_error_that_says_how_far_it_came() -> None:
    """Nothing is said on that port, so nothing can be late."""
    with (
        wired(*ROLES) as wire,
        pytest.raises(StepError, match=r"only 0 of 1 connections had late segments within 0\.3 s"),
    ):
        strike(wire, times=1, within="300ms", port=7001)
