"""The runner's side of the keeper: start one, ask it, and see the lab through it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

from chaoskit.core.errors import ChaoskitError, LabError
from chaoskit.core.host import Completed, Status
from chaoskit.core.step import Evidence, Step
from chaoskit.core.topology import HostInfo, Topology
from chaoskit.engine import facts
from chaoskit.engine.ledger import Took
from chaoskit.engine.order import SOCKET, Introduction, News, Order
from chaoskit.engine.process import KeeperProcess, launch
from chaoskit.engine.rpc import Caller
from chaoskit.labs.change import Timings

_LOG = "keeper.log"
_FINISH_WITHIN_S = 30.0
_EXIT_WITHIN_S = 5.0


@dataclass(frozen=True)
class RemoteHost:
    """A host of a lab that a keeper holds; satisfies `chaoskit.core.host.Host`."""

    info: HostInfo
    ask: Caller

    def status(self) -> Status:
        """State, pid and health."""
        status: Status = self.ask("status", self.info.name)
        return status

    def netns(self) -> Path:
        """A path to the host's network namespace."""
        path: Path = self.ask("netns", self.info.name)
        return path

    def start(self) -> None:
        """Start the daemon, or the host."""
        self.ask("lifecycle", self.info.name, "start")

    def stop(self, *, wait: bool = True) -> None:
        """Stop the daemon."""
        self.ask("lifecycle", self.info.name, "stop" if wait else "begin_stop")

    def kill(self, signal: int) -> None:
        """Signal the host's init."""
        self.ask("lifecycle", self.info.name, "kill", signal)

    def power_off(self) -> None:
        """Destroy the host."""
        self.ask("lifecycle", self.info.name, "power_off")

    def pause(self) -> None:
        """Freeze the host."""
        self.ask("lifecycle", self.info.name, "pause")

    def resume(self) -> None:
        """Undo `pause`."""
        self.ask("lifecycle", self.info.name, "resume")

    def run(self, argv: Sequence[str], *, timeout: float, stdin: str = "") -> Completed:
        """Run a command in the host."""
        completed: Completed = self.ask("run", self.info.name, list(argv), timeout, stdin)
        return completed


class Kept:
    """A lab held by a keeper; satisfies `chaoskit.core.host.RunningLab`."""

    def __init__(self, topology: Topology, ask: Caller) -> None:
        self.topology = topology
        self.ask = ask
        self.hosts: Mapping[str, RemoteHost] = {host.name: RemoteHost(host, ask) for host in topology.hosts}

    def logs(self, host: str) -> Path:
        """The host's log file."""
        path: Path = self.ask("log", host)
        return path

    def up(self, timeout_s: float) -> Timings:
        """Bring it up and wait until it is ready."""
        timings: Timings = self.ask("up", timeout_s)
        return timings

    def apply(self, action: str, steps: Sequence[Step], expires: int | None) -> Took:
        """Do the steps of an action."""
        took: Took = self.ask("apply", action, tuple(steps), expires)
        return took

    def confirm(self, action: str, steps: Sequence[Step], within: int) -> tuple[Evidence, ...]:
        """Look whether they are in effect."""
        evidence: tuple[Evidence, ...] = self.ask("confirm", action, tuple(steps), within)
        return evidence

    def undo(self, action: str) -> Took:
        """Undo an action."""
        took: Took = self.ask("undo", action)
        return took

    def undo_all(self) -> Took:
        """Undo every action in force."""
        took: Took = self.ask("undo_all")
        return took

    def news(self) -> News:
        """What happened since the last call."""
        news: News = self.ask("news")
        return news

    def stay(self) -> None:
        """Have the lab outlive this process."""
        self.ask("stay")

    def finish(self) -> Took:
        """Undo everything and take the lab down."""
        took: Took = self.ask("finish")
        return took


@dataclass(frozen=True)
class Keeping:
    """A keeper this process started.

    Attributes:
        process: the keeper; its end is the end of a native lab.
        lifeline: the descriptor whose closing, by whatever end of this process, ends the keeper.
        remarks: what the user should know of how it is kept.
    """

    order: Order
    lab: Kept
    process: KeeperProcess
    lifeline: int
    remarks: tuple[str, ...] = ()

    @property
    def alive(self) -> bool:
        """Whether the keeper still runs."""
        return self.process.alive

    def end(self) -> Took | None:
        """Undo, take down and wait for the keeper's end; None when the keeper had gone before.

        It asks on a line of its own: an interrupted call may still be on the other.
        """
        try:
            with closing(Caller.to(self.order.runtime / SOCKET, "the keeper")) as ask:
                took: Took = ask("finish", within=_FINISH_WITHIN_S)
            return took
        except ChaoskitError:
            return None  # it was killed, or hangs: the caller recovers from the journal
        finally:
            self._let_go()

    def _let_go(self) -> None:
        """Close the lifeline, with which a keeper that has not ended yet does, and see it gone."""
        self.lab.ask.close()
        os.close(self.lifeline)
        if not self.process.wait(_EXIT_WITHIN_S):
            self.process.kill()
            self.process.wait(_EXIT_WITHIN_S)


def start_keeper(order: Order) -> Keeping:
    """Start a keeper for a lab; the lab is not up yet.

    Raises:
        ChaoskitError: the keeper could not start, or would not take the lab.
    """
    facts.claim(order)
    ours, theirs = Pipe()
    held, lifeline = os.pipe()
    with (order.directory / _LOG).open("wb") as log:
        started = launch(theirs.fileno(), held, log, apart=order.outlives_keeper)
    theirs.close()
    os.close(held)
    try:
        said = _introduce(ours, order)
        process = KeeperProcess.of(started, said.identity)
    except (ChaoskitError, ProcessLookupError) as error:
        os.close(lifeline)
        try:
            started.wait(_EXIT_WITHIN_S)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
        facts.remove(order)
        raise error if isinstance(error, ChaoskitError) else _did_not_start(order) from None
    return Keeping(order, Kept(order.spec.topology, Caller(ours, "the keeper")), process, lifeline, said.remarks)


def _introduce(connection: Connection[Any, Any], order: Order) -> Introduction:
    try:
        connection.send(order)
        _number, fine, answer = connection.recv()
    except (EOFError, OSError):
        raise _did_not_start(order) from None
    if not fine:
        raise answer
    said: Introduction = answer
    return said


def _did_not_start(order: Order) -> LabError:
    return LabError(f"the keeper did not start:\n{(order.directory / _LOG).read_text()[-2000:]}")
