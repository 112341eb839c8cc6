"""What `chaoskit load` was told, as the load it means."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from chaoskit.core.errors import DefinitionError, UsageError
from chaoskit.core.load import Arrivals, Connections
from chaoskit.core.population import Population
from chaoskit.core.retry import Retry
from chaoskit.core.tls import Tls
from chaoskit.core.units import Rate, duration, rate
from chaoskit.engine.clients import this_machine
from chaoskit.engine.loading.plan import LoadPlan
from chaoskit.engine.loading.target import Asked, headers, request_for
from chaoskit.loads.arrivals import constant, poisson
from chaoskit.loads.arrivals.closed import Closed, closed
from chaoskit.loads.arrivals.paced import paced
from chaoskit.loads.arrivals.trace import trace
from chaoskit.loads.scale import engines_for

_WORKERS = 64
_CAP = "10s"
_ARRIVALS: Mapping[str, Callable[[Rate], Arrivals]] = {"poisson": poisson, "constant": constant, "paced": paced}


def load_plan(args: argparse.Namespace) -> LoadPlan:
    """The load.

    Raises:
        UsageError: two options do not go together, or one is not what it has to be.
    """
    lasting, timeout = duration(args.lasting), duration(args.timeout)
    if not lasting or not timeout:
        raise UsageError("a load needs a time and a timeout above zero")
    arrivals = _arrivals(args)
    workers = _workers(args, arrivals)
    tls = Tls(args.cacert, verify=not args.insecure)
    return LoadPlan(
        request_for(Asked(args.target, args.method, headers(args.header), args.body, tls)),
        arrivals,
        this_machine(),
        lasting,
        timeout,
        Connections(args.connections),
        workers=workers,
        seed=args.seed,
        owned=args.owns_target,
        population=_population(args, workers),
        retries=_retries(args),
    )


def _arrivals(args: argparse.Namespace) -> Arrivals:
    for option, goes_with in (("think", "closed"), ("column", "replay"), ("speed", "replay")):
        if getattr(args, option) is not None and getattr(args, goes_with) is None:
            raise UsageError(f"--{option} goes with --{goes_with}")
    if args.closed is not None:
        return closed(args.closed, think=args.think or 0)
    if args.replay is not None:
        return trace(args.replay.absolute(), column=args.column, speed=1.0 if args.speed is None else args.speed)
    if not rate(args.rate):
        raise UsageError("a load needs a rate above zero")
    return _ARRIVALS[args.arrivals](args.rate)


def _retries(args: argparse.Namespace) -> Retry:
    """At once, unless a first wait is given: then longer each time, and at random."""
    if args.backoff is None:
        return Retry.immediate(args.retries)
    if not args.retries:
        raise UsageError("--backoff is about further attempts: say how many by --retries N")
    return Retry.backoff(args.retries, first=args.backoff, cap=max(args.backoff, _CAP, key=duration))


def _workers(args: argparse.Namespace, arrivals: Arrivals) -> int:
    """As many generators as were asked for, else as the rate needs; each has a user at least."""
    if args.workers is None:
        return min(engines_for([arrivals]), _WORKERS, args.clients or _WORKERS)
    if args.workers > 1 and isinstance(arrivals, Closed):
        raise UsageError("the users of a closed loop are one generator's: leave out --workers")
    if args.workers > _WORKERS:
        raise UsageError(f"{args.workers} generators are more than any machine has cores for: at most {_WORKERS}")
    return int(args.workers)


def _population(args: argparse.Namespace, workers: int) -> Population | None:
    if args.clients is not None and args.closed is not None:
        raise UsageError("--closed says how many users there are: leave out --clients")
    if args.clients is None:
        if args.sources:
            raise UsageError("--sources is about users: say how many by --clients N")
        return None
    if not args.target.startswith("http"):
        raise UsageError(f"{args.target} has no users", remedy="Leave out --clients, or put the load on an http URL.")
    if args.clients < workers:
        raise UsageError(f"{args.clients} users cannot be shared by {workers} generators")
    try:
        return Population(args.clients, args.sources)
    except DefinitionError as error:
        # It names the line of an experiment first, and here is none.
        raise UsageError(str(error.args[0]).partition(": ")[2], remedy=error.remedy) from None
