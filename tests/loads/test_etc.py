"""How a client host resolves names, read from its files."""

from __future__ import annotations

import pytest

from chaoskit.loads.etc import hosts_file, resolv_conf


@pytest.mark.parametrize(
    ("text", "servers", "options"),
    [
        ("nameserver 198.18.0.53\n", ("198.18.0.53",), ()),
        ("# nameserver 198.18.0.1\nnameserver 198.18.0.2 # why\n; x\n", ("198.18.0.2",), ()),
        ("nameserver 198.18.0.1\nnameserver 198.18.0.2\n", ("198.18.0.1", "198.18.0.2"), ()),
        ("options timeout:1 rotate\noptions attempts:2\n", (), ("timeout:1", "rotate", "attempts:2")),
        ("search example.com\n", (), ()),
        ("", (), ()),
    ],
)
def test_resolv_conf(text: str, servers: tuple[str, ...], options: tuple[str, ...]) -> None:
    """Name servers keep their order, comments are left out, options of several lines add up."""
    assert resolv_conf(text) == (servers, options)


def test_hosts_file_takes_the_first_line_of_a_name_and_leaves_ipv6_out() -> None:
    """As hosts(5): a name's first IPv4 line wins."""
    text = "127.0.0.1 localhost\n::1 localhost ip6-localhost\n198.18.0.9 web web-1 # one\n198.18.0.10 web\n"
    assert hosts_file(text) == {"localhost": "127.0.0.1", "web": "198.18.0.9", "web-1": "198.18.0.9"}
