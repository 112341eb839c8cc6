"""What a driver owes of whole labs: two at once, a controller that is killed, errors, and nothing left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.errors import LabBusy, LabError
from chaoskit.core.host import HostState
from chaoskit.kernel.identity import Identity
from chaoskit.testing.driver.bench import READY_S, Make, bench, demand, own_id, patiently_up, small_lab, until

_NATIVE_S, _OTHER_S = 2.0, 10.0
"""Seconds after which nothing may be left of a lab whose controller was killed: one that ends with it, another."""

_THIRD, _OTHER_THIRD = 204, 206
"""Of the addresses of labs, others than those of the lab that single hosts are tried in."""


@dataclass(frozen=True)
class Trial:
    """A driver on trial.

    Attributes:
        make: has to be a function at the top of a module: another process imports it by its name.
        folder: for labs and their runs.
    """

    make: Make
    folder: Path


def two_labs_do_not_meet(on: Trial) -> None:
    """Labs with other subnets are up at once; the same subnets twice: beside each other, or one waits and says so."""
    with bench(on.make, on.folder / "one", "one", third=_THIRD) as one:
        with bench(on.make, on.folder / "two", "two", name="other", third=_OTHER_THIRD) as two:
            two.host("web").power_off()
            demand(one.answer() == "echo", "a power-off in one lab was one in the other")
            two.host("web").start()
        again = on.make(
            small_lab(on.folder / "again", third=_THIRD), on.folder / "again" / "run", own_id("again"), lambda _: None
        )
        try:
            again.up(READY_S)
            demand(one.answer() == "echo", "the same lab, up a second time, took the first one's place")
        except LabBusy as busy:
            demand("one" in str(busy), f"who has what it needs is not said: {busy}")
            demand(one.answer() == "echo", "a lab that could not come up took something of the one that was up")
        finally:
            again.down()
    try:
        patiently_up(again)
    finally:
        again.down()


def a_killed_controller_leaves_nothing(on: Trial) -> None:
    """SIGKILL at its work: a lab ends with its controller, or another process takes it over and takes it down."""
    for moment in ("early", "up"):
        run = own_id(f"killed-{moment}")
        with _controller(on, run, moment):
            pass
        lab = on.make(small_lab(on.folder / run, third=_THIRD), on.folder / run / run, run, lambda _: None)
        began = time.monotonic()
        if lab.outlives_keeper:
            if moment == "up":
                lab.take_over()
                paused = lab.hosts["web"]
                demand(paused.status().state is HostState.PAUSED, f"taken over, web is {paused.status().state}")
                paused.resume()
                demand(paused.status().state is HostState.RUNNING, "what was taken over cannot be resumed")
            lab.down()
            demand(time.monotonic() - began < _OTHER_S, "taking down took too long")
        until(lambda lab=lab: not lab.left(), "nothing is left", _OTHER_S if lab.outlives_keeper else _NATIVE_S)  # type: ignore[misc]


@contextmanager
def _controller(on: Trial, run: str, moment: str) -> Iterator[None]:
    """Another process that brings the lab up, and is killed."""
    script = (
        "import sys; from pathlib import Path; from importlib import import_module\n"
        "from chaoskit.testing.driver.bench import patiently_up, small_lab\n"
        f"make = getattr(import_module({on.make.__module__!r}), {on.make.__name__!r})\n"
        f"folder = Path({str(on.folder / run)!r})\n"
        f"lab = make(small_lab(folder, third={_THIRD}), folder / {run!r}, {run!r}, lambda _: None)\n"
        "print('begin', flush=True)\n"
        "patiently_up(lab); lab.hosts['web'].pause(); print('up', flush=True); sys.stdin.read()\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=pipe, stdout=pipe, text=True, env=environment, cwd=on.folder
    ) as process:
        try:
            _await(process, moment)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        yield


def _await(process: subprocess.Popen[str], moment: str) -> None:
    assert process.stdout is not None
    demand(process.stdout.readline() == "begin\n", "the controller does not begin")
    if moment == "up":
        demand(process.stdout.readline() == "up\n", "the controller could not bring its lab up")
    else:
        time.sleep(0.6)


def a_lab_may_be_taken_down_while_it_comes_up(on: Trial) -> None:
    """`down` from another thread ends `up` in an error; nothing is left, and it may be said again."""
    spec = small_lab(on.folder / "hasty", third=_THIRD, healthy="/tmp/never")
    lab = on.make(spec, on.folder / "hasty" / "run", own_id("hasty"), lambda _: None)
    ending = threading.Timer(0.7, lab.down)
    began = time.monotonic()
    ending.start()
    try:
        patiently_up(lab)
    except LabError:
        demand(time.monotonic() - began < _OTHER_S, "`up` went on after the lab was taken down")
    else:
        demand(False, "a lab that was taken down came up")
    ending.join()
    lab.down()
    demand(not lab.left(), f"there is left: {', '.join(lab.left())}")


def processes_end_with_their_lab(on: Trial) -> None:
    """No process that a host had, as the machine knows it, is there when the lab is down."""
    with bench(on.make, on.folder / "ends", "ends", third=_THIRD) as up:
        pids = [host.status().pid for host in up.lab.hosts.values()]
        had = [*(Identity.of(pid) for pid in pids if pid is not None), *(who for _, who in up.lab.identities())]
        up.host("db").pause()
        if up.lab.outlives_keeper:
            demand(bool(up.lab.left()), "nothing is said to be there while the lab is up")
    until(lambda: not any(who.alive() for who in had), "every process ends with the lab", _NATIVE_S)


DEMANDS = (
    two_labs_do_not_meet,
    a_killed_controller_leaves_nothing,
    a_lab_may_be_taken_down_while_it_comes_up,
    processes_end_with_their_lab,
)
