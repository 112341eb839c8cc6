"""The lab's web instance, as a process on loopback."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ports import free_port

WEB = Path(__file__).parents[2] / "compose" / "services" / "web.py"


@pytest.fixture
def port() -> int:
    """Of the service."""
    return free_port()


@pytest.fixture
def web(port: int) -> Iterator[subprocess.Popen[str]]:
    """A running instance; its first line says that it listens."""
    environment = {**os.environ, "INSTANCE": "web-eu-1", "REGION": "eu", "PORT": str(port), "BACKLOG": "7"}
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, WEB], env=environment, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout
        assert "listen queue 7" in process.stdout.readline()
        yield process
        process.kill()


def connected(port: int) -> http.client.HTTPConnection:
    """A connection to the instance."""
    return http.client.HTTPConnection("127.0.0.1", port, timeout=5)


def answer(connection: http.client.HTTPConnection, path: str, method: str = "GET") -> tuple[int, str | None, bytes]:
    """Status, X-Instance and body of one request."""
    connection.request(method, path)
    response = connection.getresponse()
    return response.status, response.getheader("X-Instance"), response.read()


@pytest.mark.usefixtures("web")
def test_every_answer_names_the_instance_and_the_connection_is_kept(port: int) -> None:
    """One connection serves page, health, an unknown path and a HEAD; each says which instance answered."""
    connection = connected(port)
    status, name, body = answer(connection, "/?q=1")
    assert (status, name, json.loads(body)) == (200, "web-eu-1", {"instance": "web-eu-1", "region": "eu"})
    kept = connection.sock
    assert answer(connection, "/health") == (200, "web-eu-1", b"ok\n")
    assert answer(connection, "/nowhere") == (404, "web-eu-1", b"")
    assert answer(connection, "/", "HEAD") == (200, "web-eu-1", b"")
    assert connection.sock is kept
    connection.close()


@pytest.mark.usefixtures("web")
def test_the_listen_queue_is_as_long_as_it_was_told(port: int) -> None:
    """The kernel shows the backlog as the send queue of a listening socket (ss(8), proc(5))."""
    shown = subprocess.run(["ss", "-Hltn", f"sport = :{port}"], capture_output=True, text=True, check=True).stdout
    assert shown.split()[2] == "7"


def test_a_stop_does_not_wait_for_idle_connections(web: subprocess.Popen[str], port: int) -> None:
    """SIGTERM with an idle kept connection ends the process at once, with 0, and closes the connection."""
    connection = connected(port)
    answer(connection, "/")
    started = time.monotonic()
    web.send_signal(signal.SIGTERM)
    assert web.wait(timeout=5) == 0
    assert time.monotonic() - started < 2
    assert connection.sock.recv(1) == b""
    connection.close()


def test_a_stop_accepts_no_more(web: subprocess.Popen[str], port: int) -> None:
    """After SIGTERM a new connection is refused."""
    web.send_signal(signal.SIGTERM)
    web.wait(timeout=5)
    with pytest.raises(ConnectionRefusedError):
        answer(connected(port), "/")


def test_a_peer_that_resets_leaves_no_traceback(web: subprocess.Popen[str], port: int) -> None:
    """A reset in the middle of a request is the end of that connection, not an error of the server."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection = connected(port)
    assert answer(connection, "/health")[0] == 200
    connection.close()
    web.terminate()
    assert web.communicate(timeout=5)[1] == ""


@pytest.mark.usefixtures("web")
def test_a_stream_comes_line_by_line(port: int) -> None:
    """The headers come at once, the last of its ten lines a second later: one can be in the middle of it."""
    connection = connected(port)
    started = time.monotonic()
    connection.request("GET", "/stream")
    response = connection.getresponse()
    assert time.monotonic() - started < 0.5
    assert response.readline() == b"one of ten\n"
    assert len(response.read().splitlines()) == 9
    assert time.monotonic() - started > 0.9
    connection.close()
