"""Users of a locustfile as a stream of the engine: `chaoskit.core.locustfile.locustfile_load` describes them.

They run in a process of their own (`chaoskit.loads.guest`), which tells of each request when it has ended; here
that becomes a row. There is no schedule: what came is what was due.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chaoskit.core.errors import LabError, UsageError
from chaoskit.core.load import Outcome
from chaoskit.core.locustfile import LocustfileRequest
from chaoskit.core.units import NS
from chaoskit.loads.call import CODE, Call
from chaoskit.loads.stream import Stream

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine
    from chaoskit.loads.work import Client, Job

_GRACE = 2
"""Seconds users have to let go of what they are doing, once the load is over."""


class LocustUsers(Stream):
    """See the module.

    Attributes:
        users: how many of them there are.
    """

    __slots__ = ("_buffer", "_client", "_ended", "_process", "_request", "users")

    def __init__(self, engine: Engine, job: Job, client: Client, request: LocustfileRequest) -> None:
        super().__init__(engine, job, client)
        self.users = request.users
        self._request = request
        self._client = client
        self._ended = False
        self.taken = 1  # the users themselves, so that the engine waits for them
        self._spawn()
        begin = engine.origin + job.start
        end = engine.origin + engine.duration
        self.loop.at(begin, lambda _now: self._say("go"))
        self.loop.at(end if job.lasting is None else min(end, begin + job.lasting), self._finish)

    def start(self, call: Call, now: int) -> None:
        """No arrival is scheduled, so there is no call.

        Raises:
            UsageError: somebody gave the request another arrival process.
        """
        raise UsageError(
            f"load {self.name}: a locustfile's users decide when they ask", remedy="Use locustfile_load()."
        )

    def moved(self) -> None:
        """The users were in the network that is gone: others take over, in the new one."""
        if not self._ended:
            self._end()
            self._ended = False
            self.taken += 1
            self._spawn()
            self._say("go")

    def settle(self, until: int) -> int:
        """The run is over: hear what is left; all that came was due."""
        if not self._ended:
            self._say("stop")
            deadline = time.monotonic() + _GRACE
            while not self._ended and (left := deadline - time.monotonic()) > 0:
                select.select([self._out], [], [], left)
                self._listen(0)
        self._end()
        self.rows.flush()
        return self.recorded

    def close(self) -> None:
        """End the process."""
        self._end()

    @property
    def _out(self) -> int:
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def _spawn(self) -> None:
        """A process forked in the client host's network lives there."""
        self._engine.networks.enter(self.network)
        self._buffer = b""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "chaoskit.loads.guest", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        os.set_blocking(self._out, False)
        self.loop.watch(self._out, self._listen)
        request = self._request
        told = {key: getattr(request, key) for key in ("file", "user", "users", "spawn_rate", "host")}
        self._say(json.dumps({**told, "files": _files(self._client)}))

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{line}\n".encode())
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            return  # it is gone, which its output tells

    def _finish(self, now: int) -> None:
        self._say("stop")
        self.loop.at(now + _GRACE * NS, lambda _now: self._end())

    def _listen(self, _events: int) -> None:
        """Take all there is; at its end the process is gone."""
        while not self._ended:
            try:
                data = os.read(self._out, 1 << 16)
            except BlockingIOError:
                break
            *lines, self._buffer = (self._buffer + data).split(b"\n")
            for line in lines:
                self._hear(json.loads(line))
            if not data:
                self._gone()

    def _hear(self, told: Any) -> None:
        if isinstance(told, dict):
            self._engine.fail(UsageError(f"load {self.name}: {told['message']}", remedy=told["remedy"]))
            return
        op, due, end, status, outcome = told
        labels, (load, client, _op) = self._engine.labels, self._codes
        code = (load, client, 0, 0, labels.code("op", op), 0, status, CODE[Outcome(outcome)], 1)
        self.taken += 1
        self.recorded += 1
        self.rows.write(due, due, due, -1, end, -1, -1, self.rows.combination(code))

    def _gone(self) -> None:
        self._end()
        if self._process.returncode:
            status = self._process.returncode
            self._engine.fail(LabError(f"load {self.name} from {self.client}: its users ended with status {status}"))

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self.taken -= 1
        self.loop.forget(self._out)
        try:
            self._process.wait(0.5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            self._process.returncode = 0  # it was told to end, and held on to something
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def _files(client: Client) -> dict[str, str]:
    """The resolver's files that the users are to see; in this machine's own network those of the machine."""
    if client.netns is None:
        return {}
    servers = "".join(f"nameserver {server}\n" for server in client.nameservers)
    options = f"options {' '.join(client.resolver_options)}\n" if client.resolver_options else ""
    hosts = "".join(f"{address}\t{name}\n" for name, address in client.hosts.items())
    return {"/etc/resolv.conf": servers + options, "/etc/hosts": hosts}


def open_stream(engine: Engine, job: Job, client: Client) -> Stream:
    """Serve a load of a locustfile's users on one client host.

    Raises:
        UsageError: it is none, or its users could leave the lab.
    """
    if not isinstance(job.request, LocustfileRequest):
        raise UsageError(f"load {job.name}: {job.request.title} is no locustfile", remedy="Use locustfile_load(...).")
    if client.netns is None and not (job.any_target and engine.owned):
        raise UsageError(
            f"load {job.name}: from {client.host} a locustfile could go anywhere",
            remedy="Run it from a client host of a lab, or write any_target=True and run it with --i-own-the-target.",
        )
    return LocustUsers(engine, job, client, _dealt(job.request, job.name, len(job.clients), job.clients.index(client)))


def _dealt(request: LocustfileRequest, name: str, clients: int, index: int) -> LocustfileRequest:
    """The share of one of the client hosts.

    Raises:
        UsageError: there is not a user for each.
    """
    if request.users < clients:
        raise UsageError(f"load {name}: {request.users} users cannot be on {clients} client hosts")
    users = request.users // clients + (index < request.users % clients)
    return replace(request, users=users, spawn_rate=request.spawn_rate / clients)
