"""The registrar against a real etcd: what stands in the registry while an instance lives, ails and dies."""

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.ports import free_port
from tests.wire import until

pytestmark = pytest.mark.lab

SERVICES = Path(__file__).parents[2] / "compose" / "services"
TTL = 2

INSTANCE = """
import http.server, pathlib, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if pathlib.Path(sys.argv[2]).exists() else 200)
        self.end_headers()
    def log_message(self, *args):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
"""An instance that is sick while a file exists."""


class Registry:
    """A member of its own, which may be killed and started again with what it had."""

    def __init__(self, data: Path) -> None:
        self.url, self.peer = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
        self.data = data
        self.process: subprocess.Popen[bytes] | None = None
        spec = importlib.util.spec_from_file_location("etcd_gateway", SERVICES / "etcd_gateway.py")
        assert spec
        assert spec.loader
        self.gateway: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.gateway)

    def start(self) -> None:
        """Start it and wait until it answers."""
        urls = [f"--{what}-client-urls={self.url}" for what in ("listen", "advertise")]
        peers = [f"--{what}-peer-urls={self.peer}" for what in ("listen", "initial-advertise")]
        argv = ["etcd", "--data-dir", str(self.data), *urls, *peers, f"--initial-cluster=default={self.peer}"]
        self.process = subprocess.Popen(
            [*argv, "--unsafe-no-fsync"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert until(lambda: self.keys() is not None, 10)

    def kill(self) -> None:
        """End it without warning."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def client(self) -> Any:
        """The lab's own client of it."""
        return self.gateway.Etcd([self.url])

    def keys(self) -> dict[str, str] | None:
        """What instances have announced; None while the registry does not answer."""
        try:
            found: dict[str, str] = self.client().range("/pool/")[1]
        except self.gateway.Unavailable:
            return None
        return found


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Running."""
    registry = Registry(tmp_path_factory.mktemp("etcd") / "data")
    registry.start()
    yield registry
    registry.kill()


@pytest.fixture
def sick(tmp_path: Path) -> Path:
    """The file that makes the instance sick."""
    return tmp_path / "sick"


@pytest.fixture
def port() -> int:
    """The instance's port."""
    return free_port()


@pytest.fixture
def registrar(registry: Registry, port: int, sick: Path, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Running, with a healthy instance that is announced."""
    (tmp_path / "instance.py").write_text(INSTANCE)
    environment = {"ETCD_ENDPOINTS": registry.url, "INSTANCE": "web", "PORT": str(port), "LEASE_TTL": str(TTL)}
    argv = [sys.executable, "-S", SERVICES / "registrar.py"]
    instance = [sys.executable, "-S", tmp_path / "instance.py", str(port), str(sick)]
    with subprocess.Popen(
        [*argv, *instance], env={**os.environ, **environment}, stdout=subprocess.DEVNULL, process_group=0
    ) as process:
        try:
            assert until(announced(registry))
            yield process
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(3)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert until(lambda: registry.keys() == {}, TTL + 1)


def announced(registry: Registry) -> Callable[[], bool]:
    """Whether the instance stands in the registry."""
    return lambda: "/pool/web" in (registry.keys() or {})


def connects(port: int) -> bool:
    """Whether the instance accepts connections."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@pytest.mark.usefixtures("registrar")
def test_an_instance_is_announced_with_the_address_it_is_reached_at(registry: Registry, port: int) -> None:
    """The address is the one from which it speaks to the registry, and outlives many leases' time."""
    assert registry.keys() == {"/pool/web": f'{{"address": "127.0.0.1", "port": {port}}}'}
    assert not until(lambda: not announced(registry)(), TTL + 1.5), "the lease was not kept alive"


@pytest.mark.usefixtures("registrar")
def test_a_sick_instance_is_withdrawn_and_announced_again_when_it_is_well(registry: Registry, sick: Path) -> None:
    """It goes on running; its lease is given back, not left to run out."""
    sick.touch()
    assert until(lambda: registry.keys() == {}, TTL / 3 + 0.5)
    sick.unlink()
    assert until(announced(registry), 1)


def test_an_instance_that_dies_with_its_registrar_disappears_with_its_lease(
    registry: Registry, registrar: subprocess.Popen[bytes]
) -> None:
    """Nobody says goodbye: etcd ends the lease after its time, and half a second that it takes to look."""
    os.killpg(registrar.pid, signal.SIGKILL)
    assert announced(registry)()
    assert until(lambda: registry.keys() == {}, TTL + 0.5 + 0.5)


def test_a_termination_withdraws_the_instance_before_it_ends_it(
    registry: Registry, registrar: subprocess.Popen[bytes], port: int
) -> None:
    """The registrar exits with the status of the instance, which no longer listens."""
    registrar.terminate()
    assert until(lambda: registry.keys() == {}, 0.5)
    assert registrar.wait(5) == -signal.SIGTERM % 256
    assert not connects(port)


def test_an_instance_outlives_its_registry_and_is_announced_again(
    registry: Registry, registrar: subprocess.Popen[bytes], port: int
) -> None:
    """Without a registry it serves on; one that comes back without its data is told again."""
    registry.kill()
    assert not until(lambda: not connects(port), TTL / 3 + 0.5)
    shutil.rmtree(registry.data)
    registry.start()
    assert until(announced(registry), TTL / 3 + 1)
    assert registrar.poll() is None
