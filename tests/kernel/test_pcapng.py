"""Capture files, as other people's programs read them."""

import io
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.utils import PcapNgReader

from chaoskit.kernel import pcapng

INTERFACES = [pcapng.Interface("eth0", "isp on public"), pcapng.Interface("eth1", "isp on partner-line")]
UTC = 1_790_000_000_123_456_789


def written(packets: list[tuple[int, int, bytes]], expression: str = "") -> bytes:
    """A file with these packets."""
    file = io.BytesIO(pcapng.header(INTERFACES, expression))
    file.seek(0, io.SEEK_END)
    for interface, utc, data in packets:
        pcapng.write_packet(file, interface, utc, data)
    return file.getvalue()


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 2**62), st.binary(min_size=14, max_size=80)), min_size=1, max_size=5
    ),
    st.sampled_from(["", "tcp", "udp port 53"]),
)
def test_scapy_reads_every_packet_back(packets: list[tuple[int, int, bytes]], expression: str) -> None:
    """Bytes and interface as written, the time to the nanosecond."""
    reader = PcapNgReader(io.BytesIO(written(packets, expression)))
    read = list(reader)
    assert [bytes(packet.original) for packet in read] == [data for _, _, data in packets]
    assert [int(packet.time * 10**9) for packet in read] == [utc for _, utc, _ in packets]
    assert [packet.sniffed_on for packet in read] == [INTERFACES[interface].name for interface, _, _ in packets]


def test_tcpdump_reads_it(tmp_path: Path) -> None:
    """With the UTC of the packet; an empty file is a file, too."""
    tcpdump = shutil.which("tcpdump", path="/usr/sbin:/usr/bin")
    if tcpdump is None:
        pytest.skip("tcpdump is not installed")
    frame = bytes.fromhex("0242c6121202 0242c6121201 0806 0001 0800 06 04 0001".replace(" ", ""))
    frame += bytes.fromhex("0242c6121201 c6120101 000000000000 c6120102".replace(" ", ""))
    for packets, lines in ([], 0), ([(1, UTC, frame)], 1):
        (tmp_path / "x.pcapng").write_bytes(written(packets, "arp"))
        argv = [tcpdump, "-n", "-tt", "-r", str(tmp_path / "x.pcapng")]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) == lines
    assert done.stdout.startswith("1790000000.123456")
    assert "who-has 198.18.1.2 tell 198.18.1.1" in done.stdout
