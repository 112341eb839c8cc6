"""Where load may go."""

import pytest

from chaoskit.loads.targets import TargetRefused, Targets, literal


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("127.0.0.1", True),
        ("127.255.0.9", True),
        ("::1", True),
        ("198.18.3.9", True),
        ("198.18.4.1", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("255.255.255.255", False),
        ("169.254.169.254", False),
        ("::ffff:10.0.0.1", False),
    ],
)
def test_lab_and_loopback_only(address: str, allowed: bool) -> None:
    """Addresses of the lab's networks and loopback are allowed, all others are refused, unless anything goes."""
    targets = Targets(["198.18.3.0/24"])
    assert targets.allows(address) is allowed
    assert Targets([], anything=True).allows(address)
    if not allowed:
        with pytest.raises(TargetRefused, match="outside the lab"):
            targets.require(address, "load shop")


@pytest.mark.parametrize(("host", "found"), [("198.18.0.1", "198.18.0.1"), ("::1", "::1"), ("a.example", None)])
def test_literal_addresses(host: str, found: str | None) -> None:
    """An address is told from a name."""
    assert literal(host) == found
