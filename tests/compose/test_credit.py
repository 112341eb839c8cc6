"""The routing lab's two services, as processes on loopback."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.wire import until

SERVICES = Path(__file__).parents[2] / "compose" / "services"


@contextlib.contextmanager
def serving(program: str, *, on: int = 0, **environment: str) -> Iterator[int]:
    """A service that listens, and its port."""
    port = on or free_port()
    everything = {**os.environ, **environment, "PORT": str(port)}
    with subprocess.Popen([sys.executable, "-S", SERVICES / program], env=everything) as process:
        try:
            assert until(lambda: ask(port, "/health")[0] == 200)
            yield port
        finally:
            process.kill()


def ask(port: int, path: str) -> tuple[int, bytes]:
    """Status and body; 0 while nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except ConnectionRefusedError:
        return 0, b""
    finally:
        connection.close()


@pytest.fixture
def partner() -> Iterator[int]:
    """The partner's port."""
    with serving("partner.py") as port:
        yield port


def test_a_callers_request_takes_a_customers_record_to_the_partner_and_its_answer_back(partner: int) -> None:
    """The partner rates the customer it was told about."""
    with serving("credit.py", PARTNER=f"http://127.0.0.1:{partner}/rate") as port:
        status, body = ask(port, "/customers/7")
        assert (status, json.loads(body)) == (200, {"customer": "7", "rating": "A"})
        assert ask(port, "/elsewhere")[0] == 404


def test_a_kept_connection_that_broke_is_made_anew() -> None:
    """One call fails with it; the next one is answered."""
    own = free_port()
    with serving("credit.py", PARTNER=f"http://127.0.0.1:{own}/rate") as port:
        caller = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        said = []
        for _ in range(2):
            with serving("partner.py", on=own):
                said.append(status(caller))
            said.append(status(caller))
        caller.close()
    assert said == [200, 503, 200, 503]


def status(caller: http.client.HTTPConnection) -> int:
    """Of one request on a kept connection."""
    caller.request("GET", "/customers/7")
    response = caller.getresponse()
    response.read()
    return response.status


def test_a_partner_that_cannot_be_reached_is_503_at_once_and_the_service_is_well() -> None:
    """The reason is in the body; the service's health is its own."""
    with serving("credit.py", PARTNER=f"http://127.0.0.1:{free_port()}/rate") as port:
        status, body = ask(port, "/customers/7")
        assert status == 503
        assert b"Connection refused" in body
        assert ask(port, "/health") == (200, b"ok\n")


def test_a_partner_that_does_not_answer_is_503_when_the_patience_is_over() -> None:
    """It accepts, and is silent."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/rate"
        with serving("credit.py", PARTNER=address, PATIENCE="0.2") as port:
            began = time.monotonic()
            assert ask(port, "/customers/7")[0] == 503
            assert 0.2 <= time.monotonic() - began < 1.5
