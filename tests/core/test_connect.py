import pytest

from chaoskit.core.connect import Close, TcpRequest, connect
from chaoskit.core.errors import UsageError
from chaoskit.core.units import NS


@pytest.mark.parametrize(
    ("target", "host", "port", "title"),
    [
        ("price.example.com:443", "price.example.com", 443, "tcp://price.example.com:443"),
        ("tcp://198.18.1.30:80", "198.18.1.30", 80, "tcp://198.18.1.30:80"),
        ("tcp://[::1]:80/", "::1", 80, "tcp://[::1]:80"),
        ("[fd00::1]:8080", "fd00::1", 8080, "tcp://[fd00::1]:8080"),
    ],
)
def test_a_target_is_a_host_and_a_port(target: str, host: str, port: int, title: str) -> None:
    """With or without its scheme; the title can be asked for again."""
    request = connect(target)
    assert (request.host, request.port, request.title, request.op) == (host, port, title, "connect")
    assert connect(title) == request


@pytest.mark.parametrize(
    "target",
    [
        "",
        "price",
        ":80",
        "a:0",
        "a:65536",
        "a:x",
        "http://a:80",
        "tcp://a:80/x",
        "tcp://a:80?x",
        "tcp://u@a:80",
        "[::1",
    ],
)
def test_what_cannot_be_connected_to_is_refused(target: str) -> None:
    """No host, no port, another scheme, or more than a connection has."""
    with pytest.raises(UsageError, match="is nothing to connect to"):
        connect(target)


def test_how_it_ends() -> None:
    """Reset at once unless told otherwise."""
    assert connect("a:1") == TcpRequest("a", 1, Close.RST, 0, None)
    assert connect("a:1", close="fin", hold="2s", within=0.5) == TcpRequest("a", 1, Close.FIN, 2 * NS, NS // 2)
    with pytest.raises(UsageError, match="cannot be closed by 'politely'"):
        connect("a:1", close="politely")
