"""The engine as a Locust user: Locust runs it, shows it and sums it up; requests do not pass through it."""

from __future__ import annotations

from collections.abc import Callable

import gevent
from locust import User, constant, task
from locust.env import Environment
from locust.stats import RequestStats

_PERIOD = 1.0


class EngineUser(User):
    """Starts the engine in a thread of its own, and feeds Locust's statistics until it ends."""

    fixed_count = 1
    wait_time = constant(0)
    launch: Callable[[], None]
    ended: Callable[[], bool]
    feed: Callable[[], object]

    def on_start(self) -> None:
        """Let the engine go."""
        type(self).launch()

    @task
    def pump(self) -> None:
        """Pass on what was counted, once a second; stop Locust when the engine has ended."""
        waited = 0.0
        while waited < _PERIOD and not type(self).ended():
            gevent.sleep(0.02)
            waited += 0.02
        type(self).feed()
        if type(self).ended():
            self.environment.runner.quit()


def run(launch: Callable[[], None], ended: Callable[[], bool], feed: Callable[[RequestStats], object]) -> RequestStats:
    """Run Locust headless with one engine until that ends; returns Locust's statistics."""
    environment = Environment(user_classes=[EngineUser])
    runner = environment.create_local_runner()
    EngineUser.launch = staticmethod(launch)
    EngineUser.ended = staticmethod(ended)
    EngineUser.feed = staticmethod(lambda: feed(environment.stats))
    runner.start(1, spawn_rate=1)
    runner.greenlet.join()
    feed(environment.stats)
    return environment.stats
