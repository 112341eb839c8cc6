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
    return ("sh", "-c", f"! {_line(net)} || {_configure(f'no network {net}')}")


def configured(net: IPv4Network, *, no: bool = False) -> Argv:
    """Whether the running configuration has the line, or has it not."""
    return _test(_line(net), no=no)


def advertised(net: IPv4Network, *, no: bool = False) -> Argv:
    """Whether a neighbour was sent the prefix, or none has it."""
    return _test(f"vtysh -c 'show bgp ipv4 unicast {net} json' | grep -q advertisedTo", no=no)


def _line(net: IPv4Network) -> str:
    return f"vtysh -c 'show running-config' | grep -qxF '  network {net}'"


def _configure(line: str) -> str:
    return f"vtysh -c 'configure terminal' -c 'router bgp' -c 'address-family ipv4 unicast' -c '{line}'"


def _test(command: str, *, no: bool) -> Argv:
    return ("sh", "-c", f"! {command}" if no else command)
