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


def test_a_way_out_is_taken_by_those_who_say_that_the_target_is_theirs() -> None:
    """A load that was written to leave its lab does so without a word where nothing can leave, else with it only."""
    assert Targets([], anything=True, owned=True).allows("203.0.113.1")
    with pytest.raises(TargetRefused, match=r"203\.0\.113\.1") as caught:
        Targets([], anything=True, owned=False).require("203.0.113.1", "load shop")
    assert "--i-own-the-target" in str(caught.value)
    assert "any_target" not in str(caught.value)
    with pytest.raises(TargetRefused) as caught:
        Targets([], owned=False).require("203.0.113.1", "load shop")
    assert "any_target=True" in str(caught.value)
    assert "--i-own-the-target" in str(caught.value)
    assert Targets([], anything=True, owned=False).allows("127.0.0.1")
