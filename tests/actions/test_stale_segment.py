"""`stale_segment`: which old segment a new connection waits for, and what becomes of it on real kernels."""

import http.client
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chaoskit.actions.stale_segment import Conversation, awaited, stale_segment
from chaoskit.core.action import Planning
from chaoskit.core.errors import StepError, UsageError
from chaoskit.core.selector import name, role
from chaoskit.core.step import Evidence
from chaoskit.core.units import NS
from chaoskit.kernel.namespaces import in_network, run_in_network
from chaoskit.kernel.segment import Segment, read
from chaoskit.steps.call import Call
from chaoskit.testing import check_action, host, topology_of
from tests.kernel.test_segment import frame
from tests.wire import Wire, until, wired

SERVICES = Path(__file__).parents[2] / "compose" / "services"
TOPOLOGY = topology_of([host("service", "198.18.1.1", role="service"), host("client", "198.18.1.2", role="client")])


def test_it_is_a_one_shot_call_in_the_senders_network() -> None:
    """Addresses and device are those of the network the two share; the step waits longer than the call gives itself."""
    (step,) = check_action(stale_segment(role("service"), to=role("client"), port=7000, times=3, within="4s"), TOPOLOGY)
    assert isinstance(step, Call)
    assert (step.host, step.timeout) == ("service", 6 * NS)
    assert step.arguments == {
        "device": "eth0",
        "source": "198.18.1.1",
        "target": "198.18.1.2",
        "port": 7000,
        "times": 3,
        "within_s": 4.0,
        "sender": "service",
    }


def test_two_hosts_that_share_no_network_or_several_senders_are_refused() -> None:
    """There would be no path on which a segment could be late."""
    apart = topology_of([host("s1", "198.18.1.1", role="s"), host("s2", "198.18.2.1", role="s", network="far")])
    with pytest.raises(UsageError, match="share no network"):
        stale_segment(name("s1"), to=name("s2"), port=1).steps(Planning(apart, random.Random(1), NS))
    with pytest.raises(UsageError, match="means 2 hosts"):
        stale_segment(role("s"), to=name("s2"), port=1).steps(Planning(apart, random.Random(1), NS))


SIZE = 1_000


def said(place: int, length: int, *, isn: int, ack: int, flags: str = "A") -> Segment:
    """A segment of the answer, so many bytes after the initial sequence number."""
    found = read(frame(bytes(length), flags=flags, seq=(isn + 1 + place) % 2**32))
    assert found is not None
    return Segment(**{**{key: getattr(found, key) for key in found.__dataclass_fields__}, "ack": ack})


def conversation(
    *, isn: int, port: int = 20_000, born_s: float = 0.0, heard: int = 90_000, sent: int = 0
) -> Conversation:
    """One that heard so much, and then said so much in segments of 10,000 bytes, to be cut by 1,000."""
    one = Conversation(port, isn % 2**32, 500, born_s)
    one.add(said(0, 0, isn=isn, ack=501 + heard), SIZE)
    for place in range(0, sent, 10 * SIZE):
        one.add(said(place, 10 * SIZE, isn=isn, ack=501 + heard), SIZE)
    return one


OLD = conversation(isn=2**32 - 50, sent=100_000)


def test_the_old_segment_that_holds_the_awaited_number_is_found() -> None:
    """31,234 numbers after the old one's, across the end of the number space: the segment from 31,000 has it."""
    found = awaited(OLD, conversation(isn=2**32 - 50 + 31_234))
    assert found is not None
    assert ((found.seq - OLD.isn - 1) % 2**32, found.length) == (31_000, SIZE)


def test_what_the_new_connection_has_said_already_counts() -> None:
    """Its receiver waits for what comes after."""
    found = awaited(OLD, conversation(isn=2**32 - 50 + 31_234, sent=20_000))
    assert found is not None
    assert (found.seq - OLD.isn - 1) % 2**32 == 51_000


@pytest.mark.parametrize(("heard", "fits"), [(30_000, False), (89_999, False), (90_000, True)])
def test_the_receiver_must_have_said_what_the_segment_acknowledges(heard: int, fits: bool) -> None:
    """Old segments acknowledge 90,000 bytes."""
    assert (awaited(OLD, conversation(isn=2**32 - 50 + 31_234, heard=heard)) is not None) is fits


def test_an_old_connection_that_was_slower_than_the_clock_has_no_such_segment() -> None:
    """150,000 numbers later, 100,000 bytes are not enough."""
    assert awaited(OLD, conversation(isn=2**32 - 50 + 150_000)) is None


def test_on_other_ports_the_clock_says_what_would_be_awaited() -> None:
    """Four milliseconds at 64 ns a number: 62,500, whatever the other connection's own number is."""
    found = awaited(OLD, conversation(isn=7, port=20_001, born_s=0.004))
    assert found is not None
    assert (found.seq - OLD.isn - 1) % 2**32 == 62_000


def test_a_conversation_ends_with_its_fin() -> None:
    """Until then it may go on."""
    one = conversation(isn=1)
    assert not one.ended
    one.add(said(0, 0, isn=1, ack=501, flags="FA"), SIZE)
    assert one.ended


# ---- on real kernels ---------------------------------------------------------------------------


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
    action = stale_segment(role("peer") & name("service"), to=name("client"), port=port, times=times, within=within)
    (step,) = action.steps(Planning(wire.topology, random.Random(1), 10 * NS))
    prior = step.prepare(wire.lab)
    assert not step.confirm(wire.lab, prior).holds
    step.do(wire.lab, prior)
    assert until(lambda: step.confirm(wire.lab, prior).holds)
    return step.confirm(wire.lab, prior)


@pytest.mark.lab
def test_time_wait_drops_them_where_resets_do_not_end_it() -> None:
    """tcp_rfc1337=1: the sender does send its resets; every connection has a port of its own, and nothing is stray."""
    with wired("service", "client") as wire, exchanging(wire, rfc1337=1):
        evidence = strike(wire, times=5)
        assert "5 late segments asked for them" in evidence.what
        counters = counted(wire)
        assert (counters["failed"], counters["reused"], counters["stray_bytes"]) == (0, 0, 0)


@pytest.mark.lab
def test_they_are_delivered_where_a_reset_has_ended_time_wait() -> None:
    """tcp_rfc1337=0: ports come again at once, and answers hold bytes of the connection before, without an error."""
    with wired("service", "client") as wire, exchanging(wire, rfc1337=0):
        strike(wire, times=6)
        assert until(lambda: counted(wire)["stray_answers"] >= 3)
        counters = counted(wire)
        assert counters["failed"] == 0
        assert counters["reused"] >= counters["stray_answers"]
        assert counters["stray_bytes"] <= 1_460 * counters["stray_answers"]


@pytest.mark.lab
def test_a_silent_sender_is_an_error_that_says_how_far_it_came() -> None:
    """Nothing is said on that port, so nothing can be late."""
    with (
        wired("service", "client") as wire,
        pytest.raises(StepError, match=r"only 0 of 1 connections had late segments within 0\.3 s"),
    ):
        strike(wire, times=1, within="300ms", port=7001)
