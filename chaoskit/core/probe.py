"""Probes: repeated readings of the lab, taken from outside through a host's network namespace.

@probe
def alive(host: ProbeHost) -> Reader:
'''Whether the host's daemon runs.'''
return lambda: {"state": host.status().state}

probes = [alive().at(role("service"), every="100ms")]

A probe may look at its arguments where they are written, and again with each host it is to read from once the lab is
known, so that a mistake is an error with file and line before anything is started:

    @capture.accepts
    def _(given: Mapping[str, Any]) -> None: ...

    @capture.suits
    def _(given: Mapping[str, Any], host: HostInfo) -> None: ...
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, overload, runtime_checkable

from chaoskit.core.bind import bound, validated, without_first
from chaoskit.core.errors import DefinitionError, UsageError
from chaoskit.core.host import HostState, Status
from chaoskit.core.selector import Selector
from chaoskit.core.step import Json
from chaoskit.core.topology import HostInfo, Topology
from chaoskit.core.units import Duration, duration
from chaoskit.core.where import Where, caller

P = ParamSpec("P")

Reader = Callable[[], Mapping[str, Json]]
"""Takes one reading. Whatever it raises is recorded as the reading's error; it is asked again all the same."""


@runtime_checkable
class Closable(Protocol):
    """What a reader may be as well: it is closed after its last reading, in its own thread."""

    def close(self) -> None:
        """Let go of what `open` took hold of."""
        ...


THIS_MACHINE = HostInfo("this machine", "")
"""Where a probe reads that is asked from outside the lab."""


class ProbeHost(Protocol):
    """What a probe may ask of the host it reads from; its thread is inside the host's network already."""

    @property
    def info(self) -> HostInfo:
        """Name, labels and addresses."""
        ...

    @property
    def topology(self) -> Topology:
        """The whole lab, to name what an answer points at."""
        ...

    @property
    def timeout(self) -> float:
        """Seconds a reading may take."""
        ...

    @property
    def files(self) -> Path | None:
        """The probe's own folder in the run's directory, for what is more than a reading; it may not be there yet.

        None where nothing is to be kept: a reading for the moment.
        """
        ...

    def status(self) -> Status:
        """The host's state."""
        ...


@dataclass(frozen=True, eq=False)
class Probe:
    """A probe bound to its arguments, and (after `at`) to hosts and a rhythm.

    Attributes:
        open: called in a thread inside the host's network namespace, before the boot actions; returns the reader.
        hosts: where readings are taken; None where `outside` says it, and as long as nobody does.
        outside: readings are taken from this machine's own network, outside the lab.
        every: ns between the starts of two readings.
        timeout: ns a reading may take; by default the interval, at least 50 ms.
        suits: raises UsageError where the arguments cannot be read at a host.
        networked: it reads in the host's network; else `open` is called outside of it, and it has to do without.
    """

    kind: str
    arguments: Mapping[str, object]
    open: Callable[[ProbeHost], Reader]
    hosts: Selector | None = None
    every: int = 1_000_000_000
    timeout: int = 1_000_000_000
    label: str | None = None
    outside: bool = False
    where: Where = field(default_factory=caller)
    suits: Callable[[HostInfo], None] = lambda host: None
    networked: bool = True

    def at(self, hosts: Selector, *, every: Duration, timeout: Duration | None = None) -> Probe:
        """Read at these hosts, in this rhythm."""
        return replace(self._timed(every, timeout), hosts=hosts, outside=False)

    def from_here(self, *, every: Duration, timeout: Duration | None = None) -> Probe:
        """Read from this machine, as whoever operates the system does: what is asked need not be in the lab.

        The host that the probe is given is `THIS_MACHINE`, without links and without a state.
        """
        return replace(self._timed(every, timeout), hosts=None, outside=True)

    def _timed(self, every: Duration, timeout: Duration | None) -> Probe:
        interval = duration(every)
        limit = max(interval, 50_000_000) if timeout is None else duration(timeout)
        return replace(self, every=interval, timeout=limit)

    def see_that_it_suits(self, host: HostInfo) -> None:
        """Look at the arguments with the host in mind.

        Raises:
            DefinitionError: it cannot be read there; the message starts with file and line.
        """
        try:
            self.suits(host)
        except UsageError as error:
            raise DefinitionError(f"{self.where}: {self.kind}: {error.args[0]}", remedy=error.remedy) from None

    def named(self, label: str) -> Probe:
        """The same probe under a name of its own."""
        return replace(self, label=label)

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(str(value) for value in self.arguments.values())})"


