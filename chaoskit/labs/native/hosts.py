"""The island's loop: it carries out the keeper's calls and tells what becomes of its children."""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections.abc import Sequence

from chaoskit.kernel.netlink import Netlink
from chaoskit.labs.native import command, launch, messages, network, rootfs
from chaoskit.labs.native.plan import HostPlan, IslandPlan


class _Host:
    """A host as the island knows it.

    Attributes:
        netns: the open network namespace, or None while powered off.
        pid: of its init in the island's pid namespace, or None.
        starting: number of the `Start` call and the read end that says whether the daemon was executed.
        failed: the daemon could not be executed; its init is about to be collected.
        disconnecting: numbers of the calls that wait for its end.
    """

    def __init__(self, plan: HostPlan) -> None:
        self.plan = plan
        self.netns: int | None = None
        self.pid: int | None = None
        self.pidfd = -1
        self.starting: tuple[int, int] | None = None
        self.failed = False
        self.disconnecting: list[int] = []


class Hosts:
    """Every host of a lab, and the commands that run in them."""

    def __init__(self, plan: IslandPlan, netlink: Netlink, bridges: dict[str, int]) -> None:
        self._plan = plan
        self._network = network.Network(netlink, bridges)
        self._hosts = {host.name: _Host(host) for host in plan.hosts}
        self._inits: dict[int, _Host] = {}
        self._pipes: dict[int, _Host] = {}
        self._commands: dict[int, int] = {}
        self._launcher = launch.Launcher(plan)
        self._poll = select.epoll()

    def serve(self, control: socket.socket) -> None:
        """Answer calls until the keeper's end is gone; then the process, and the lab with it, ends."""
        self._control = control
        wakeup, self._wakeup = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(self._wakeup)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._poll.register(control.fileno(), select.EPOLLIN)
        self._poll.register(wakeup, select.EPOLLIN)
        while True:
            for fd, _ in self._poll.poll():
                if fd == control.fileno():
                    self._take_call()
                elif fd == wakeup:
                    os.read(wakeup, 4096)
                    self._reap()
                elif fd in self._pipes:
                    self._launched(self._pipes[fd])

    def _take_call(self) -> None:
        received = messages.receive(self._control)
        if received is None:
            os._exit(0)
        message, fds = received
        assert isinstance(message, messages.Call)  # the keeper sends nothing else
        try:
            self._do(message.number, message.operation, fds)
        except OSError as error:
            self._reply(message.number, str(error))
        finally:
            messages.close_all(fds)

    def _do(self, number: int, operation: messages.Operation, fds: list[int]) -> None:
        match operation:
            case messages.Connect(name):
                self._connect(number, self._hosts[name])
            case messages.Start(name):
                self._start(number, self._hosts[name])
            case messages.Execute(name, argv):
                self._execute(number, self._hosts[name], argv, fds)
            case messages.Abort(call):
                self._abort(number, call)
            case messages.Signal(name, sig):
                self._signal(number, self._hosts[name], sig)
            case messages.Disconnect(name):
                self._disconnect(number, self._hosts[name])

    def _connect(self, number: int, host: _Host) -> None:
        if host.netns is None:
            host.netns = self._network.connect(host.plan)
        self._reply(number, fds=[host.netns])

    def _start(self, number: int, host: _Host) -> None:
        if host.pid is not None or host.netns is None:
            self._reply(number, "" if host.pid is not None else "it is powered off")
            return
        host.pid, pipe = self._launcher.start(host.plan, host.netns)
        host.pidfd = os.pidfd_open(host.pid)
        host.starting = (number, pipe)
        self._inits[host.pid] = host
        self._pipes[pipe] = host
        self._poll.register(pipe, select.EPOLLIN)

    def _launched(self, host: _Host) -> None:
        """The pipe of a starting host says how it went: its end means that the daemon was executed."""
        if host.starting is None or host.pid is None:
            return
        number, pipe = host.starting
        error = os.read(pipe, 4096).decode(errors="replace")
        self._poll.unregister(pipe)
        os.close(pipe)
        del self._pipes[pipe]
        host.starting = None
        if error:
            host.failed = True
            self._reply(number, error)
            return
        messages.send(self._control, messages.Started(host.plan.name, time.monotonic_ns()), [host.pidfd])
        self._reply(number)

    def _execute(self, number: int, host: _Host, argv: tuple[str, ...], fds: list[int]) -> None:
        if host.pid is None or host.starting is not None:
            self._reply(number, "its daemon does not run")
            return
        pid = command.execute(host.plan, self._launcher, host.pid, argv, fds)
        self._commands[pid] = number

    def _abort(self, number: int, call: int) -> None:
        for pid in [pid for pid, running in self._commands.items() if running == call]:
            os.killpg(pid, signal.SIGKILL)
        self._reply(number)

    def _signal(self, number: int, host: _Host, sig: int) -> None:
        if host.pid is None:
            self._reply(number, "its daemon does not run")
            return
        command.signal_others(host.pid, sig)
        self._reply(number)

    def _disconnect(self, number: int, host: _Host) -> None:
        if host.netns is not None:
            self._network.disconnect(host.plan)
            os.close(host.netns)
            host.netns = None
        if host.pid is None:
            self._powered_off(host, [number])
            return
        os.kill(host.pid, signal.SIGKILL)
        host.disconnecting.append(number)

    def _powered_off(self, host: _Host, calls: list[int]) -> None:
        rootfs.empty_volatile(self._plan.disk, host.plan)
        for call in calls:
            self._reply(call)

    def _reap(self) -> None:
        """Collect every child that ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._ended(pid, os.waitstatus_to_exitcode(status))

    def _ended(self, pid: int, exit_code: int) -> None:
        if pid in self._commands:
            self._reply(self._commands.pop(pid), exit_code=exit_code)
        elif pid in self._inits:
            self._init_ended(self._inits.pop(pid), exit_code)

    def _init_ended(self, host: _Host, exit_code: int) -> None:
        self._launched(host)
        if not host.failed:
            messages.send(self._control, messages.Exited(host.plan.name, time.monotonic_ns(), exit_code))
        os.close(host.pidfd)
        host.pid, host.pidfd, host.failed = None, -1, False
        calls, host.disconnecting = host.disconnecting, []
        if calls:
            self._powered_off(host, calls)

    def _reply(self, number: int, error: str = "", *, exit_code: int = 0, fds: Sequence[int] = ()) -> None:
        messages.send(self._control, messages.Reply(number, error, exit_code), fds)
