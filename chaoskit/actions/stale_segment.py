"""`stale_segment`: segments of a connection that has ended arrive late, by another way than the connection's own.

sender     |--- connection A ---|             |--- connection B, perhaps on A's ports ---|
attacker                         ^ a segment of A                ^ a segment of A, the one
                                   after the last FIN              that B's receiver waits for

The attacker stands beside the path: it hears nothing of the connections, and what it sends says it is from the sender.
What it sends was taken down at the sender's interface, as if the network had held it back.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from chaoskit.core.action import Planning, action
from chaoskit.core.errors import UsageError
from chaoskit.core.host import RunningLab
from chaoskit.core.selector import Selector
from chaoskit.core.step import Evidence, Json, Step
from chaoskit.core.topology import HostInfo, Link
from chaoskit.core.units import NS, Duration, duration
from chaoskit.kernel.conversation import Conversation, awaited
from chaoskit.kernel.namespaces import in_network
from chaoskit.kernel.netstat import counters, packets_sent
from chaoskit.kernel.segment import ACK, SYN, Segment, cut
from chaoskit.kernel.tap import Tap
from chaoskit.steps.call import Call
from chaoskit.steps.function import reference
from chaoskit.steps.reach import host_of, network_of, step_errors

if TYPE_CHECKING:
    from chaoskit.kernel.spoof import Spoofer

QUIET_S = 0.010
"""Seconds without a word of the sender that count as a pause: round-trip times in a lab are far below."""

COPIES = 2
"""Late segments a connection. What one of them meets is no draw independent of the other's: the first one to get
through, or to be kept out, tells most of what becomes of the second."""


@action(longest="1m", one_shot=True)
def stale_segment(
    plan: Planning,
    sender: Selector,
    *,
    to: Selector,
    by: Selector,
    port: int,
    times: int = 1,
    within: Duration = "10s",
) -> Iterable[Step]:
    """Deliver segments of connections that have ended: IP packets as their sender made them, from another host.

    After each connection that the receiver closed, two late copies of data segments follow: one at once, and
    one in a pause of the receiver's next connection - of all the old connection's segments the one that holds
    the sequence number the receiver now waits for, if it is on the same ports; else the one that the clock of
    initial sequence numbers says it would wait for. The receiver's connections must follow each other, and
    carry more data each way than that clock advances from one to the next (15.6 MB/s).

    It lasts as long as `times` connections do. Confirmed by what the attacker's interface has sent, and by resets:
    to the first copy a receiver in TIME_WAIT answers with an acknowledgement, to which the sender, who knows the
    connection no more, answers with RST (RFC 1337, section 1).

    Args:
        plan: the lab.
        sender: the host whose segments are late.
        to: the host to which it sent them, which opened and closed the connections.
        by: the attacker: a third host of their network, from which the late segments come.
        port: the sender's TCP port.
        times: how many connections get late segments; each is an independent draw.
        within: the longest this may take.

    Raises:
        UsageError: they are not three hosts of one network.
    """
    source, target, attacker = _on_one_network([_one(plan, who) for who in (sender, to, by)])
    arguments: Mapping[str, Json] = {
        "sender": source.host,
        "device": source.device,
        "source": source.address,
        "target": target.address,
        "port": port,
        "times": times,
        "within_s": duration(within) / NS,
        "attacker": attacker.host,
        "way_out": attacker.device,
    }
    # The function gives up by itself, and says why, before the step does.
    timeout = duration(within) + 2 * NS
    return [Call(attacker.host, reference(deliver), arguments, reference(evidence), reference(before), timeout)]


def _on_one_network(hosts: Sequence[HostInfo]) -> Sequence[Link]:
    """Each one's link on the first network that they share."""
    names = [host.name for host in hosts]
    remedy = "Name a sender, a receiver and an attacker on one network."
    if len(set(names)) < len(names):
        raise UsageError(f"{', '.join(names)}: stale_segment is for three hosts", remedy=remedy)
    for network in (link.network for link in hosts[0].links):
        links = [link for host in hosts for link in host.links if link.network == network]
        if len(links) == len(hosts):
            return links
    raise UsageError(f"{', '.join(names)} share no network", remedy=remedy)


def _one(plan: Planning, selector: Selector) -> HostInfo:
    found = plan.hosts(selector)
    if len(found) != 1:
        raise UsageError(f"{selector} means {len(found)} hosts, and stale_segment is for one", remedy="Name it.")
    return found[0]