class _WhileOn:
    """A reader of a host's network that refuses while the host is off.

    Its thread keeps the namespace of a host that was powered off: empty, but still there to be read, and what it
    says is no longer the host's. Looked at twice, since the host may go off in the middle of a reading.
    """

    def __init__(self, host: ProbeHost, read: Reader) -> None:
        self._host, self._read = host, read

    def __call__(self) -> Mapping[str, Json]:
        self._refuse_off()
        value = self._read()
        self._refuse_off()
        return value

    def close(self) -> None:
        """Close what can be closed."""
        read: object = self._read
        if isinstance(read, Closable):
            read.close()

    def _refuse_off(self) -> None:
        if self._host.status().state is HostState.OFF:
            raise ConnectionResetError(f"{self._host.info.name} is off, its network is gone")


Opens = Callable[Concatenate[ProbeHost, P], Reader]
"""A probe as it is written."""


class ProbeKind(Generic[P]):
    """What `@probe` makes of a function: calling it binds arguments."""

    def __init__(self, open_: Opens[P], *, even_off: bool = False, networked: bool = True) -> None:
        functools.update_wrapper(self, open_)
        self.open = open_
        self.name = open_.__name__
        self.signature = without_first(open_)
        self._even_off, self._networked = even_off, networked
        self._accepts: Callable[[Mapping[str, Any]], None] | None = None
        self._suits: Callable[[Mapping[str, Any], HostInfo], None] | None = None

    def accepts(self, validate: Callable[[Mapping[str, Any]], None]) -> Callable[[Mapping[str, Any]], None]:
        """Declare what looks at the arguments, defaults included, and raises UsageError when they make no sense."""
        self._accepts = validate
        return validate

    def suits(
        self, validate: Callable[[Mapping[str, Any], HostInfo], None]
    ) -> Callable[[Mapping[str, Any], HostInfo], None]:
        """Declare what looks at the arguments and a host, and raises UsageError when that cannot be read there."""
        self._suits = validate
        return validate

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Probe:
        """Bind the arguments; `.at(hosts, every=...)` completes it.

        Raises:
            DefinitionError: the arguments make no sense; the message starts with file and line.
        """
        given = bound(self.name, self.signature, args, kwargs)
        validated(self._accepts, given)
        return Probe(
            self.name,
            given,
            lambda host: self._opened(host, *args, **kwargs),
            where=caller(),
            suits=lambda host: self._suits(given, host) if self._suits else None,
            networked=self._networked,
        )

    def _opened(self, host: ProbeHost, *args: P.args, **kwargs: P.kwargs) -> Reader:
        read = self.open(host, *args, **kwargs)
        return read if self._even_off or host.info is THIS_MACHINE else _WhileOn(host, read)


@overload
def probe(open_: Opens[P]) -> ProbeKind[P]: ...
@overload
def probe(*, even_off: bool, networked: bool = True) -> Callable[[Opens[P]], ProbeKind[P]]: ...
def probe(
    open_: Opens[P] | None = None, *, even_off: bool = False, networked: bool = True
) -> ProbeKind[P] | Callable[[Opens[P]], ProbeKind[P]]:
    """Declare a probe: a function that opens what it needs on a host and returns the reader.

    Args:
        open_: the function.
        even_off: it has something to say of a host that is off, and looks at the host's state itself. Others are not
            asked then, and each such reading is an error: there is no network to read from.
        networked: it reads in the host's network. One that asks for the host's state alone does not, and can be read
            of hosts whose network cannot be entered.
    """
    if open_ is None:
        return lambda opens: ProbeKind(opens, even_off=even_off, networked=networked)
    return ProbeKind(open_, even_off=even_off, networked=networked)
