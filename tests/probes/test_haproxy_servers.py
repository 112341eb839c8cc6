"""`haproxy_servers` against a real HAProxy, by its UNIX socket inside the host and by TCP."""

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.host import HostState, Status
from chaoskit.probes.haproxy_servers import haproxy_servers, parse
from tests.probes.daemons import Observed, answers, daemon, observed, opened, written
from tests.wire import Wire, until, wired

HAPROXY = """
global
  stats socket /run/admin.sock mode 600 level user
  stats socket ipv4@127.0.0.1:9999 level user
defaults
  mode tcp
  timeout connect 1s
  timeout client 5s
  timeout server 5s
listen living
  bind 127.0.0.1:8001
backend web
  option tcp-check
  server alive 127.0.0.1:8001 check inter 100 fall 1 rise 1
  server dead 127.0.0.1:8002 check inter 100 fall 1 rise 1
  server parked 127.0.0.1:8001 check disabled
  server unwatched 127.0.0.1:8001
"""

EXPECTED = {"web/alive": "UP", "web/dead": "DOWN", "web/parked": "MAINT", "web/unwatched": "no check"}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("UP", "UP"),
        ("UP 1/3", "UP"),
        ("DOWN", "DOWN"),
        ("DOWN 2/4", "DOWN"),
        ("DOWN (agent)", "DOWN"),
        ("MAINT (via web/a)", "MAINT"),
        ("MAINT (resolution)", "MAINT"),
        ("DRAIN", "DRAIN"),
        ("NOLB 1/2", "NOLB"),
        ("no check", "no check"),
        ("SOMETHING NEW", "SOMETHING NEW"),
    ],
)
def test_a_server_on_its_way_has_the_state_it_is_leaving(status: str, state: str) -> None:
    """HAProxy adds how many checks are still to come, and why."""
    assert parse(f"# pxname,svname,status,\nweb,a,{status},\n\n") == {"web/a": state}


def test_an_answer_that_is_no_statistics_is_an_error_that_quotes_it() -> None:
    """For example of a socket without the right level."""
    with pytest.raises(OSError, match="Permission denied"):
        parse("Permission denied\n")


def test_an_answer_that_breaks_off_is_an_error() -> None:
    """A daemon that is killed while it answers has not said that a server is up."""
    with pytest.raises(OSError, match="broke off"):
        parse("# pxname,svname,status,\nweb,a,UP,\nweb,b")


def test_a_name_that_is_no_socket_is_a_usage_error() -> None:
    """Neither a path nor ADDRESS:PORT."""
    with wired("lb") as wire, pytest.raises(UsageError, match="'admin' is no socket"):
        opened(wire, haproxy_servers("admin"), observed(wire, "lb"))


@dataclass(frozen=True)
class Balancer:
    """A host on which HAProxy runs."""

    wire: Wire
    process: subprocess.Popen[bytes]

    def host(self, timeout: float = 2.0) -> Observed:
        """As a probe sees it."""
        return observed(self.wire, "lb", timeout=timeout, pid=self.process.pid)


@pytest.fixture
def balancer(tmp_path: Path) -> Iterator[Balancer]:
    """HAProxy with a /run of its own, which only its mount namespace shows."""
    config = written(tmp_path, "haproxy.cfg", HAPROXY)
    private = ["sh", "-c", f"mount -t tmpfs tmpfs /run && exec haproxy -db -f {config}"]
    with wired("lb") as wire, daemon(wire, "lb", private) as process:
        balancer = Balancer(wire, process)
        read = opened(wire, haproxy_servers("/run/admin.sock"), balancer.host())
        assert until(answers(read, lambda said: said.get("web/dead") == "DOWN"))
        yield balancer


@pytest.mark.lab
@pytest.mark.parametrize("socket", ["/run/admin.sock", "127.0.0.1:9999"])
def test_every_server_has_the_state_haproxy_gives_it(balancer: Balancer, socket: str) -> None:
    """Checked and alive, checked and dead, disabled, not checked; by either socket."""
    assert not Path("/run/admin.sock").exists()
    assert opened(balancer.wire, haproxy_servers(socket), balancer.host())() == EXPECTED


@pytest.mark.lab
@pytest.mark.parametrize("socket", ["/run/admin.sock", "127.0.0.1:9999"])
def test_a_hanging_haproxy_is_a_timeout_and_is_read_again_when_it_goes_on(balancer: Balancer, socket: str) -> None:
    """The kernel accepts the connection, but nobody answers."""
    read = opened(balancer.wire, haproxy_servers(socket), balancer.host(timeout=0.3))
    balancer.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, balancer.process.pid, os.WSTOPPED)  # all of its threads: one that is awake would answer
    with pytest.raises(TimeoutError, match=f"HAProxy did not answer at {socket} within 0.3 s"):
        read()
    balancer.process.send_signal(signal.SIGCONT)
    assert until(answers(read, lambda said: said == EXPECTED))


@pytest.mark.lab
def test_a_dead_haproxy_is_an_error_by_either_socket(balancer: Balancer) -> None:
    """Whether the driver still has its pid or knows that there is none."""
    by_path, by_port = (
        opened(balancer.wire, haproxy_servers(socket), balancer.host())
        for socket in ("/run/admin.sock", "127.0.0.1:9999")
    )
    balancer.process.kill()
    balancer.process.wait()
    for read in (by_path, by_port):
        with pytest.raises(OSError):  # noqa: PT011  which one depends on how far the process is gone
            read()
    host = balancer.host()
    host.now = Status(HostState.EXITED)
    with pytest.raises(ConnectionRefusedError, match="lb has no process"):
        opened(balancer.wire, haproxy_servers("/run/admin.sock"), host)()