def before(lab: RunningLab, arguments: Mapping[str, Json]) -> Mapping[str, Json]:
    """What has been sent and answered so far, and the way into the sender's network."""
    sent, resets = _counted(lab, arguments)
    return {"sent": sent, "resets": resets, "sender_network": str(_network(lab, arguments["sender"]))}


def evidence(lab: RunningLab, arguments: Mapping[str, Json], before: Mapping[str, Json]) -> Evidence:
    """Whether the attacker has sent every copy, and the sender was asked about connections that it knew no more.

    One copy of each connection draws a reset, or both do: resets prove late segments of half as many connections.
    """
    sent, resets = _counted(lab, arguments)
    sent, resets = sent - cast(int, before["sent"]), resets - cast(int, before["resets"])
    times = cast(int, arguments["times"])
    reached = min(times, math.ceil(resets / COPIES))
    what = (
        f"{arguments['attacker']} has sent {sent:,} packets, {COPIES * times:,} late segments among them; "
        f"{arguments['sender']} has sent {resets:,} resets in answer to acknowledgements of connections that had "
        f"ended, at least {reached:,} of the {times:,} that had late segments"
    )
    return Evidence(sent >= COPIES * times and resets >= times, what)


def _counted(lab: RunningLab, arguments: Mapping[str, Json]) -> tuple[int, int]:
    """Packets that the attacker's interface has sent, and resets of the sender."""
    way_out = cast(str, arguments["way_out"])
    sent = in_network(_network(lab, arguments["attacker"]), lambda: packets_sent(way_out))
    return sent, in_network(_network(lab, arguments["sender"]), counters)["TcpOutRsts"]


def _network(lab: RunningLab, host: Json) -> Path:
    return network_of(host_of(lab, cast(str, host)))


@dataclass
class Lateness:
    """Releases, later, what the sender has said.

    Attributes:
        spoofer: from where.
        old: the conversation that has ended, until its second copy is out.
        new: the one under way.
        done: conversations of which both copies are out.
    """

    spoofer: Spoofer
    old: Conversation | None = None
    new: Conversation | None = None
    done: int = 0

    def hear(self, segment: Segment, size: int) -> None:
        """Take note of a segment; the last one of a conversation is followed by the first copy."""
        if segment.flags & SYN:
            self.new = Conversation(segment.target_port, segment.seq, segment.ack - 1, time.monotonic())
        elif self.new and segment.target_port == self.new.port and segment.flags & ACK:
            self.new.add(segment, size)
            if self.new.ended and self.new.held:
                self._release(next(cut(*self.new.held[0])))
                self.old, self.new = self.new, None

    def pause(self) -> None:
        """Nothing was said for a while: the moment for the second copy."""
        late = awaited(self.old, self.new) if self.old and self.new else None
        if late:
            self._release(late)
            self.old, self.done = None, self.done + 1

    def _release(self, segment: Segment) -> None:
        self.spoofer.send(segment.packet, segment.target_mac)


def deliver(arguments: Mapping[str, Json], before: Mapping[str, Json]) -> None:
    """Listen to what the sender says, and say it again later; ends when all is said, or exits with the reason.

    It runs in the attacker's network, and listens in the sender's.
    """
    from chaoskit.kernel.spoof import Spoofer  # noqa: PLC0415  here alone: Scapy takes long to import

    with Spoofer(cast(str, arguments["way_out"])) as spoofer, _listening(arguments, before) as tap:
        _all(tap, Lateness(spoofer), cast(int, arguments["times"]), cast(float, arguments["within_s"]))


def _listening(arguments: Mapping[str, Json], before: Mapping[str, Json]) -> Tap:
    device, source, target = (cast(str, arguments[name]) for name in ("device", "source", "target"))
    network, port = Path(cast(str, before["sender_network"])), cast(int, arguments["port"])
    with step_errors(f"{arguments['sender']} cannot be listened to"):
        return in_network(network, lambda: Tap(device, source, target, port))


def _all(tap: Tap, late: Lateness, times: int, limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    while late.done < times:
        if time.monotonic() > deadline:
            sys.exit(f"only {late.done} of {times} connections had late segments within {limit_s:g} s")
        heard = tap.hear(QUIET_S)
        if heard:
            late.hear(*heard)
        else:
            late.pause()
    if lost := tap.lost():
        sys.exit(f"{lost} segments of the sender were not heard, so what was late may be another one than it should be")
