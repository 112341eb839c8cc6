"""`AttachedLab`: a Compose project that was up before and stays up, with a client host for the time of a run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import docker

from chaoskit.core.errors import LabError, LabGone
from chaoskit.core.host import Host
from chaoskit.core.topology import Topology
from chaoskit.kernel.identity import Identity
from chaoskit.labs.attached import client as clients
from chaoskit.labs.attached import snapshot
from chaoskit.labs.attached.client import ClientHost
from chaoskit.labs.attached.difference import differences
from chaoskit.labs.attached.hosts import Entangled, Removed
from chaoskit.labs.attached.project import PROJECT, SERVICE, instances
from chaoskit.labs.change import HostChange, Timings
from chaoskit.labs.docker.engine import api_errors, engine
from chaoskit.labs.docker.host import DockerHost
from chaoskit.labs.docker.poller import Poller
from chaoskit.labs.docker.watch import Watch
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
        self._client: docker.DockerClient | None = None
        self._poller: Poller | None = None
        self._watches: list[Watch] = []
        self._hosts: dict[str, DockerHost | Removed] = {}
        self._by_container: dict[str, DockerHost] = {}

    @property
    def topology(self) -> Topology:
        """The project's hosts and networks, and the client host."""
        return self._spec.topology

    @property
    def hosts(self) -> Mapping[str, Host]:
        """Hosts by name; empty before `up` and `take_over`."""
        return self._hosts

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
            LabError: it changed since it was planned, another run is attached to it, or the engine refuses.
        """
        began = time.monotonic()
        try:
            client = self._connect()
            self._see_as_planned(client)
            self._see_alone(client)
            found = snapshot.take(client, self._spec.name, enters=self._standing.engine.local)
            snapshot.write(found, self._directory)
            self._bind(client)
            created = time.monotonic()
            self._listen(client, (f"{PROJECT}={self._spec.name}", SERVICE), (f"{clients.RUN}={self._run}",))
            self._add_client(client)
        except BaseException:
            self.down()
            raise
        now = time.monotonic()
        return Timings(created - began, now - began, now - began)

    def _connect(self) -> docker.DockerClient:
        if self._client is None:
            self._client = engine()
            self._poller = Poller("ends of containers")
        return self._client

    def _see_as_planned(self, client: docker.DockerClient) -> None:
        planned = {one.id: one.name for one in self._standing.containers.values()}
        running = {each.id: each.name for each in instances(client, self._spec.name) if each.is_running}
        gone = [name for one, name in planned.items() if one not in running]
        new = [name for one, name in running.items() if one not in planned]
        if gone or new:
            words = [*(f"{name} does not run any more" for name in gone), *(f"{name} is new" for name in new)]
            raise LabError(
                f"project {self._spec.name} is not as it was planned for: {', '.join(words)}", remedy="Run it again."
            )

    def _see_alone(self, client: docker.DockerClient) -> None:
        with api_errors("other runs cannot be looked for"):
            others = clients.others(client.api, self._spec.name, self._run)
        if others:
            raise LabError(
                f"project {self._spec.name} has another run attached: {', '.join(others)}",
                remedy="Wait for its end; where it was killed, `chaoskit sweep` undoes what it left.",
            )

    def _bind(self, client: docker.DockerClient) -> None:
        """Have a host for each container that is still there."""
        there = {each.id for each in instances(client, self._spec.name)}
        for name, container in self._standing.containers.items():
            if container.id in there:
                self._hold(client, name, container.id)
            else:
                self._hosts[name] = Removed(self.topology.by_name[name])

    def _hold(self, client: docker.DockerClient, name: str, container: str) -> None:
        assert self._poller is not None  # connected
        info, owner = self.topology.by_name[name], self._standing.entangled.get(name)
        host = (
            DockerHost(client, info, self._notify, self._poller)
            if owner is None
            else Entangled(client, info, self._notify, self._poller, owner)
        )
        host.bind(container)
        self._hosts[name] = self._by_container[container] = host
        host.look()

    def _listen(self, client: docker.DockerClient, *labels: tuple[str, ...]) -> None:
        for wanted in labels:
            watch = Watch(client, wanted, lambda container, _labels: self._by_container.get(container))
            self._watches.append(watch)
            watch.start()

    def _add_client(self, client: docker.DockerClient) -> None:
        container = self._client_host(client).make()
        self._hold(client, self._standing.client.host, container)

    def _client_host(self, client: docker.DockerClient) -> ClientHost:
        return ClientHost(client.api, self._run, self._spec.name, self._standing.client)

    # ---- its end -------------------------------------------------------------------------------

    def take_over(self) -> None:
        """Have hosts for what is there of a project that another process attached to.

        Raises:
            LabGone: the project is gone, or nothing had been done to it.
            LabError: the engine does not answer.
        """
        if snapshot.read(self._directory) is None:
            raise LabGone(f"nothing had been done to project {self._spec.name}")
        client = self._connect()
        self._bind(client)
        self._listen(client, (f"{PROJECT}={self._spec.name}", SERVICE))
        if all(isinstance(host, Removed) for host in self._hosts.values()):
            raise LabGone(f"project {self._spec.name} is gone")

    def down(self) -> None:
        """Remove the client host; the project stays. Doing it twice changes nothing more.

        Raises:
            LabError: the engine refuses.
        """
        client = self._connect()
        try:
            self._client_host(client).remove()
        finally:
            self._close()

    def _close(self) -> None:
        for watch in self._watches:
            watch.close()
        for host in self._hosts.values():
            if isinstance(host, DockerHost):
                host.close()
        if self._poller is not None:
            self._poller.close()
        if self._client is not None:
            self._client.close()
        self._watches, self._client, self._poller = [], None, None

    def left(self) -> tuple[str, ...]:
        """How the project differs from how it was found, and what is there of the client host.

        Raises:
            LabError: the engine does not answer.
        """
        before = snapshot.read(self._directory)
        client = engine()
        try:
            with api_errors("what is left of the client host cannot be listed"):
                ours = clients.containers(client.api, self._run)
            found = [f"container {one['Names'][0].removeprefix('/')}" for one in ours]
            if before is not None:
                after = snapshot.take(client, self._spec.name, enters=before.enters, salt=before.salt)
                found += differences(before, after)
        finally:
            client.close()
        return tuple(found)
