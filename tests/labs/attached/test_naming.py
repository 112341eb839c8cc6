"""What the hosts of an attached project are called."""

from __future__ import annotations

import pytest

from chaoskit.labs.attached.naming import client_name, host_names
from tests.labs.attached.made import instance


@pytest.mark.parametrize(
    ("containers", "names"),
    [
        ([("web", 1)], ["web"]),
        ([("web", 1), ("web", 2)], ["web-1", "web-2"]),
        ([("web", 2), ("web", 3), ("db", 1)], ["web-2", "web-3", "db"]),
        ([("web", 1), ("web", 2), ("web-1", 1)], ["shop-web-1", "web-2", "shop-web-1-1"]),
    ],
    ids=["one", "several", "as Compose numbers them", "no name twice"],
)
def test_hosts_are_called_as_their_users_call_them(containers: list[tuple[str, int]], names: list[str]) -> None:
    """The service's name, numbered where it has replicas; the container's where that would be ambiguous."""
    assert list(host_names([instance(*one) for one in containers]).values()) == names


def test_the_client_has_a_name_of_its_own() -> None:
    """Whatever the project calls its services."""
    assert client_name(["web"]) == "client"
    assert client_name(["client", "web"]) == "chaoskit-client"
