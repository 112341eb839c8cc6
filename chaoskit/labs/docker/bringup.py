"""Bringing a lab up by Docker Compose: until every host runs as planned and every healthcheck is healthy."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker

from chaoskit.core.errors import LabBusy, LabError, MissingTool, NotReady
from chaoskit.core.host import HostState
from chaoskit.labs.docker import images, naming, subnets, verify
from chaoskit.labs.docker.composing import Compose
from chaoskit.labs.docker.engine import api_errors
from chaoskit.labs.docker.host import DockerHost
from chaoskit.labs.native.bringup import tail
from chaoskit.labs.spec import HostSpec, LabSpec

_OURS = "chaoskit/"
"""Images that no registry has."""
_SETTLE_S = 0.05
"""How long a daemon without a healthcheck must have run before its lab is said to be ready."""
_LOOK_EVERY_S = 0.01


@dataclass
class Bringup:
    """One start of a lab.

    Attributes:
        deadline: seconds of the monotonic clock.
    """

    client: docker.DockerClient
    spec: LabSpec
    hosts: Mapping[str, DockerHost]
    compose: Compose
    logs: Callable[[str], Path]
    deadline: float

    def check(self) -> None:
        """See that it can come up now.

        Raises:
            MissingTool: an image is missing that no registry has.
            LabBusy: another run has its subnets.
            LabError: something else has, or the user's own project is on the engine, which nothing may be done to.
        """
        if self.spec.egress:
            self._refuse_own_project()
        missing = [host for host in self.spec.hosts if self._is_missing(host.image)]
        if missing:
            names = ", ".join(dict.fromkeys(host.image for host in missing))
            raise MissingTool(
                f"{missing[0].where}: the Docker engine does not have {names}",
                remedy=f"Make it: chaoskit doctor --fix --driver docker --for {self.spec.name} "
                "(in a checkout also: make images).",
            )
        in_the_way = subnets.holders(self.client, self.spec.topology)
        if in_the_way:
            raise self._busy(in_the_way)

    def start(self) -> None:
        """Have Compose create and start everything, in the order of its dependencies.

        Raises:
            LabError: it could not; the message has the end of the log of whoever did not come up.
        """
        if self._has_replicas():
            self._compose("up", "--no-start", "--quiet-pull")
            self._address_replicas()
        status = self._compose("up", "--detach", "--quiet-pull", *(["--no-recreate"] if self._has_replicas() else []))
        if status != 0:
            raise self._failed(status)

    def verify(self) -> None:
        """See that every host has the links that were planned.

        Raises:
            LabError: one has not.
        """
        for host in self.hosts.values():
            if host.status().pid is not None:
                verify.check(host.info, host.netns())

    def wait_ready(self) -> None:
        """Wait until every healthcheck is healthy and every other daemon has run for a moment.

        Raises:
            LabError: one ended though it should run.
            NotReady: it takes longer than there is time.
        """
        settled = time.monotonic() + _SETTLE_S
        while True:
            unready = [host for host in self.spec.hosts if not self._is_ready(host)]
            if not unready and time.monotonic() >= settled:
                return
            if time.monotonic() > self.deadline:
                raise NotReady("\n".join(["the lab is not ready in time:", *map(self._complaint, unready)]))
            time.sleep(_LOOK_EVERY_S)

    def _refuse_own_project(self) -> None:
        """See that nothing has the name of the project: Compose would take it for what it is to bring up."""
        of_project = {"label": f"{naming.PROJECT}={self.spec.name}"}
        with api_errors("the Docker engine does not list what is there"):
            there = [one["Names"][0].lstrip("/") for one in self.client.api.containers(all=True, filters=of_project)]
            there += [f"network {one['Name']}" for one in self.client.api.networks(filters=of_project)]
        if there:
            raise LabError(
                f"the Compose project {self.spec.name} is on this engine already ({', '.join(sorted(there))})",
                remedy=f"Act on it as it is, with --attach {self.spec.name}, or take it down before: "
                f"docker compose -p {self.spec.name} down.",
            )

    def _is_missing(self, image: str) -> bool:
        return image.startswith(_OURS) and images.labels(self.client, image) is None

    def _busy(self, in_the_way: tuple[subnets.Holder, ...]) -> LabError:
        said = f"lab {self.spec.name} needs what the Docker engine has given: {', '.join(map(str, in_the_way))}"
        runs = [holder.run for holder in in_the_way if holder.run]
        if not runs:
            return LabError(said, remedy=f"Remove it: docker network rm {in_the_way[0].network}")
        return LabBusy(said, remedy=f"Take it down: chaoskit lab down {runs[0]}, or chaoskit sweep if nobody keeps it.")

    def _compose(self, *arguments: str) -> int | None:
        return self.compose.call(*arguments, timeout=max(0.1, self.deadline - time.monotonic()))

    def _failed(self, status: int | None) -> LabError:
        """Why Compose gave up: a host that did not come up, rather than Compose's own words."""
        if subnets.OVERLAPS in self.compose.log.read_text(errors="replace"):
            return self._busy(subnets.holders(self.client, self.spec.topology))
        for host in self.spec.hosts:
            if error := self._end_of(host):
                return error
        unready = [host for host in self.spec.hosts if host.healthcheck and not self._is_ready(host)]
        said = [*map(self._complaint, unready), self.compose.said()]
        if status is None:
            return NotReady("\n".join(["the lab is not ready in time:", *said]))
        return LabError("\n".join([f"docker compose could not bring up lab {self.spec.name}:", *said]))

    def _is_ready(self, host: HostSpec) -> bool:
        """Whether a host needs not be waited for any more.

        Raises:
            LabError: it ended though it should run.
        """
        if error := self._end_of(host):
            raise error
        status = self.hosts[host.name].status()
        if status.state is HostState.EXITED:
            return not self.hosts[host.name].restart_due
        return status.state is HostState.RUNNING and (host.healthcheck is None or status.healthy is True)

    def _end_of(self, host: HostSpec) -> LabError | None:
        status = self.hosts[host.name].status()
        if status.state is not HostState.EXITED or not status.exit_code or self.hosts[host.name].restart_due:
            return None
        said = f"{host.where}: host {host.name} ended with exit code {status.exit_code}"
        return LabError(f"{said}\n{tail(self.logs(host.name))}")

    def _complaint(self, host: HostSpec) -> str:
        status = self.hosts[host.name].status()
        why = "waits for its dependencies"
        if status.pid is not None:
            why = f"is not healthy {self._checked(host.name)}".rstrip()
        return f"{host.where}: host {host.name} {why}\n{tail(self.logs(host.name))}"

    def _checked(self, host: str) -> str:
        """What the last healthcheck wrote."""
        with api_errors(f"the Docker engine does not say how {host} is"):
            state: dict[str, Any] = self.client.api.inspect_container(self.hosts[host].container)["State"]
        log = (state.get("Health") or {}).get("Log") or []
        return str(log[-1]["Output"]).strip() if log else ""

    def _has_replicas(self) -> bool:
        return any(len(hosts) > 1 for hosts in naming.by_service(self.spec.topology).values())

    def _address_replicas(self) -> None:
        """Give each replica its own addresses, which a Compose file cannot say; it is not started yet."""
        names = {name: self._network(name) for name in (network.name for network in self.spec.topology.networks)}
        for hosts in naming.by_service(self.spec.topology).values():
            for info in hosts if len(hosts) > 1 else ():
                with api_errors(f"host {info.name} cannot be given its addresses"):
                    self._connect(info.name, names)

    def _network(self, name: str) -> str:
        with api_errors("the Docker engine does not list its networks"):
            labels = [f"{naming.RUN}={self.compose.run}", f"com.docker.compose.network={name}"]
            return str(self.client.api.networks(filters={"label": labels})[0]["Id"])

    def _connect(self, host: str, networks: Mapping[str, str]) -> None:
        api, container = self.client.api, self.hosts[host].container
        for link in self.hosts[host].info.links:
            api.disconnect_container_from_network(container, networks[link.network])
            api.connect_container_to_network(
                container, networks[link.network], ipv4_address=link.address, aliases=[host, *link.aliases]
            )
