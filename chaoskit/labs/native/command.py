"""Commands in running hosts, as children of the island that enter a host's namespaces and execute."""

from __future__ import annotations

import os
from collections.abc import Callable

from chaoskit.kernel import syscalls
from chaoskit.labs.native import launch
from chaoskit.labs.native.identity import identity
from chaoskit.labs.native.plan import HostPlan

_NAMESPACES = ("net", "uts", "ipc", "mnt")
"""The mount namespace last: entering it changes what /proc/PID means."""


def execute(host: HostPlan, launcher: launch.Launcher, init: int, argv: tuple[str, ...], fds: list[int]) -> int:
    """Run a command inside all of the host's namespaces with its limits, user and environment; its pid.

    A command that cannot be executed says why on its stderr and exits with 126.
    """

    def body() -> None:
        launcher.join(host)
        _enter(init)
        for target, fd in enumerate(fds):
            os.dup2(fd, target)
        os.setsid()
        launch.execute(host, identity(host.user), argv)

    return _fork_into(init, lambda: launch.end_in(fds[2], body))


def signal_others(init: int, number: int) -> None:
    """Send a signal to every process of a host's pid namespace but its init, atomically with forks.

    kill(2) with -1 reaches every process of the caller's pid namespace except pid 1 and itself, and
    the kernel delivers it to children that are being forked as well.
    """

    def body() -> None:
        try:
            os.kill(-1, number)
        except ProcessLookupError:
            os._exit(0)
        os._exit(0)

    pid = _fork_into(init, body)
    _, status = os.waitpid(pid, 0)
    if status:
        raise OSError(f"signal {number} could not be sent to the host's processes")


def _fork_into(init: int, body: Callable[[], None]) -> int:
    """Fork a child that belongs to the host's pid namespace."""
    home = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    theirs = os.open(f"/proc/{init}/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    try:
        syscalls.setns(theirs, syscalls.CLONE_NEWPID)
        try:
            pid = os.fork()
            if pid == 0:
                try:
                    body()
                finally:
                    os._exit(126)
        finally:
            syscalls.setns(home, syscalls.CLONE_NEWPID)
    finally:
        os.close(home)
        os.close(theirs)
    return pid


def _enter(init: int) -> None:
    fds = [os.open(f"/proc/{init}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC) for name in _NAMESPACES]
    for fd in fds:
        syscalls.setns(fd)
        os.close(fd)
