"""Filter expressions, against what tcpdump makes of them."""

import shutil
import struct
import subprocess

import pytest

from chaoskit.core.errors import MissingTool, UsageError
from chaoskit.kernel import bpf

needs_libpcap = pytest.mark.skipif(not bpf.is_here(), reason=f"libpcap is not installed: apt-get install {bpf.PACKAGE}")


@needs_libpcap
@pytest.mark.parametrize(
    "expression",
    ["", "tcp port 8080", "host 198.18.84.10 and tcp port 8080", "net 198.18.81.0/24 and not arp", "udp[8] == 4"],
)
def test_an_expression_becomes_the_program_that_tcpdump_compiles(expression: str) -> None:
    """Instruction by instruction: `tcpdump -ddd` prints their number, then code, jumps and operand."""
    tcpdump = shutil.which("tcpdump", path="/usr/sbin:/usr/bin")
    if tcpdump is None:
        pytest.skip("tcpdump is not installed")
    argv = [tcpdump, "-ddd", "-y", "EN10MB", *expression.split()]
    number, *lines = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()
    expected = [tuple(map(int, line.split())) for line in lines]
    assert len(expected) == int(number)
    assert list(struct.iter_unpack("=HBBI", bpf.compiled(expression))) == expected


@needs_libpcap
def test_what_is_no_expression_is_a_usage_error_in_libpcaps_words() -> None:
    """It names the expression and the page to read."""
    with pytest.raises(UsageError, match=r"'tcp prt 80' is no packet filter: .*syntax error") as error:
        bpf.compiled("tcp prt 80")
    assert "pcap-filter(7)" in str(error.value)


def test_a_machine_without_the_library_is_told_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the library is called there."""
    monkeypatch.setattr(bpf, "_NAMES", ("libpcap.so.none",))
    monkeypatch.setattr("ctypes.util.find_library", lambda _name: None)
    bpf._library.cache_clear()
    assert not bpf.is_here()
    with pytest.raises(MissingTool, match="this machine has no libpcap") as error:
        bpf.compiled("tcp")
    assert error.value.remedy.endswith(bpf.PACKAGE)
    bpf._library.cache_clear()
