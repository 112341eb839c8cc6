"""Start of a host's daemon: a fork into namespaces of its own that ends in exec.

Pid 1 of the host is the daemon itself, as in a container without `init: true`.
"""

from __future__ import annotations

import os
import resource
import signal
import warnings  # noqa: F401  os.execvpe imports it, when the host's user may not read Python's folder any more

from chaoskit.kernel import capabilities, syscalls
from chaoskit.labs.native import init, rootfs
from chaoskit.labs.native.identity import Identity, identity
from chaoskit.labs.native.plan import HostPlan, IslandPlan

TYPE_CHECKING = False  # see `record`
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

OPEN_FILES = 65536
"""Default limit: some daemons reserve memory for as many connections as they may open files."""


class Launcher:
    """Makes inits of hosts, each pid 1 of a pid namespace below the island's."""

    def __init__(self, plan: IslandPlan) -> None:
        self._plan = plan
        self._groups = {host.name: _open_groups(host) for host in plan.hosts if host.cgroups}
        self._home = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)

    def start(self, host: HostPlan, netns: int) -> tuple[int, int]:
        """Fork the host's init; its pid, and a pipe that ends when the daemon is executed or says what failed."""
        told, tell = os.pipe2(os.O_CLOEXEC)
        syscalls.unshare(syscalls.CLONE_NEWPID)
        try:
            pid = os.fork()
            if pid == 0:
                end_in(tell, lambda: self._become(host, netns, tell))
        finally:
            syscalls.setns(self._home, syscalls.CLONE_NEWPID)
        os.close(tell)
        return pid, told

    def join(self, host: HostPlan) -> None:
        """Move the calling process under the host's limits."""
        for fd in self._groups.get(host.name, ()):
            os.write(fd, b"0")

    def _become(self, host: HostPlan, netns: int, tell: int) -> None:
        syscalls.setns(netns, syscalls.CLONE_NEWNET)
        syscalls.unshare(syscalls.CLONE_NEWNS | syscalls.CLONE_NEWUTS | syscalls.CLONE_NEWIPC)
        syscalls.set_hostname(host.hostname)
        if host.domainname:
            syscalls.set_domainname(host.domainname)
        log = os.open(host.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self.join(host)
        rootfs.enter(self._plan, host)
        who = identity(host.user)
        os.fchown(log, who.uid, who.gid)
        null = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
        for target, fd in enumerate((null, log, log)):
            os.dup2(fd, target)
        os.setsid()
        if host.init:
            init.fork_below(tell)
        execute(host, who, host.argv)


def _open_groups(host: HostPlan) -> list[int]:
    """The files by which a process joins the host's groups; they outlive the island's view of /sys."""
    return [os.open(f"{group}/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC) for group in host.cgroups]


def end_in(tell: int, body: Callable[[], None]) -> NoReturn:
    """Run the body of a forked child, which must end in exec; tell what stopped it from that."""
    try:
        signal.set_wakeup_fd(-1)
        syscalls.die_with_parent()
        _default_signals()
        body()
    except BaseException as error:  # noqa: BLE001  a child must never return into its parent's code
        os.write(tell, str(error).encode() or b"failed")
    os._exit(126)


def _default_signals() -> None:
    """What Python and the island ignore, a daemon expects at its default."""
    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def execute(host: HostPlan, who: Identity, argv: tuple[str, ...]) -> NoReturn:
    """Take the host's limits, capabilities, user, folder and environment, and execute a program.

    Raises:
        OSError: something was refused; the message says what.
    """
    _limit(host)
    capabilities.keep_only(host.capabilities)
    if (who.uid, who.gid) != (os.getuid(), os.getgid()):
        os.setgroups(list(who.groups))
        os.setgid(who.gid)
        os.setuid(who.uid)
    os.umask(0o022)
    os.chdir(host.working_dir)
    environment = {"HOME": who.home, **host.environment}
    try:
        os.execvpe(argv[0], argv, environment)
    except OSError as error:
        raise OSError(error.errno, f"cannot execute {argv[0]}: {error.strerror}") from error


def _limit(host: HostPlan) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    default = min(hard, OPEN_FILES) if hard != resource.RLIM_INFINITY else OPEN_FILES
    limits = {"nofile": (default, default), **host.ulimits}
    for name, wanted in limits.items():
        try:
            resource.setrlimit(getattr(resource, f"RLIMIT_{name.upper()}"), wanted)
        except (OSError, ValueError) as error:
            allowed = resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}"))[1]
            raise OSError(f"ulimit {name}={wanted}: this machine allows at most {allowed}") from error
