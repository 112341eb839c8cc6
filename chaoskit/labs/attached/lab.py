"""`AttachedLab`: a Compose project that was up before and stays up, with a client host for the time of a run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path

import docker

from chaoskit.core.errors import LabBusy, LabError, LabGone
from chaoskit.core.host import Host
from chaoskit.core.topology import Topology
from chaoskit.kernel.identity import Identity
from chaoskit.labs.attached import client as clients
from chaoskit.labs.attached import snapshot
from chaoskit.labs.attached.client import ClientHost
from chaoskit.labs.attached.difference import differences
from chaoskit.labs.attached.hosts import Holding
from chaoskit.labs.attached.project import instances
from chaoskit.labs.change import HostChange, Timings
from chaoskit.labs.docker.engine import api_errors, engine
from chaoskit.labs.spec import LabSpec


class AttachedLab:
    """A running project.

    Args:
        spec: as `attached_spec` made it.
        directory: gets the snapshot of how the project was found.
        run_id: marks the client host.
        notify: called at every turn of a host's life, on threads of the lab; it must not block.
    """

    def __init__(self, spec: LabSpec, directory: Path, *, run_id: str, notify: Callable[[HostChange], None]) -> None:
        if spec.standing is None:
            raise LabError(f"lab {spec.name} is no project that is running")
        self._spec, self._standing = spec, spec.standing
        self._directory = directory
        self._run = run_id
        self._notify = notify
        self._held = ExitStack()
        self._holding: Holding | None = None
        self._changing = threading.RLock()
        self._taken_down = False

    @property
    def topology(self) -> Topology:
        """The project's hosts and networks, and the client host."""
        return self._spec.topology

    @property
    def hosts(self) -> Mapping[str, Host]:
        """Hosts by name; empty before `up` and `take_over`. One whose container its owner removed is none any more.

        After `down` they are held anew: whoever could not undo all must be able to try again.

        Raises:
            LabError: the engine does not answer then.
        """
        with self._changing:
            if self._taken_down and self._holding is None:
                self._hold(self._connect())
            return {} if self._holding is None else self._holding.hosts

    @property
    def outlives_keeper(self) -> bool:
        """Yes: the project is somebody else's, and the client host is the engine's."""
        return True

    def logs(self, host: str) -> Path:
        """There are none: what an attached project writes is not recorded.

        Raises:
            LabError: always.
        """
        known = self._standing.containers.get(host)
        raise LabError(
            f"the logs of {host} are its project's and not recorded",
            remedy=f"docker logs {known.name}" if known else "",
        )

    def identities(self) -> tuple[tuple[str, Identity], ...]:
        """None: no process of the project is ours to end, and the engine ends that of the client."""
        return ()

    def cgroups(self) -> tuple[Path, ...]:
        """None of our own."""
        return ()

    # ---- its beginning -------------------------------------------------------------------------

    def up(self, timeout_s: float) -> Timings:
        """See that the project is as planned, write down how it is, and add the client host.

        Raises:
            LabBusy: another run is attached to it.
            LabError: it changed since it was planned, or the engine refuses.
        """
        began = time.monotonic()
        with self._changing:
            try:
                client = self._connect()
                self._see_as_planned(client)
                self._see_alone(client)
                found = snapshot.take(client, self._spec.name, enters=self._standing.engine.local)
                snapshot.write(found, self._directory)
                holding = self._hold(client)
                bound = time.monotonic()
                holding.bind(self._standing.client.host, self._client_host(client).make())
                self._see_alone(client)  # another run may have looked at the same moment
            except BaseException:
                self.down()
                raise
        now = time.monotonic()
        return Timings(bound - began, now - began, now - began)

    def _connect(self) -> docker.DockerClient:
        client = engine()
        self._held.callback(client.close)
        return client

    def _see_as_planned(self, client: docker.DockerClient) -> None:
        running = {each.id: each for each in instances(client, self._spec.name) if each.is_running}
        planned = {one.id: name for name, one in self._standing.containers.items()}
        wrong = [f"{name} does not run any more" for one, name in planned.items() if one not in running]
        wrong += [f"{each.name} is new" for one, each in running.items() if one not in planned]
        for one, name in planned.items():
            addresses = {link.address for link in self.topology.by_name[name].links}
            moves = name in self._standing.unsteady  # at every restart, which nobody can plan for
            if one in running and not moves and not addresses <= set(running[one].addresses):
                wrong.append(f"{name} has another address")  # what was planned by the old one would miss it
        if wrong:
            raise LabError(
                f"project {self._spec.name} is not as it was planned for: {', '.join(wrong)}", remedy="Run it again."
            )

    def _see_alone(self, client: docker.DockerClient) -> None:
        with api_errors("other runs cannot be looked for"):
            others = clients.others(client.api, self._spec.name, self._run)
        if others:
            raise LabBusy(
                f"project {self._spec.name} has another run attached: {', '.join(others)}",
                remedy="Wait for its end; where it was killed, `chaoskit sweep` undoes what it left.",
            )

    def _hold(self, client: docker.DockerClient) -> Holding:
        """Have a host for each container that is still there, and listen to what becomes of it."""
        holding = self._holding = Holding(client, self._spec, self._run, self._notify)
        self._held.callback(holding.close)
        holding.begin()
        return holding

    def _client_host(self, client: docker.DockerClient) -> ClientHost:
        return ClientHost(client.api, self._run, self._spec.name, self._standing.client)

    # ---- its end -------------------------------------------------------------------------------

    def take_over(self) -> None:
        """Have hosts for what is there of a project that another process attached to.

        Raises:
            LabGone: nothing of the project is there any more, or nothing had been done to it.
            LabError: the engine does not answer.
        """
        if snapshot.read(self._directory) is None:
            raise LabGone(f"nothing had been done to project {self._spec.name}")
        with self._changing:
            holding = self._hold(self._connect())
            if not any(name in holding.hosts for name in self._standing.containers):
                raise LabGone(f"project {self._spec.name} is gone")

    def down(self) -> None:
        """Remove the client host, also while it comes up; the project stays. Twice changes nothing more.

        Raises:
            LabError: the engine refuses.
        """
        with self._changing:
            self._taken_down = True
            try:
                with closing(engine()) as client:
                    self._client_host(client).remove()
            finally:
                self._held.close()
                self._holding = None

    def left(self) -> tuple[str, ...]:
        """How the project differs from how it was found, and what is there of the client host.

        Raises:
            LabError: the engine does not answer.
        """
        before = snapshot.read(self._directory)
        with closing(engine()) as client:
            with api_errors("what is left of the client host cannot be listed"):
                ours = clients.containers(client.api, self._run)
            found = [f"container {one['Names'][0].removeprefix('/')}" for one in ours]
            if before is None:
                return tuple(found)
            after = snapshot.take(client, self._spec.name, enters=before.enters, salt=before.salt)
        return (*found, *differences(before, after))
