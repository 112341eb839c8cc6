"""A server of this machine's own to measure the load generator against: nginx, or where there is none a small one."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.engine.doctor import small_server
from chaoskit.kernel import syscalls

_START = 5.0
_SYSTEM = "/usr/local/sbin:/usr/sbin:/sbin"

_NGINX = """master_process off; daemon off; pid {folder}/pid; error_log stderr crit;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 "hello, world!\\n"; }} }}
}}
"""
"""One process, as one generator is one: nothing of it is left when it is killed with its parent."""


@dataclass(frozen=True)
class Answering:
    """A server that is up on 127.0.0.1.

    Attributes:
        name: `nginx`, or what stands in for it.
    """

    name: str
    port: int
    pid: int


@contextmanager
def answering() -> Iterator[Answering]:
    """Run one until the end of the block; it dies with this process, whatever that dies of.

    Raises:
        LabError: it does not come up.
    """
    nginx = shutil.which("nginx") or shutil.which("nginx", path=_SYSTEM)
    with tempfile.TemporaryDirectory(prefix="chaoskit-calibrate-") as name:
        folder, port = Path(name), _free_port()
        argv = _nginx(nginx, folder, port) if nginx else [sys.executable, small_server.__file__, str(port)]
        log = folder / "log"
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                preexec_fn=syscalls.die_with_parent,  # noqa: PLW1509  one system call, safe after fork
            )
        try:
            _await(process, port, log)
            yield Answering("nginx" if nginx else "a small server of chaoskit's own", port, process.pid)
        finally:
            process.kill()
            process.wait()


def _nginx(program: str, folder: Path, port: int) -> list[str]:
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port), encoding="utf-8")
    return [program, "-p", str(folder), "-c", str(config)]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    said = log.read_text(encoding="utf-8", errors="replace").strip()
    raise LabError(f"the server to measure against did not come up on 127.0.0.1:{port}: {said or 'it said nothing'}")
