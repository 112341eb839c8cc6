"""A real nginx on loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port

CONFIG = """{user}worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{
  log_format source $remote_addr; access_log {log};
  keepalive_requests 1000000000; gzip on; gzip_types text/plain; gzip_min_length 0;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{
    listen {address}:{port} backlog=4096;
    default_type text/plain;
    add_header X-Instance web-1 always;
    location / {{ return 200 "hello, world!\\n"; }}
    location /missing {{ return 404; }}
    location /broken {{ return 500; }}
    location /busy {{ return 503; }}
    location /files/ {{ alias {folder}/files/; }}
  }}
  {more}
}}
"""


@dataclass(frozen=True)
class Nginx:
    """A server that is up: its port, and its processes (master first)."""

    port: int
    pids: tuple[int, ...]


@contextmanager
def nginx(
    folder: Path,
    *,
    prefix: Sequence[str] = (),
    address: str = "127.0.0.1",
    port: int | None = None,
    log: str | None = None,
    more: str = "",
) -> Iterator[Nginx]:
    """Run nginx until the end of the block.

    Args:
        folder: for its configuration and what it writes.
        prefix: a command that runs it, such as taskset.
        address: to listen on.
        port: to listen on; a free one unless given.
        log: a file that gets the address of whoever sent a request, a line each.
        more: further servers.
    """
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    port = port or free_port()
    (folder / "files").mkdir(exist_ok=True)
    config = folder / "nginx.conf"
    user = "user root; " if os.geteuid() == 0 else ""
    access = f"{log} source" if log else "off"
    config.write_text(CONFIG.format(user=user, folder=folder, address=address, port=port, log=access, more=more))
    process = subprocess.Popen([*prefix, program, "-p", str(folder), "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        if not prefix or prefix[0] in ("taskset", "nice"):
            await_port(address, port)
        yield Nginx(port, (process.pid, *children(process.pid)))
    finally:
        process.terminate()
        process.wait(5)


def children(pid: int) -> list[int]:
    """The processes a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def await_port(address: str, port: int) -> None:
    """Wait until somebody listens, for 10 s at most."""
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection((address, port), 1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, "nobody came up to listen"
            time.sleep(0.01)
