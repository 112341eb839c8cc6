"""A lab on a Docker engine: hosts as containers, brought up by Docker Compose from the lab's own files."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import docker

from chaoskit.core.errors import LabError, LabGone
from chaoskit.core.host import Host
from chaoskit.core.topology import Topology
from chaoskit.kernel.identity import Identity
from chaoskit.labs.change import HostChange, Timings
from chaoskit.labs.docker import composing, copies, fence, firewall, naming, override, removal, ways_out
from chaoskit.labs.docker.bringup import Bringup
from chaoskit.labs.docker.composing import Compose
from chaoskit.labs.docker.engine import Engine, about, check_local, engine
from chaoskit.labs.docker.host import DockerHost
from chaoskit.labs.docker.logs import Logs
from chaoskit.labs.docker.poller import Poller
from chaoskit.labs.docker.standins import StandIns
from chaoskit.labs.docker.sysctls import of_containers, prepare
from chaoskit.labs.docker.watch import Watch
from chaoskit.labs.spec import LabSpec

_TAKES_MACS = (1, 44)


class DockerLab:
    """A running lab (`chaoskit.labs.drivers.DriverLab`).

    Args:
        spec: what the Compose files ask for.
        directory: gets `logs/HOST.log`, `logs/compose.log`, and in `docker/` what is merged over the lab's files.
        run_id: marks what the lab makes, by a label and in the firewall's rules.
        notify: called at every turn of a host's life, on threads of the lab; it must not block.
    """

    def __init__(self, spec: LabSpec, directory: Path, *, run_id: str, notify: Callable[[HostChange], None]) -> None:
        self._spec = spec
        self._directory = directory.resolve()
        self._run = run_id
        self._notify = notify
        self._hosts: dict[str, DockerHost] = {}
        self._instances = naming.by_service(spec.topology)
        self._held = contextlib.ExitStack()
        self._client: docker.DockerClient | None = None
        self._engine: Engine | None = None
        self._logs: Logs | None = None
        self._created = 0.0
        self._started = 0.0
        self._changing = threading.Lock()
        self._taken_down = False
        self._untouched = False
        self._compose = self._new_compose()

    @property
    def topology(self) -> Topology:
        """What the lab consists of."""
        return self._spec.topology

    @property
    def hosts(self) -> Mapping[str, Host]:
        """Hosts by name; empty before `up`."""
        return self._hosts

    @property
    def outlives_keeper(self) -> bool:
        """Yes: the containers are the engine's."""
        return True

    def logs(self, host: str) -> Path:
        """What the host's daemon wrote to stdout and stderr, up to now."""
        path = self._directory / "logs" / f"{host}.log"
        if self._logs is not None:
            self._logs.look()
        return path

    def identities(self) -> Sequence[tuple[str, Identity]]:
        """None: no process holds the lab, and those in it are told by `left` as long as their containers are there."""
        return ()

    def cgroups(self) -> Sequence[Path]:
        """None that are not the engine's."""
        return ()

    def up(self, timeout_s: float) -> Timings:
        """Bring everything up.

        Raises:
            MissingTool: there is no engine, no Compose, or not an image; nothing was created.
            LabBusy: another run has the lab's subnets; nothing is left.
            LabError: a host did not come up; the message has the end of its log. Nothing is left.
        """
        began = time.monotonic()
        self._taken_down, self._untouched = False, True
        self._compose = self._new_compose()
        try:
            bringup = self._prepare(began + timeout_s)
            bringup.start()
            bringup.verify()
            bringup.wait_ready()
        except BaseException:
            self.down()
            raise
        return Timings(self._created - began, self._started - began, time.monotonic() - began)

    def take_over(self) -> None:
        """Hold the containers that another process brought up.

        Raises:
            LabGone: there are none any more.
            LabError: the engine does not answer.
        """
        with self._changing:
            client = self._connect()
            found = removal.containers(client, self._run)
            if not found:
                raise LabGone(f"nothing of lab {self._spec.name} ({self._run}) is there any more")
            self._hold(client)
        for container in found:
            host = self._find(container["Id"], container["Labels"])
            if host is not None:
                host.look()

    def left(self) -> Sequence[str]:
        """Containers, networks, volumes and firewall rules of the run."""
        if self._untouched:
            return ()
        with _connected() as client:
            return (*removal.left(client, self._run), *firewall.left(self._run), *fence.left(self._run))

    def down(self) -> None:
        """Take everything down, also while it comes up; doing it twice changes nothing more."""
        self._compose.end()
        with self._changing:
            self._taken_down = True
            try:
                if not self._untouched:
                    self._remove()
            finally:
                for host in self._hosts.values():
                    host.gone()
                self._held.close()
                self._client = self._logs = None

    def _new_compose(self) -> Compose:
        override_file = self._directory / "docker" / "compose.chaoskit.yaml"
        return Compose(self._spec, self._run, override_file, self._directory / "logs" / "compose.log")

    def _prepare(self, deadline: float) -> Bringup:
        """Make what `down` takes away again, all but the containers."""
        with self._changing:
            if self._taken_down:
                raise LabError("the lab was taken down while it came up")
            client = self._connect()
            assert self._engine is not None
            composing.plugin()
            bringup = Bringup(client, self._spec, self._hosts, self._compose, self.logs, deadline)
            bringup.check()
            if not self._spec.egress:
                copies.check(self._spec)
            self._write(self._engine)
            self._hold(client)
            self._untouched = False
            if not self._spec.egress:
                copies.make(self._spec, self._directory)
                bridges = [naming.bridge(self._run, each.name) for each in self.topology.networks]
                fence.put_up(self._run, bridges, self.topology.links)
                firewall.accept(self._run, bridges)
        return bringup

    def _remove(self) -> None:
        with _connected() as client:
            removal.remove(client, self._run)
        firewall.withdraw(self._run)
        fence.take_down(self._run)
        copies.remove(self._directory)

    def _connect(self) -> docker.DockerClient:
        client = self._client = engine()
        self._held.callback(client.close)
        self._engine = about(client)
        check_local(self._engine)
        return client

    def _hold(self, client: docker.DockerClient) -> None:
        """Begin to listen to what becomes of the hosts."""
        assert self._engine is not None
        poller = Poller("docker hosts")
        self._held.callback(poller.close)
        (self._directory / "logs").mkdir(parents=True, exist_ok=True)
        self._logs = Logs(self._directory / "logs", self._tell_of_cut)
        self._held.callback(self._logs.close)
        networks = None if self._spec.egress else self._stand_ins(poller)
        for info in self.topology.hosts:
            self._hosts[info.name] = DockerHost(client, info, self._tell, poller, networks)
        watch = Watch(client, (f"{naming.RUN}={self._run}",), self._find)
        self._held.callback(watch.close)
        watch.start()

    def _stand_ins(self, poller: Poller) -> StandIns:
        bridges = {network.name: naming.bridge(self._run, network.name) for network in self.topology.networks}
        own = {host.name: host.sysctls for host in self._spec.hosts}

        def furnish(host: str) -> None:
            prepare(own[host])
            ways_out.close(self.topology.by_address)

        made = StandIns(self.topology, bridges, self._run, poller, furnish)
        self._held.callback(made.close)
        return made

    def _write(self, known: Engine) -> None:
        wanted = override.Wanted(self._spec, self._run, self._directory, known.api >= _TAKES_MACS, of_containers())
        self._compose.override.parent.mkdir(parents=True, exist_ok=True)
        self._compose.override.write_text(override.text(wanted))
        for path, content in override.files(wanted).items():
            path.write_text(content)

    def _find(self, container: str, labels: Mapping[str, str]) -> DockerHost | None:
        """The host that a container is; one that was just made becomes it."""
        instances = self._instances.get(labels.get(naming.SERVICE, ""), ())
        number = int(labels.get(naming.NUMBER, 0))
        if not 1 <= number <= len(instances):
            return None
        host = self._hosts[instances[number - 1].name]
        if not host.container:
            self._created = time.monotonic()
            host.bind(container)
        return host if host.container == container else None

    def _tell(self, change: HostChange) -> None:
        if change.reason == "started":
            self._started = time.monotonic()
            self._follow(change.host)
        self._notify(change)

    def _follow(self, host: str) -> None:
        container = self._hosts[host].container
        if self._engine is not None and self._logs is not None:
            # Another log driver, which a lab that may reach outside may have, keeps no such file.
            with contextlib.suppress(FileNotFoundError):
                self._logs.follow(host, self._engine.root / "containers" / container / f"{container}-json.log")

    def _tell_of_cut(self, host: str) -> None:
        status = self._hosts[host].status()
        self._notify(HostChange(time.monotonic_ns(), host, status.state, status.pid, status.exit_code, "log cut"))


@contextlib.contextmanager
def _connected() -> Iterator[docker.DockerClient]:
    client = engine()
    try:
        yield client
    finally:
        client.close()
