"""The networks of an attached project: their names, the next free address, and where load comes from."""

from __future__ import annotations

from typing import Any

import pytest

from chaoskit.core.errors import LabError, UsageError
from chaoskit.labs.attached.networks import client_network, named
from tests.labs.attached.made import instance, network


def test_a_network_has_the_name_its_file_gives_it() -> None:
    """The engine's where Compose did not make it, or where two projects' networks would share one."""
    assert [each.name for each in named([network("shop_default", short="default"), network("other")])] == [
        "default",
        "other",
    ]
    both = [network("a_net", short="net"), network("b_net", short="net")]
    assert [each.name for each in named(both)] == ["a_net", "b_net"]


@pytest.mark.parametrize(
    ("used", "pool", "address"),
    [
        ((), {}, "198.19.0.2"),
        (("198.19.0.2", "198.19.0.4"), {}, "198.19.0.3"),
        (("198.19.0.2",), {"AuxiliaryAddresses": {"router": "198.19.0.3"}}, "198.19.0.4"),
        ((), {"IPRange": "198.19.0.128/25"}, "198.19.0.128"),
        (("198.19.0.64",), {"IPRange": "198.19.0.64/30"}, "198.19.0.65"),
    ],
)
def test_the_engine_gives_out_the_lowest_free_address(
    used: tuple[str, ...], pool: dict[str, Any], address: str
) -> None:
    """Not its own, not what is reserved, and of the range it was told to use; see test_lab for a real engine's."""
    (joined,) = named([network("shop_default", used=used, **pool)])
    assert joined.next_address() == address


def test_the_client_of_another_run_is_gone_when_this_one_begins() -> None:
    """So that its address is the next one."""
    raw = network("shop_default", used=("198.19.0.2", "198.19.0.3"))
    raw["Containers"]["198.19.0.2"]["Name"] = "chaoskit-client-r1"
    (joined,) = named([raw])
    assert joined.next_address() == "198.19.0.2"


def test_a_network_may_be_full() -> None:
    """Then there is no room for a client."""
    (joined,) = named([network("shop_default", used=("198.19.0.2",), IPRange="198.19.0.2/32")])
    with pytest.raises(LabError, match="no free address"):
        joined.next_address()


def _on(service: str, network: str, ports: dict[str, Any]) -> Any:
    settings = {"Ports": ports, "Networks": {network: {"NetworkID": f"id of {network}"}}}
    return instance(service, NetworkSettings=settings)


def test_load_comes_from_the_network_of_the_entry() -> None:
    """That of the first service with a published port; the first network where there is none; or the one asked for."""
    joined = named([network("back"), network("front"), {**network("none"), "IPAM": {"Config": None}}])
    inner, entry = _on("db", "back", {"5432/tcp": None}), _on("web", "front", {"80/tcp": [{"HostPort": "80"}]})
    assert client_network(None, joined, [inner, entry]).name == "front"
    assert client_network(None, joined, [inner]).name == "back"
    assert client_network("back", joined, [inner, entry]).name == "back"
    with pytest.raises(UsageError, match=r"no network 'frnt'\n  Did you mean 'front'.*Its networks: back, front"):
        client_network("frnt", joined, [inner])
    with pytest.raises(UsageError, match="no network of its own"):
        client_network(None, (), [inner])
