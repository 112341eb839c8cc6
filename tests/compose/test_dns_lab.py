"""The dns lab on real daemons: who answers, before and after the death of a name server."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from signal import SIGHUP

import dns.exception
import dns.message
import dns.query
import dns.xfr
import dns.zone
import pytest

from chaoskit.core.lab import Lab
from chaoskit.kernel.namespaces import in_network
from chaoskit.labs.load import load_lab
from chaoskit.labs.native.lab import NativeLab
from tests.labs.native.build import up

pytestmark = pytest.mark.lab

CONF = Path(__file__).parents[2] / "compose" / "conf" / "dns"
PRIMARY, SECONDARY, RESOLVER = "198.18.0.53", "198.18.0.54", "198.18.0.20"
INSTANCES = {"198.18.0.81", "198.18.0.82", "198.18.0.83"}
STUB = 3.0
"""Seconds: longer than a resolver needs to leave a dead name server for the other."""

numbers = count()


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[NativeLab]:
    """The guarded lab, up."""
    with up(load_lab(Lab("dns")), tmp_path) as lab:
        yield lab


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[NativeLab]:
    """The twin, up."""
    with up(load_lab(Lab("dns").over("dns.one-name-server.yaml")), tmp_path) as lab:
        yield lab


def ask(lab: NativeLab, server: str, name: str, record: str = "A", timeout: float = STUB) -> dns.message.Message:
    """What client-1 is told by a server."""
    question = dns.message.make_query(name, record)
    said = in_network(lab.hosts["client-1"].netns(), partial(dns.query.udp, question, server, timeout=timeout))
    assert isinstance(said, dns.message.Message)
    return said


def told(answer: dns.message.Message) -> set[str]:
    """The records of an answer."""
    return {str(record) for rrset in answer.answer for record in rrset}


def fresh() -> str:
    """A name that nobody asked for before."""
    return f"t{next(numbers)}.shop.example.com"


def serial(lab: NativeLab, server: str) -> int:
    """The zone's serial number, by a name server."""
    (rrset,) = ask(lab, server, "example.com", "SOA").answer
    return int(rrset[0].serial)


def soon(holds: Callable[[], bool], within: float = 15.0) -> bool:
    """Whether it holds before the time is over, looking every 20 ms."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return False


def test_both_servers_and_both_resolvers_know_the_names(guarded: NativeLab) -> None:
    """The service's name, and any below it, by the servers with authority and by the resolvers without."""
    for server in (PRIMARY, SECONDARY, RESOLVER, "198.18.0.21"):
        for name in ("shop.example.com", fresh()):
            assert told(ask(guarded, server, name)) == INSTANCES, (server, name)
    assert serial(guarded, PRIMARY) == serial(guarded, SECONDARY)


def test_the_zone_was_transferred_and_signed(guarded: NativeLab) -> None:
    """By BIND's own account, to the secondary's address and with the key."""
    log = guarded.logs("ns-1").read_text()
    assert "198.18.0.54#" in log
    assert "/key transfer (example.com): transfer of 'example.com/IN': AXFR started: TSIG transfer" in log


def test_nobody_else_gets_the_zone(guarded: NativeLab) -> None:
    """A client without the key is refused by both servers."""
    for server in (PRIMARY, SECONDARY):
        fetch = partial(dns.query.inbound_xfr, server, dns.zone.Zone("example.com"), lifetime=5)
        with pytest.raises(dns.xfr.TransferError, match=r"REFUSED|NOTAUTH"):
            in_network(guarded.hosts["client-1"].netns(), fetch)


def test_a_change_reaches_the_secondary_within_seconds(tmp_path: Path) -> None:
    """The primary reads a changed file and notifies after 5 s (`notify-delay`); `refresh` would take an hour."""
    overlay = tmp_path / "writable.yaml"
    files = ("named.conf:ro", "transfer.key:ro", "example.com.zone:rw")
    volumes = [f"{CONF / name}:/etc/bind/{name}:{mode}" for name, _, mode in (file.partition(":") for file in files)]
    overlay.write_text(
        "services:\n  ns-1:\n    volumes: !override\n" + "".join(f"      - {each}\n" for each in volumes)
    )
    with up(load_lab(Lab("dns").over(str(overlay))), tmp_path / "run") as lab:
        before = serial(lab, SECONDARY)
        change = f"{{ sed s/{before}/{before + 1}/; echo new 60 IN A 198.18.0.81; }} <$0 >/tmp/new && cat /tmp/new >$0"
        done = lab.hosts["ns-1"].run(["sh", "-c", change, "/etc/bind/example.com.zone"], timeout=5)
        assert done.exit_code == 0, done.stderr
        lab.hosts["ns-1"].kill(SIGHUP)
        assert soon(lambda: serial(lab, SECONDARY) == before + 1)
        assert told(ask(lab, SECONDARY, "new.example.com")) == {"198.18.0.81"}


def test_names_resolve_without_the_primary_and_the_secondary_keeps_the_zone(guarded: NativeLab) -> None:
    """Every one of 50 new names, each within the time that a stub resolver waits."""
    before = serial(guarded, SECONDARY)
    assert told(ask(guarded, RESOLVER, fresh())) == INSTANCES
    guarded.hosts["ns-1"].power_off()
    for _ in range(50):
        assert told(ask(guarded, RESOLVER, fresh())) == INSTANCES
    assert serial(guarded, SECONDARY) == before


def test_with_one_server_named_its_death_hides_behind_the_cache_alone(twin: NativeLab) -> None:
    """A new name gets no answer though the secondary has it; the one that was asked for lives on its TTL."""
    assert told(ask(twin, RESOLVER, "shop.example.com")) == INSTANCES
    twin.hosts["ns-1"].power_off()
    with pytest.raises(dns.exception.Timeout):
        ask(twin, RESOLVER, fresh(), timeout=1.0)
    remembered = ask(twin, RESOLVER, "shop.example.com")
    assert told(remembered) == INSTANCES
    assert remembered.answer[0].ttl < 12
    assert told(ask(twin, SECONDARY, fresh())) == INSTANCES
