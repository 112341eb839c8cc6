"""What is said to FRR's bgpd, by vtysh(1), to advertise a prefix and to see whether it is advertised.

`router bgp` without a number means the one BGP process there is (FRR's documentation of BGP).
"""

from __future__ import annotations

from ipaddress import IPv4Network

from chaoskit.core.errors import UsageError

Argv = tuple[str, ...]


def prefix(text: str) -> IPv4Network:
    """An IPv4 prefix.

    Raises:
        UsageError: it is none, or has bits beyond its length.
    """
    try:
        return IPv4Network(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no prefix: {error}", remedy="Write one such as 198.18.84.0/24.") from error


def network(net: IPv4Network) -> Argv:
    """Add the `network` line; adding it twice changes nothing."""
    return ("sh", "-c", _configure(f"network {net}"))


def no_network(net: IPv4Network) -> Argv:
    """Remove the `network` line; removing one that is not there is an error to FRR, and is not done."""
    return (
        "sh",
        "-c",
        f"{_read(_CONFIGURATION)}; case {_LINES} in {_line(net)}) {_configure(f'no network {net}')};; esac",
    )


def configured(net: IPv4Network, *, no: bool = False) -> Argv:
    """Whether the running configuration has the line, or has it not; a status of 2 is that nobody can say."""
    return _test(_CONFIGURATION, _line(net), no=no)


def advertised(net: IPv4Network, *, no: bool = False) -> Argv:
    """Whether a neighbour was sent the prefix, or none has it; a status of 2 is that nobody can say."""
    return _test(f"-c 'show bgp ipv4 unicast {net} json'", "*advertisedTo*", no=no)


_CONFIGURATION = "-c 'show bgp vrfs json' -c 'show running-config'"
"""vtysh shows the configuration of those daemons that answer: the first command fails where bgpd is not one of them."""
_LINES = '"$(echo; echo "$out"; echo .)"'
"""The output, with a line's end before its first line and after its last one."""


def _line(net: IPv4Network) -> str:
    return f"*'\n  network {net}\n'*"


def _configure(line: str) -> str:
    return f"vtysh -c 'configure terminal' -c 'router bgp' -c 'address-family ipv4 unicast' -c '{line}'"


def _read(commands: str) -> str:
    """Take the output first: in a pipe, a vtysh that fails would look like one that says nothing."""
    return f"out=$(vtysh {commands}) || exit 2"


def _test(commands: str, pattern: str, *, no: bool) -> Argv:
    found, lacking = (1, 0) if no else (0, 1)
    return ("sh", "-c", f"{_read(commands)}; case {_LINES} in {pattern}) exit {found};; *) exit {lacking};; esac")
