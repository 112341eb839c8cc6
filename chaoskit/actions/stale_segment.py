"""`stale_segment`: segments of a connection that has ended arrive late.

sender     |--- connection A ---|             |--- connection B, perhaps on A's ports ---|
late                             ^ a segment of A                ^ a segment of A, the one
                                   after the last FIN              that B's receiver waits for
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from chaoskit.core.action import Planning, action
from chaoskit.core.errors import UsageError
from chaoskit.core.host import RunningLab
from chaoskit.core.selector import Selector
from chaoskit.core.step import Evidence, Json, Step
from chaoskit.core.topology import HostInfo, Link
from chaoskit.core.units import NS, Duration, duration
from chaoskit.kernel.namespaces import in_network
from chaoskit.kernel.netstat import counters
from chaoskit.kernel.segment import ACK, FIN, SYN, Segment, cut, distance
from chaoskit.kernel.tap import Tap
from chaoskit.steps.call import Call
from chaoskit.steps.function import reference

QUIET_S = 0.010
"""Seconds without a word of the sender that count as a pause: round-trip times in a lab are far below."""

ISN_CLOCK = NS / 64
"""Numbers a second by which initial sequence numbers of one pair of ports advance: one every 64 ns (Linux,
net/core/secure_seq.c; RFC 6528 asks for a clock of RFC 9293's kind, whose example is one every 4 µs)."""

_ANSWERED = "TcpOutRsts"


@action(longest="1m", one_shot=True)
def stale_segment(
    plan: Planning, sender: Selector, *, to: Selector, port: int, times: int = 1, within: Duration = "10s"
) -> Iterable[Step]:
    """Deliver segments of connections that have ended, byte for byte as their sender made them.

    After each connection that the receiver closed, two late copies of data segments follow: one at once, and
    one in a pause of the receiver's next connection - of all the old connection's segments the one that holds
    the sequence number the receiver now waits for, if it is on the same ports; else the one that the clock of
    initial sequence numbers says it would wait for. The receiver's connections must follow each other, and
    carry more data each way than that clock advances from one to the next (15.6 MB/s).

    It lasts as long as `times` connections do. Confirmed by resets: to the first copy a receiver in TIME_WAIT
    answers with an acknowledgement, to which the sender, who knows the connection no more, answers with RST
    (RFC 1337, section 1).

    Args:
        plan: the lab.
        sender: the host whose segments are late.
        to: the host to which it sent them, which opened and closed the connections.
        port: the sender's TCP port.
        times: how many connections get late segments; each is an independent draw.
        within: the longest this may take.

    Raises:
        UsageError: the hosts are several, or share no network.
    """
    (source, target), device = _pair(plan, sender, to)
    arguments: Mapping[str, Json] = {
        "device": device,
        "source": source.address,
        "target": target.address,
        "port": port,
        "times": times,
        "within_s": duration(within) / NS,
        "sender": source.host,
    }
    # The function gives up by itself, and says why, before the step does.
    timeout = duration(within) + 2 * NS
    return [Call(source.host, reference(deliver), arguments, reference(evidence), reference(before), timeout)]


def _pair(plan: Planning, sender: Selector, to: Selector) -> tuple[tuple[Link, Link], str]:
    source, target = _one(plan, sender), _one(plan, to)
    theirs = {link.network: link for link in target.links}
    for link in source.links:
        if link.network in theirs:
            return (link, theirs[link.network]), link.device
    raise UsageError(f"{source.name} and {target.name} share no network", remedy="Name two hosts of one network.")


def _one(plan: Planning, selector: Selector) -> HostInfo:
    found = plan.hosts(selector)
    if len(found) != 1:
        raise UsageError(f"{selector} means {len(found)} hosts, and stale_segment is for one", remedy="Name it.")
    return found[0]


def before(lab: RunningLab, arguments: Mapping[str, Json]) -> Mapping[str, Json]:
    """How many resets the sender had sent."""
    return {_ANSWERED: _resets(lab, arguments)}


def evidence(lab: RunningLab, arguments: Mapping[str, Json], before: Mapping[str, Json]) -> Evidence:
    """Whether the sender was asked about connections it knew no more, at least as often as there were late copies."""
    rise = _resets(lab, arguments) - cast(int, before[_ANSWERED])
    times, sender = cast(int, arguments["times"]), arguments["sender"]
    what = f"{sender} has sent {rise:,} resets in answer to acknowledgements of connections that had ended"
    return Evidence(rise >= times, f"{what}; {times:,} late segments asked for them")


def _resets(lab: RunningLab, arguments: Mapping[str, Json]) -> int:
    return in_network(lab.hosts[cast(str, arguments["sender"])].netns(), counters)[_ANSWERED]


@dataclass
class Conversation:
    """What the sender has said in one connection, as far as late segments need it.

    Attributes:
        port: the receiver's port.
        isn: the sender's initial sequence number.
        irs: the receiver's.
        born_s: when the sender accepted it.
        said: bytes of payload sent.
        heard: bytes of payload acknowledged.
        held: its data segments, each with the size to which a card cuts it.
    """

    port: int
    isn: int
    irs: int
    born_s: float
    said: int = 0
    heard: int = 0
    ended: bool = False
    held: list[tuple[Segment, int]] = field(default_factory=list)

    def add(self, segment: Segment, size: int) -> None:
        """Take note of a segment."""
        self.heard = max(self.heard, distance(segment.ack, self.irs) - 1)
        if segment.length:
            self.held.append((segment, size))
            self.said = max(self.said, distance(segment.seq, self.isn) - 1 + segment.length)
        self.ended = self.ended or bool(segment.flags & FIN)

    def holding(self, place: int) -> Segment | None:
        """The segment that holds the payload's byte at a place; None when there is none."""
        for whole, size in self.held:
            start = distance(whole.seq, self.isn) - 1
            if start <= place < start + whole.length:
                return next(part for part in cut(whole, size) if place < distance(part.seq, self.isn) - 1 + part.length)
        return None


def awaited(old: Conversation, new: Conversation) -> Segment | None:
    """The old segment that the receiver of a new conversation waits for now, had the two the same ports.

    None before the receiver has said as much as the segment acknowledges: it would refuse it, for it has not sent
    that yet (RFC 5961, 5.2); or take it, acknowledge what the sender has not sent, and not be heard any more.
    """
    advance = distance(new.isn, old.isn) if new.port == old.port else round((new.born_s - old.born_s) * ISN_CLOCK)
    segment = old.holding(advance + new.said)
    return segment if segment and new.heard >= distance(segment.ack, old.irs) - 1 else None


@dataclass
class Lateness:
    """Says again, later, what it hears.

    Attributes:
        old: the conversation that has ended, until its second copy is out.
        new: the one under way.
        done: conversations of which both copies are out.
    """

    tap: Tap
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
                self.tap.say(next(cut(*self.new.held[0])))
                self.old, self.new = self.new, None

    def pause(self) -> None:
        """Nothing was said for a while: the moment for the second copy."""
        late = awaited(self.old, self.new) if self.old and self.new else None
        if late:
            self.tap.say(late)
            self.old, self.done = None, self.done + 1


def deliver(arguments: Mapping[str, Json]) -> None:
    """Listen to what the sender says, and say it again later; ends when all is said, or exits with the reason."""
    times, limit = cast(int, arguments["times"]), cast(float, arguments["within_s"])
    device, source, target = (cast(str, arguments[name]) for name in ("device", "source", "target"))
    deadline = time.monotonic() + limit
    with Tap(device, source, target, cast(int, arguments["port"])) as tap:
        late = Lateness(tap)
        while late.done < times:
            if time.monotonic() > deadline:
                sys.exit(f"only {late.done} of {times} connections had late segments within {limit:g} s")
            heard = tap.hear(QUIET_S)
            if heard:
                late.hear(*heard)
            else:
                late.pause()
