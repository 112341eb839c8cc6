"""References to labs, before anything is read."""

from __future__ import annotations

from pathlib import Path

from chaoskit.core.lab import Lab


def test_relative_names_start_from_the_file_that_says_so() -> None:
    """Whoever runs the experiment may stand anywhere."""
    assert Lab("compose.yaml").base == Path(__file__).parent


def test_a_system_elsewhere_is_neither_shipped_nor_a_file() -> None:
    """Even where its name is one of a lab that comes with chaoskit."""
    staging = Lab.external("gslb", addresses={"web-1": "203.0.113.11"}, regions={"*": "eu"})
    assert staging.is_external
    assert not staging.is_shipped
    assert (staging.addresses, staging.regions, staging.roles) == ({"web-1": "203.0.113.11"}, {"*": "eu"}, {})
    assert not Lab("gslb").is_external
    assert Lab("gslb").is_shipped
