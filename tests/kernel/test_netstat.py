"""Counters of a network namespace, as proc(5) has them."""

import pytest

from chaoskit.core.errors import LabError
from chaoskit.kernel.netstat import packets_sent, parse


def test_lines_come_in_pairs_of_names_and_values() -> None:
    """Names are prefixed by their table, as nstat(8) shows them; values may be negative."""
    text = "Tcp: RtoAlgorithm MaxConn\nTcp: 1 -1\nUdp: InErrors\nUdp: 7\n"
    assert dict(parse(text)) == {"TcpRtoAlgorithm": 1, "TcpMaxConn": -1, "UdpInErrors": 7}


def test_a_header_without_its_values_is_an_error() -> None:
    """Half a file is not read as if it were whole."""
    with pytest.raises(ValueError, match="zip"):
        dict(parse("Tcp: A B\nTcp: 1 2\nUdp: InErrors\n"))


def test_an_interface_that_is_not_there_has_no_counters() -> None:
    """Neither has one whose name is the head of the file."""
    for device in ("eth77", "face"):
        with pytest.raises(LabError, match=f"there is no interface {device}"):
            packets_sent(device)
