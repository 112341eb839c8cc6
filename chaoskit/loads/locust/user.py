"""A Locust user class whose requests are an arrival process, made by the engine and not by Locust's users."""

from __future__ import annotations

import inspect
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from locust import User, constant, events, task

from chaoskit.core.errors import UsageError
from chaoskit.core.load import Arrivals, load
from chaoskit.core.request import HttpRequest, Request, get
from chaoskit.core.selector import everything
from chaoskit.loads.arrivals import poisson
from chaoskit.loads.etc import client_of
from chaoskit.loads.locust.attach import attach
from chaoskit.loads.locust.record import declare
from chaoskit.loads.work import Job

if TYPE_CHECKING:
    from chaoskit.core.units import Rate

OWN = "CHAOSKIT_I_OWN_THE_TARGET"
_CLIENT = "locust"
_PARTS = frozenset(inspect.signature(load).parameters) - {"request", "arrivals", "clients", "any_target"}


class ArrivalUser(User):
    """Open-loop load from a locustfile that the plain `locust` command runs.

        class Shop(ArrivalUser):
            request = get("/basket", ok=status(200))  # or "/basket"
            arrivals = poisson("500/s")               # or "500/s", which is the same
            timeout = "1s"

    Engines work in processes beside Locust's, for all such classes together and whatever `-u` says: `-u 1` is enough.
    A process on its own has an engine a core, as far as the rate needs them, and a worker has one. Only where the
    locustfile has a `LoadTestShape` do its users matter: `arrivals` is then what each of them contributes, and the
    schedule's own time goes that much faster. With `--master` and `--worker`, or with `--processes`, the workers
    share one schedule, and share it anew when one joins or dies.

    Any keyword of `chaoskit.core.load.load` but `clients` may be a class attribute of the same meaning. Statistics
    count a request when it ends, with the latency from its intended start; failures are grouped by outcome.
    `--chaoskit-record DIR` keeps a row of every request besides, of all workers on the master's clock.

    Attributes:
        request: what to send; a text is the path of a GET request below `host`, or a URL. `--host` replaces scheme
            and authority of its URL, as it replaces `host`.
        arrivals: when; a text is a rate of Poisson arrivals.
        name: how statistics call it; the URL's path, unless given.
        seed: of the schedule; the first class that has one decides for all, otherwise it is drawn, and logged.
        i_own_the_target: load may leave loopback and 198.18.0.0/15, where labs are. The environment variable
            CHAOSKIT_I_OWN_THE_TARGET=1 says the same for all classes.
    """

    abstract = True
    wait_time = constant(60)
    request: Request | str = "/"
    arrivals: Arrivals | Rate | None = None
    name: str = ""
    seed: int | None = None
    i_own_the_target: bool = False

    @task
    def arrive(self) -> None:
        """Nothing: the engine does it."""

    @classmethod
    def job(cls, host: str | None) -> Job:
        """The load that the class describes.

        Args:
            host: what `--host` says, if anything.

        Raises:
            ChaoskitError: it describes none.
        """
        if cls.arrivals is None:
            raise UsageError(f"{cls.__name__} has no arrivals", remedy='Write arrivals = "500/s" into the class.')
        arrivals = poisson(cls.arrivals) if isinstance(cls.arrivals, str | int | float) else cls.arrivals
        request = cls._request(host)
        parts: dict[str, Any] = {part: getattr(cls, part) for part in _PARTS if hasattr(cls, part)}
        owned = cls.i_own_the_target or os.environ.get(OWN) == "1"
        made = load(request, arrivals, clients=everything(), any_target=owned, **parts)
        return Job.of(cls.name or _short(request), made, [client_of(_CLIENT, None, Path("/etc"))])

    @classmethod
    def _request(cls, host: str | None) -> Request:
        request, base = cls.request, (host or cls.host or "").rstrip("/")
        if isinstance(request, str):
            if not request.startswith("/"):
                request = get(request)
            elif base:
                return get(base + request)
            else:
                raise UsageError(
                    f"{cls.__name__} does not say where {request} is", remedy="Give --host http://NAME:PORT."
                )
        if host and isinstance(request, HttpRequest):
            return replace(request, url=base + request.target)
        return request


def _short(request: Request) -> str:
    """What Locust would call it: the path."""
    return urlsplit(request.url).path or "/" if isinstance(request, HttpRequest) else request.title


def jobs_of(classes: list[type[User]], host: str | None) -> tuple[tuple[Job, ...], int | None]:
    """The loads of those classes that are of this kind, and the seed they ask for.

    Raises:
        ChaoskitError: one of them describes none, or two have the same name.
    """
    own = [cls for cls in classes if issubclass(cls, ArrivalUser)]
    jobs = tuple(cls.job(host) for cls in sorted(own, key=lambda cls: cls.__name__))
    names = [job.name for job in jobs]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"two user classes are called {name!r}", remedy='Give each a name = "...".')
    seeds = [cls.seed for cls in own if cls.seed is not None]
    return jobs, seeds[0] if seeds else None


def _on_init(environment: Any, **_more: Any) -> None:
    """Locust is about to begin."""
    if any(issubclass(cls, ArrivalUser) for cls in environment.user_classes):
        attach(environment, lambda host: jobs_of(environment.user_classes, host))


_events: Any = events
_events.init.add_listener(_on_init)
_events.init_command_line_parser.add_listener(lambda parser, **_more: declare(parser))
