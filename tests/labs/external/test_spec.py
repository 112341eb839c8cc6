"""Systems elsewhere as data."""

from __future__ import annotations

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.lab import Lab
from chaoskit.labs.external.spec import external_spec

ADDRESSES = {"web-eu": "203.0.113.11", "web-na": "203.0.113.12"}


def test_there_is_this_machine_and_what_the_experiment_names() -> None:
    """Load comes from the one host of role client; the others have addresses, and no network that is known of."""
    lab = Lab.external(
        "staging",
        addresses=ADDRESSES,
        roles={"web-*": "service"},
        regions={"*-na": "na", "*": "eu", "this machine": "home"},
    )
    spec = external_spec(lab)
    hosts = spec.topology.by_name
    assert {name: (host.role, host.region, host.addresses) for name, host in hosts.items()} == {
        "this machine": ("client", "home", ()),
        "web-eu": ("service", "eu", ("203.0.113.11",)),
        "web-na": ("service", "na", ("203.0.113.12",)),
    }
    assert (spec.name, spec.files, spec.hosts, spec.topology.networks) == ("staging", (), (), ())


@pytest.mark.parametrize(
    ("lab", "problem"),
    [
        (Lab.external("s", addresses={"web": "staging.example.com"}), "is no IPv4 address"),
        (Lab.external("s", addresses={"a": "203.0.113.1", "b": "203.0.113.1"}), "a and b .* the same address"),
        (Lab.external("s", addresses={"this machine": "203.0.113.1"}), "where load comes from"),
        (Lab.external("s", addresses=ADDRESSES, roles={"db": "store"}), "role of 'db' is nobody's"),
        (Lab.external("s", regions={"db": "eu"}), "region of 'db' is nobody's"),
        (Lab.external("s", roles={"this machine": "service"}), "role of 'this machine' is nobody's"),
        (Lab.external("s").over("worse.yaml"), "no Compose files to merge worse.yaml"),
    ],
)
def test_what_cannot_be_meant_is_refused(lab: Lab, problem: str) -> None:
    """The message says what, and nothing is asked of anybody."""
    with pytest.raises(UsageError, match=problem):
        external_spec(lab)
