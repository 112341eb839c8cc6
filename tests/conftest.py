"""Settings of all tests."""

import pytest
from hypothesis import settings

from tests.support.apart import runs_apart
from tests.support.docker import docker_engine
from tests.support.signals import signals_heard
from tests.support.webshop import webshop

__all__ = ["docker_engine", "runs_apart", "signals_heard", "webshop"]


def pytest_itemcollected(item: pytest.Item) -> None:
    """For `--dist loadgroup`: what a file sets up is set up once, and what is on the Docker engine comes one by one.

    Labs have fixed subnets there; and its tests wait for the engine more than they compute.
    """
    group = "docker" if item.get_closest_marker("docker") else item.nodeid.partition("::")[0]
    item.add_marker(pytest.mark.xdist_group(group))


# A deadline an example would measure how busy the machine is, not what is true.
settings.register_profile("chaoskit", deadline=None)
settings.load_profile("chaoskit")
