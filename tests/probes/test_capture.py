"""`capture` on interfaces of namespaces: what it counts, and the file it leaves."""

import subprocess
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from scapy.layers.inet import UDP
from scapy.utils import rdpcap

from chaoskit.core.errors import DefinitionError, UsageError
from chaoskit.core.probe import Closable, Probe, Reader
from chaoskit.core.step import Json
from chaoskit.kernel import bpf
from chaoskit.kernel.namespaces import in_network
from chaoskit.probes.capture import capture
from chaoskit.testing import host as host_of
from chaoskit.testing import topology_of
from tests.probes.daemons import Observed, observed
from tests.wire import Wire, wired

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not bpf.is_here(), reason=f"libpcap is not installed: apt-get install {bpf.PACKAGE}"),
]


def opened(wire: Wire, probe: Probe, host: Observed) -> Reader:
    """The reader, opened in the host's network; its sockets stay there."""
    return in_network(wire.networks[host.info.name], lambda: probe.open(host))


def closing_(read: Reader) -> closing[Closable]:
    """Closed when the block ends, as the engine does."""
    assert isinstance(read, Closable)
    return closing(read)


def told(read: Reader) -> Mapping[str, Json]:
    """A reading without the moment it began at."""
    return {key: value for key, value in read().items() if key != "since"}


def test_packets_count_from_the_opening_on_and_are_kept(tmp_path: Path) -> None:
    """Counts rise from reading to reading; the file has exactly the packets that were counted, at their UTC."""
    with wired("a", "b") as wire:
        host = replace(observed(wire, "a"), files=tmp_path / "leak")
        read = opened(wire, capture("udp port 9000", network="edge"), host)
        began = time.time()
        with closing_(read):
            wire.say("b", "a", "before the first reading")
            wire.say("b", "a", "2")
            assert told(read) == {"packets": 2, "bytes": 42 + 24 + 42 + 1, "dropped": 0, "kept": 2}
            wire.say("a", "b", "3")
            wire.ip("a", "neighbour flush dev eth0")  # ARP, which the filter does not let through
            assert told(read) == {"packets": 3, "bytes": 42 + 24 + 42 + 1 + 42 + 1, "dropped": 0, "kept": 3}
            packets = rdpcap(str(tmp_path / "leak" / "a.pcapng"))
    assert [bytes(packet[UDP].payload) for packet in packets] == [b"before the first reading", b"2", b"3"]
    assert all(began - 0.1 <= packet.time <= time.time() for packet in packets)


def test_a_file_that_is_full_keeps_no_more_and_everything_is_counted(tmp_path: Path) -> None:
    """What is not kept is told by the difference."""
    with wired("a", "b") as wire:
        host = replace(observed(wire, "a"), files=tmp_path)
        with closing_(read := opened(wire, capture("udp", keep=100), host)):
            for _ in range(3):
                wire.say("b", "a", "x" * 50)
            assert told(read) == {"packets": 3, "bytes": 3 * 92, "dropped": 0, "kept": 1}


def test_a_full_disk_ends_the_file_and_not_the_counting(tmp_path: Path) -> None:
    """It is said once, `kept` are those that are in the file for certain, and the probe closes like any other."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "full", str(tmp_path)], check=True)
    try:
        with wired("a", "b") as wire:
            host = replace(observed(wire, "a"), files=tmp_path)
            with closing_(read := opened(wire, capture("udp"), host)):
                wire.say("b", "a", "x" * 50)
                assert told(read) == {"packets": 1, "bytes": 92, "dropped": 0, "kept": 1}
                for _ in range(40):
                    wire.say("b", "a", "x" * 150)
                reading = dict(told(read))
                assert str(reading.pop("file_error")).endswith("could not be written: No space left on device")
                assert reading == {"packets": 41, "bytes": 92 + 40 * 192, "dropped": 0, "kept": 1}
                wire.say("b", "a", "x" * 50)
                assert told(read) == {"packets": 42, "bytes": 2 * 92 + 40 * 192, "dropped": 0, "kept": 1}
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_capture_that_begins_anew_says_so_and_spares_the_first_file(tmp_path: Path) -> None:
    """Of a host that came back with a new network."""
    with wired("a") as wire:
        host = replace(observed(wire, "a"), files=tmp_path)
        since = []
        for _ in range(2):
            with closing_(read := opened(wire, capture("udp"), host)):
                since.append(read()["since"])
    assert since[0] != since[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-2.pcapng", "a.pcapng"]


def test_without_a_folder_it_counts_only() -> None:
    """A reading for the moment leaves nothing behind."""
    with wired("a", "b") as wire, closing_(read := opened(wire, capture("udp"), observed(wire, "a"))):
        wire.say("b", "a", "1")
        assert told(read) == {"packets": 1, "bytes": 43, "dropped": 0, "kept": 0}


def test_an_unknown_network_is_a_usage_error_in_a_lab_as_well() -> None:
    """It is said at once, and nothing stays open."""
    with wired("a") as wire, pytest.raises(UsageError, match="a is on no network 'publik'"):
        opened(wire, capture("udp", network="publik"), observed(wire, "a"))


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("prot tcp", "is no packet filter"),
        ("host edge", "names 'edge', and names of a lab are unknown"),
        ("tcp and dst host web-1.example", "names 'web-1.example'"),
        ("src edge", "names 'edge'"),
    ],
)
def test_a_wrong_filter_is_refused_where_it_is_written(expression: str, said: str) -> None:
    """With file and line, before there is a lab."""
    with pytest.raises(DefinitionError, match=rf"test_capture.py:\d+: .*{said}"):
        capture(expression)


@pytest.mark.parametrize(
    "expression",
    ["", "host 198.18.84.10 and src port 8080", "ether src be:ef:00:00:00:01", "dst net 198.18.0.0/15", "host fe80::1"],
)
def test_addresses_of_any_kind_are_no_names(expression: str) -> None:
    """Nor are pcap's own words, and MAC and IPv6 addresses that begin with a letter."""
    assert capture(expression).arguments["filter"] == expression


def test_a_network_that_a_host_is_not_on_is_refused_by_the_plan() -> None:
    """With the place of the probe, and what networks there are."""
    (host,) = topology_of([host_of("web", "198.18.1.1")]).hosts
    capture("tcp").see_that_it_suits(host)
    with pytest.raises(DefinitionError, match=r"test_capture.py:\d+: capture: web is on no network 'frnt'") as refused:
        capture("tcp", network="frnt").see_that_it_suits(host)
    assert host.links[0].network in refused.value.remedy
