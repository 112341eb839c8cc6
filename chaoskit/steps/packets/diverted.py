"""Packet faults by a process of ours: delay, reordering and corruption, where netem is not to be had.

nftables diverts the packets to a process in the host's network, which sends them on by the same link: late, or with
a bit turned over. It ends with its parent, the keeper, and the kernel then deletes its table: packets pass as before.

A frame costs 7 us of a core where the machine is idle, 13 to 17 us where others compete for it: 25,000 a second were
held on a machine whose two cores were wanted by ten; a TCP stream's frames are up to 64 KiB (2.5 Gbit/s then). Beyond
that they wait in the socket, 64 MiB of it. When they go on more than 10 ms late on average, or find no room, the
process says so and ends, and the run with it: nothing is late or lost in silence.
"""

from __future__ import annotations

import contextlib
import gc
import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, cast

from chaoskit.core.errors import StepError
from chaoskit.core.step import Evidence, Json, Prior
from chaoskit.core.units import NS, show_duration
from chaoskit.kernel.diversion import DeviceGone, Diversion
from chaoskit.kernel.identity import Identity
from chaoskit.kernel.libnftables import OwnedTables
from chaoskit.steps.function import reference
from chaoskit.steps.injector import Injector
from chaoskit.steps.packets import rules
from chaoskit.steps.packets.fault import PacketFault
from chaoskit.steps.packets.holding import Holding, corrupted, holding

_MINE: dict[Identity, Injector] = {}
"""The processes of this keeper, by the one their prior names: on a host that came back another goes on in its stead."""
_AT_ONCE = 64
"""Frames taken before those that are due are sent on."""
_MOST_UNTAKEN = 1 << 20
"""More frames than the socket holds."""
_LOOK_EVERY = 1_000_000_000
"""ns between two looks at whether frames found no room, or were late."""
_LATE = 10_000_000
"""ns by which packets may go on late, on average; a quarter of a delay where that is more."""
_PAUSE = 200_000
"""ns between two rounds at least, where delays are much longer: to be woken for each packet would take a core."""
_UNSEEN = 5_000_000
"""ns for which what comes in may wait unseen; the socket holds what a link carries in so short a time."""
_NICER = -10
"""Who delays packets by milliseconds must not wait for a core behind those that send them."""


class Diverted:
    """Satisfies `chaoskit.steps.packets.means.Means`."""

    def prepare(self, fault: PacketFault, network: Path) -> Prior:
        """Start the process, held, so that the journal can name it."""
        rules.see_that_it_can_be(fault, network)
        until = time.monotonic_ns() + fault.lasting
        injector = _held(fault, network, until)
        _MINE[injector.identity] = injector
        return {"until": until, **asdict(injector.identity)}

    def do(self, fault: PacketFault, network: Path, prior: Prior, left: int) -> None:
        """Let it divert; on a host that came back with a new network, another one in its stead."""
        del left
        first = _first(prior)
        injector = _MINE.get(first)
        if injector is None or injector.going:
            if injector is not None:
                injector.end()
            injector = _MINE[first] = _held(fault, network, cast(int, prior["until"]))
        injector.go()

    def look(self, fault: PacketFault, network: Path, prior: Prior) -> Evidence:
        """Look whether the process runs, and at the counters of its table."""
        injector = _MINE.get(_first(prior))
        if injector is None or not injector.going:
            return Evidence(False, f"{fault.link}: the process that packets are to be diverted to does not run")
        if not injector.identity.alive():
            return Evidence(False, self.ended(fault, prior) or f"{fault.link}: the link is gone")
        return rules.look(fault, network, f"by process {injector.identity.pid}")

    def undo(self, fault: PacketFault, network: Path | None, prior: Prior) -> None:
        """End the process; the kernel deletes its table. The packets it held are lost, as netem's are."""
        del fault, network
        injector = _MINE.pop(_first(prior), None)
        if injector:
            injector.end()
        else:
            _first(prior).kill()

    def ended(self, fault: PacketFault, prior: Prior) -> str:
        """How the process ended; one whose link went has nothing more to do, until the host comes back."""
        injector = _MINE.get(_first(prior))
        if injector is None or not injector.going or injector.identity.alive():
            return ""
        fate = injector.fate
        over = injector.wait(0) == 0
        return "" if over else f"{fault.link}: {fault.effect} has ended{fate}: {injector.last_words}"


