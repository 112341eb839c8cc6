"""Settings of all tests."""

from hypothesis import settings

from tests.support.apart import runs_apart
from tests.support.docker import docker_engine
from tests.support.signals import signals_heard
from tests.support.webshop import webshop

__all__ = ["docker_engine", "runs_apart", "signals_heard", "webshop"]

# A deadline an example would measure how busy the machine is, not what is true.
settings.register_profile("chaoskit", deadline=None)
settings.load_profile("chaoskit")
