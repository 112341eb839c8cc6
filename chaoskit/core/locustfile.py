"""Load by somebody's locustfile: Locust's own users, who wait for each answer, inside an experiment."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.errors import DefinitionError
from chaoskit.core.load import Load, load
from chaoskit.core.selector import Selector
from chaoskit.core.where import caller


@dataclass(frozen=True)
class LocustfileRequest:
    """What users of a locustfile ask for, whatever that is.

    Attributes:
        file: the locustfile, an absolute path.
        user: the user class.
        users: how many of them on each client host.
        spawn_rate: how many begin a second, on each client host.
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
    """Requests that come when users of a locustfile have done with the ones before: nobody knows them beforehand."""

    users: int

    def times(self, duration_s: float, rng: random.Random) -> Iterator[float]:
        """None is meant to start at a moment that is known."""
        return iter(())

    def rate_at(self, t: float) -> float:
        """No rate is intended."""
        return 0.0

    def part(self, of: int) -> TaskArrivals:
        """Each client host has so many users."""
        return self

    @property
    def title(self) -> str:
        """How a plan calls it."""
        return f"closed loop, {self.users} Locust users on each client host"


def locustfile_load(
    file: str | Path,
    *,
    user: str,
    users: int,
    clients: Selector,
    spawn_rate: float = 10.0,
    host: str | None = None,
    any_target: bool = False,
) -> Load:
    """Have users of an unmodified locustfile put load on a lab, from inside the client hosts' networks.

    Their requests are rows of the run's history as all others are; `op` is Locust's method and name. They are a
    closed loop: a user who waits asks nothing, and checks that need open-loop latency say unknown. Nobody looks at
    where the locustfile goes: a lab of ours has no way out, and elsewhere `any_target` is asked for.

    Args:
        file: the locustfile; a relative path is from the folder of the file that calls this.
        user: the class of users, an HttpUser, a FastHttpUser or one that fires Locust's request event.
        users: how many of them on each client host.
        clients: the hosts they are on.
        spawn_rate: how many begin a second, on each client host.
        host: what `--host` would say; None for the class's own.
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
    return load(request, TaskArrivals(users), clients=clients, timeout="60s", any_target=any_target)
