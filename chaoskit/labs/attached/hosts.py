"""The containers of an attached project as hosts, for as long as somebody holds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import docker

from chaoskit.core.errors import LabError
from chaoskit.core.topology import HostInfo
from chaoskit.labs.attached import client as clients
from chaoskit.labs.attached.elsewhere import Elsewhere
from chaoskit.labs.attached.project import PROJECT, SERVICE, Instance, inspected, instances
from chaoskit.labs.change import HostChange
from chaoskit.labs.docker.engine import api_errors
from chaoskit.labs.docker.host import DockerHost
from chaoskit.labs.docker.poller import Poller
from chaoskit.labs.docker.watch import Watch
from chaoskit.labs.spec import LabSpec

Notify = Callable[[HostChange], None]


class Entangled(DockerHost):
    """A container in the network of the machine, or of another container: that network is not its own to break."""

    def __init__(self, client: docker.DockerClient, info: HostInfo, notify: Notify, poller: Poller, owner: str) -> None:
        super().__init__(client, info, notify, poller)
        self._owner = owner

    def netns(self) -> Path:
        """It has none.

        Raises:
            LabError: always.
        """
        raise LabError(
            f"{self.info.name} uses the network of {self._owner}: a fault of it would be one of {self._owner}",
            remedy="Choose a host with a network of its own.",
        )


class Holding:
    """Hosts of a project, kept up to date by the engine's events until closed.

    Args:
        client: a connection to the engine, which stays the caller's.
        spec: the project, as `attached_spec` made it.
        run: the run whose client host is one of them, once it is there.
        notify: called at every turn of a host's life.
    """

    def __init__(self, client: docker.DockerClient, spec: LabSpec, run: str, notify: Notify) -> None:
        assert spec.standing is not None  # see AttachedLab
        self._client, self._spec, self._standing = client, spec, spec.standing
        self._run, self._notify = run, notify
        self._hosts: dict[str, DockerHost] = {}
        self._by_container: dict[str, DockerHost] = {}
        self._held = ExitStack()
        self._poller = Poller(f"hosts of project {spec.name}")
        self._held.callback(self._poller.close)
        self._held.callback(self._let_go)

    @property
    def hosts(self) -> Mapping[str, DockerHost]:
        """Those whose container is there, by name."""
        return self._hosts

    def begin(self) -> None:
        """Bind to what is there, and listen.

        Raises:
            LabError: the engine does not answer.
        """
        for labels in ((f"{PROJECT}={self._spec.name}", SERVICE), (f"{clients.RUN}={self._run}",)):
            watch = Watch(self._client, labels, lambda container, _labels: self._by_container.get(container))
            self._held.callback(watch.close)
            watch.start()
        there = {each.id for each in instances(self._client, self._spec.name)}
        for name, container in self._standing.containers.items():
            if container.id in there:
                self.bind(name, container.id)
        with api_errors("the client host cannot be looked for"):
            ours = clients.containers(self._client.api, self._run)
        for one in ours:
            self.bind(self._standing.client.host, str(one["Id"]))

    def bind(self, name: str, container: str) -> None:
        """Have a host that is this container.

        Raises:
            LabError: the engine does not answer, or has no such container.
        """
        host = self._host(self._spec.topology.by_name[name])
        host.bind(container)
        self._hosts[name] = self._by_container[container] = host
        host.look()

    def _host(self, info: HostInfo) -> DockerHost:
        owner = self._standing.entangled.get(info.name)
        if not self._standing.engine.local:
            return Elsewhere(self._client, info, self._tell, self._poller)
        if owner is None:
            return DockerHost(self._client, info, self._tell, self._poller)
        return Entangled(self._client, info, self._tell, self._poller, owner)

    def _tell(self, change: HostChange) -> None:
        """Hand a turn on; of a daemon that was started again also whether the engine gave it another address."""
        self._notify(change)
        planned = self._spec.topology.by_name[change.host].addresses
        if not change.new_network or not planned:
            return
        now = [one.addresses for one in map(Instance, inspected(self._client, [self._hosts[change.host].container]))]
        if now and set(filter(None, now[0])) != set(planned):
            why = f"has another address: {', '.join(filter(None, now[0])) or 'none'} in place of {', '.join(planned)}"
            self._notify(replace(change, reason=why, new_network=False))

    def close(self) -> None:
        """Let go of them; they stay as they are."""
        self._held.close()

    def _let_go(self) -> None:
        """After nobody tells them of events any more, which would have them hold their processes again."""
        for host in self._by_container.values():
            host.close()
