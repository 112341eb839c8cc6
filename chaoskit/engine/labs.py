"""Labs by hand: up, down, what is up, a command in a host, a host's log. A lab that is up has a keeper of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.errors import ChaoskitError, UsageError
from chaoskit.core.host import Completed, Status
from chaoskit.core.suggest import did_you_mean
from chaoskit.engine import by_hand, facts
from chaoskit.engine.facts import Running
from chaoskit.engine.keeping import start_keeper
from chaoskit.engine.order import Order
from chaoskit.engine.paths import new_run_id
from chaoskit.engine.rpc import Caller
from chaoskit.kernel.identity import Identity
from chaoskit.labs.change import Timings
from chaoskit.labs.spec import LabSpec


@dataclass(frozen=True)
class HostRow:
    """One host of a lab that is up, as `chaoskit lab ps` shows it."""

    lab: str
    host: str
    service: str
    role: str
    region: str
    addresses: tuple[str, ...]
    status: Status


def up(spec: LabSpec, driver: str, timeout_s: float) -> tuple[Running, Timings]:
    """Bring a lab up and leave it to its keeper.

    Raises:
        ChaoskitError: it cannot be brought up; nothing is left.
    """
    run = new_run_id(spec.name)
    directory = by_hand.make_directory(spec.name)
    try:
        order = Order(run, spec.name, driver, spec, directory, facts.place(run, driver), Identity.of(os.getpid()))
        timings = _started(order, timeout_s)
        return facts.find(run), timings
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise


def _started(order: Order, timeout_s: float) -> Timings:
    keeping = start_keeper(order)
    try:
        timings = keeping.lab.up(timeout_s)
        keeping.lab.stay()
    except (ChaoskitError, KeyboardInterrupt):
        keeping.end()
        raise
    return timings


def down(text: str) -> Running:
    """Undo what is in force on a lab, and take it down.

    Raises:
        UsageError: no such lab is up.
        ChaoskitError: something could not be undone.
    """
    running = facts.find(text)
    with asking(running) as ask:
        took = ask("finish")
    if took.failures:
        raise ChaoskitError(f"{running.run} is down, but: {'; '.join(took.failures)}")
    by_hand.remove_directory(running)
    return running


def ps() -> tuple[HostRow, ...]:
    """Every host of every lab that is up, runs included."""
    rows: list[HostRow] = []
    for running in facts.everything():
        if running.alive:
            with asking(running) as ask:
                for info in ask("topology").hosts:
                    status = ask("status", info.name)
                    row = (info.service, info.role or "", info.region or "", info.addresses, status)
                    rows.append(HostRow(running.run, info.name, *row))
    return tuple(rows)


def run(text: str, host: str, argv: Sequence[str], *, timeout: float) -> Completed:
    """Run a command in a host of a lab that is up.

    Raises:
        UsageError: no such lab, or no such host.
        LabError: the host does not run, or the command took longer than `timeout` seconds.
    """
    with asking(facts.find(text)) as ask:
        completed: Completed = ask("run", _host(ask, host), list(argv), timeout, "")
    return completed


def log(text: str, host: str) -> Path:
    """The log file of a host of a lab that is up.

    Raises:
        UsageError: no such lab, or no such host.
    """
    with asking(facts.find(text)) as ask:
        path: Path = ask("log", _host(ask, host))
    return path


def pid(text: str, host: str) -> int:
    """The pid of a host's init, to enter its namespaces with.

    Raises:
        UsageError: no such lab, no such host, or it does not run.
    """
    with asking(facts.find(text)) as ask:
        status: Status = ask("status", _host(ask, host))
    if status.pid is None:
        raise UsageError(f"{host} is not running, it is {status.state}")
    return status.pid


def _host(ask: Caller, name: str) -> str:
    names = [info.name for info in ask("topology").hosts]
    if name not in names:
        raise UsageError(f"no host {name!r}", remedy=f"{did_you_mean(name, names)}There are: {', '.join(names)}.")
    return name


@contextmanager
def asking(running: Running) -> Iterator[Caller]:
    """A line to the keeper of a lab that is up."""
    ask = Caller.to(running.socket, f"the keeper of {running.run}")
    try:
        yield ask
    finally:
        ask.close()