def _first(prior: Prior) -> Identity:
    """The process that `prepare` started."""
    return Identity(cast(str, prior["boot"]), cast(int, prior["pid"]), cast(int, prior["start"]))


def _held(fault: PacketFault, network: Path, until: int) -> Injector:
    arguments: dict[str, Any] = {"fault": asdict(fault), "until": until}
    return Injector.hold(network, reference(divert), arguments, {})


def divert(arguments: Mapping[str, Json], before: Mapping[str, Json]) -> None:
    """Have packets diverted here and send them on, until this process is ended or the link is gone."""
    del before
    given = cast(dict[str, Any], arguments["fault"])
    fault = PacketFault(**{**given, "peers": tuple(given["peers"])})
    left = cast(int, arguments["until"]) - time.monotonic_ns()
    change: Callable[[bytes], Sequence[bytes]] = _as_it_is
    if fault.fault == "corrupt":
        change = partial(corrupted, rng=random.Random(fault.amounts.get("seed", 0)))
    with contextlib.suppress(PermissionError):
        os.nice(_NICER)
    gc.disable()  # frames make no cycles, and a pause of the collector would be a delay
    try:
        # The diversion before the table: what is diverted from the first packet on is taken.
        with Diversion(fault.device, fault.mark) as diversion:
            held = holding(fault.amounts)
            try:
                with OwnedTables() as tables:
                    tables.load(rules.render(fault, left, owned=True))
                    _carry(diversion, held, change)
            except StepError:
                _let_go(diversion, held)
                raise
    except DeviceGone:
        return


def _carry(diversion: Diversion, held: Holding, change: Callable[[bytes], Sequence[bytes]]) -> None:
    look_at = 0
    while True:
        for came, frame in diversion.taken(_AT_ONCE):
            held.put(frame, came)
        for frame in held.due(time.monotonic_ns()):
            for changed in change(frame):
                diversion.send(changed)
        if (now := time.monotonic_ns()) >= look_at:
            diversion.see_that_nothing_is_lost()
            _see_that_it_keeps_up(held)
            look_at = now + _LOOK_EVERY
        _wait(diversion, held, look_at)


def _let_go(diversion: Diversion, held: Holding) -> None:
    """Send on what is held or was not taken yet, now that nothing is diverted any more: its end is no loss."""
    for frame in held.rest():
        diversion.send(frame)
    for _, frame in diversion.taken(_MOST_UNTAKEN):
        diversion.send(frame)


def _wait(diversion: Diversion, held: Holding, look_at: int) -> None:
    """Until there is something to do: by the clock alone where what comes in meanwhile is not due before."""
    now = time.monotonic_ns()
    if held.next is None:
        diversion.wait(look_at - now)
    elif held.least < _PAUSE * 10:
        diversion.wait(min(look_at, held.next) - now)
    else:
        until = min(max(held.next, now + _PAUSE), now + _UNSEEN, now + held.least)
        time.sleep((until - now) / NS)


def _see_that_it_keeps_up(held: Holding) -> None:
    """What is not the delay that was asked for must not be taken for it."""
    late = held.late // max(1, held.released)
    if late > max(_LATE, held.delay // 4):
        raise StepError(
            f"it cannot keep up: {held.released:,} packets went on {show_duration(late)} late on average",
            remedy="Lower the rate of packets, or leave it a core of its own.",
        )
    held.late = held.released = 0


def _as_it_is(frame: bytes) -> Sequence[bytes]:
    return (frame,)
