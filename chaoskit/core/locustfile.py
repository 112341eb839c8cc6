"""Load by somebody's locustfile: Locust's own users, who wait for each answer, inside an experiment."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from chaoskit.core.errors import DefinitionError
from chaoskit.core.load import Load, load
from chaoskit.core.selector import Selector
from chaoskit.core.units import Rate, rate
from chaoskit.core.where import caller


@dataclass(frozen=True)
class LocustfileRequest:
    """What users of a locustfile ask for, whatever that is.

    Attributes:
        file: the locustfile, an absolute path.
        user: the user class.
        users: how many of them, all client hosts together.
        spawn_rate: how many begin a second, all client hosts together.
        host: what `--host` would say; None for the class's own.
    """

    file: str
    user: str
    users: int
    spawn_rate: float
    host: str | None = None
    protocol: str = "locustfile"

    @property
    def op(self) -> str:
        """Rows have the method and the name that Locust gives each request."""
        return "task"

    @property
    def title(self) -> str:
        """The class and its file."""
        return f"{self.user} of {Path(self.file).name}"


@dataclass(frozen=True)
class TaskArrivals:
    """Requests that come when users of a locustfile have done with the ones before: nobody knows them beforehand.

    Attributes:
        users: how many they are.
        expected: requests a second of each of them, for plans.
    """

    users: int
    expected: float

    def times(self, duration_s: float, rng: random.Random) -> Iterator[float]:
        """None is meant to start at a moment that is known."""
        return iter(())

    def rate_at(self, t: float) -> float:
        """What is expected; no rate is intended."""
        return self.users * self.expected

    def part(self, of: int) -> TaskArrivals:
        """Its share of the users, to the next whole one."""
        return replace(self, users=math.ceil(self.users / of))

    @property
    def title(self) -> str:
        """How a plan calls it."""
        return f"closed loop, {self.users:,} Locust users"


def locustfile_load(
    file: str | Path,
    *,
    user: str,
    users: int,
    clients: Selector,
    spawn_rate: float = 10.0,
    host: str | None = None,
    expected: Rate = "1/s",
    any_target: bool = False,
) -> Load:
    """Have users of an unmodified locustfile put load on a lab, from inside the client hosts' networks.

    Their requests are rows of the run's history as all others are; `op` is Locust's method and name. They are a
    closed loop: a user who waits asks nothing, and checks that need open-loop latency say unknown. Nobody looks at
    where the locustfile goes: a lab of ours has no way out, and elsewhere `any_target` is asked for.

    Args:
        file: the locustfile; a relative path is from the folder of the file that calls this.
        user: the class of users, an HttpUser, a FastHttpUser or one that fires Locust's request event.
        users: how many of them; they are dealt to the client hosts in turn.
        clients: the hosts they are on.
        spawn_rate: how many begin a second.
        host: what `--host` would say; None for the class's own.
        expected: how many requests a second each user is expected to make; a plan uses it, and nothing else.
        any_target: it may run on a machine from which there is a way out.

    Raises:
        DefinitionError: there is no such file, or no user.
    """
    where = caller()
    path = Path(where.file).parent / file
    if not path.is_file():
        raise DefinitionError(f"{where}: there is no locustfile {path}")
    if users < 1 or spawn_rate <= 0:
        raise DefinitionError(f"{where}: {users} users at {spawn_rate:g} a second are none")
    request = LocustfileRequest(str(path.resolve()), user, users, spawn_rate, host)
    return load(request, TaskArrivals(users, rate(expected)), clients=clients, timeout="60s", any_target=any_target)
