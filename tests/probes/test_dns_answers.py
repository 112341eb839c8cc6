"""`dns_answers` against real resolvers."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.probe import Reader
from chaoskit.probes.dns_answers import dns_answers
from tests.probes.daemons import answers, daemon, observed, opened, written
from tests.wire import Wire, until, wired

pytestmark = pytest.mark.lab

MANY = [f"198.18.7.{i}" for i in range(1, 101)]

UNBOUND = """
server:
  directory: "/"
  chroot: ""
  username: ""
  pidfile: ""
  do-daemonize: no
  use-syslog: no
  interface: 0.0.0.0
  access-control: 198.18.0.0/16 allow
  module-config: "iterator"
  local-zone: "example.org." static
  local-data: "www.example.org. 30 A 198.18.5.2"
  local-data: "www.example.org. 30 A 198.18.5.1"
  local-data: "www.example.org. 30 AAAA 2001:db8::1"
  {many}
forward-zone:
  name: "example.com."
  forward-addr: 198.18.1.2
remote-control:
  control-enable: no
"""


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    """A host with Unbound, which answers example.org itself and forwards example.com to 198.18.1.2."""
    many = "\n  ".join(f'local-data: "many.example.org. 30 A {address}"' for address in MANY)
    config = written(tmp_path, "unbound.conf", UNBOUND.format(many=many))
    with wired("resolver", "authority") as hosts, daemon(hosts, "resolver", ["unbound", "-d", "-c", config]):
        assert until(answers(_reader(hosts, "www.example.org"), lambda said: said["rcode"] == "NOERROR"))
        yield hosts


def _reader(wire: Wire, name: str, record: str = "A", timeout: float = 2.0) -> Reader:
    return opened(wire, dns_answers(name, record), observed(wire, "resolver", timeout=timeout))


@pytest.mark.parametrize(
    ("name", "record", "expected"),
    [
        ("www.example.org", "A", {"addresses": ["198.18.5.1", "198.18.5.2"], "ttl": 30, "rcode": "NOERROR"}),
        ("www.example.org", "AAAA", {"addresses": ["2001:db8::1"], "ttl": 30, "rcode": "NOERROR"}),
        ("www.example.org", "MX", {"addresses": [], "ttl": None, "rcode": "NOERROR"}),
        ("none.example.org", "A", {"addresses": [], "ttl": None, "rcode": "NXDOMAIN"}),
        ("many.example.org", "A", {"addresses": sorted(MANY), "ttl": 30, "rcode": "NOERROR"}),
    ],
)
def test_an_answer_is_read_whole(wire: Wire, name: str, record: str, expected: object) -> None:
    """Sorted, with TTL and response code; 100 addresses do not fit in UDP and come over TCP."""
    assert _reader(wire, name, record)() == expected


def test_the_answer_comes_through_the_cache_as_a_clients_does(wire: Wire) -> None:
    """The TTL counts down, and with its authority gone the answer is still given: nothing asks past the resolver."""
    read = _reader(wire, "www.example.com")
    upstream = [
        "--no-daemon",
        "--no-resolv",
        "--no-hosts",
        "--listen-address=198.18.1.2",
        "--bind-interfaces",
        "--conf-file=",
    ]
    zone = ["--pid-file=", "--user=root", "--address=/example.com/198.18.5.9", "--local-ttl=60"]
    with daemon(wire, "authority", ["dnsmasq", *upstream, *zone]):
        assert until(answers(read, lambda said: said["addresses"] == ["198.18.5.9"]), 15)
    assert until(answers(read, lambda said: isinstance(said["ttl"], int) and said["ttl"] < 60))
    said = read()
    assert (said["addresses"], said["rcode"]) == (["198.18.5.9"], "NOERROR")


def test_a_resolver_that_hangs_is_a_timeout_and_its_late_answer_is_not_taken_for_the_next(tmp_path: Path) -> None:
    """Thawed, it first answers the question nobody waits for any more; the next reading is its own all the same."""
    config = written(tmp_path, "unbound.conf", UNBOUND.format(many=""))
    with wired("resolver") as wire, daemon(wire, "resolver", ["unbound", "-d", "-c", config]) as unbound:
        host = observed(wire, "resolver", timeout=0.3)
        read = opened(wire, dns_answers("www.example.org"), host)
        assert until(answers(read, lambda said: said["rcode"] == "NOERROR"))
        unbound.send_signal(signal.SIGSTOP)
        for _ in range(2):
            with pytest.raises(TimeoutError, match=r"198\.18\.1\.1 did not answer within 0\.3 s"):
                read()
        unbound.send_signal(signal.SIGCONT)
        assert until(answers(read, lambda said: said["addresses"] == ["198.18.5.1", "198.18.5.2"]))


def test_a_host_without_a_resolver_refuses_at_once() -> None:
    """The kernel says that nobody listens: an error, long before the timeout."""
    with wired("resolver") as wire, pytest.raises(ConnectionRefusedError):
        _reader(wire, "www.example.org", timeout=60)()


def test_a_record_type_that_does_not_exist_is_a_usage_error(wire: Wire) -> None:
    """The nearest type is named."""
    with pytest.raises(UsageError, match=r"no DNS record type 'AAAAA'[\s\S]*Did you mean 'AAAA'"):
        _reader(wire, "www.example.org", "AAAAA")


def test_a_network_that_the_host_is_not_on_is_a_usage_error(wire: Wire) -> None:
    """Its networks are listed."""
    probe = dns_answers("www.example.org", network="core")
    with pytest.raises(UsageError, match=r"resolver has no address on network core[\s\S]*edge"):
        opened(wire, probe, observed(wire, "resolver"))
