"""What every step needs of a running lab: its host, the host's network, and errors that say which step failed."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from chaoskit.core.errors import ChaoskitError, LabError, StepError
from chaoskit.core.host import Host, HostState, RunningLab, Status
from chaoskit.core.step import Evidence, Json

_LOOK_EVERY = 0.002
_ENDED_WITHIN = 0.2
"""Seconds a process may take to end by a signal; a daemon's memory is torn down in milliseconds."""
_NOTICED_WITHIN = 2.0
"""Seconds a driver may take to notice that a process has ended."""

_HAS_PROCESSES = (HostState.RUNNING, HostState.PAUSED)


def host_of(lab: RunningLab, name: str) -> Host:
    """The host of that name.

    Raises:
        StepError: the lab has none.
    """
    try:
        return lab.hosts[name]
    except KeyError:
        raise StepError(f"lab {lab.topology.name} has no host {name}") from None


def running(host: Host, what: str) -> Status:
    """The status of a host that must be running for something to be done to it.

    Raises:
        StepError: it is not; the message says that it cannot be `what`.
    """
    status = host.status()
    if status.state is not HostState.RUNNING:
        raise StepError(f"{host.info.name} is {status.state} and cannot be {what}: only a running host can")
    return status


def ensure_running(host: Host, doomed: Json = None) -> None:
    """Start a host unless it has processes; one that is paused is somebody else's to resume.

    Args:
        host: which.
        doomed: the pid of a process that may have been killed this very moment. It is given a moment to
            end: a process with SIGKILL on its way looks alive, and starting beside it would do nothing.

    Raises:
        StepError: it does not start.
    """
    status = _settled(host, doomed)
    if status.ending or status.state not in _HAS_PROCESSES:
        with step_errors(f"{host.info.name} cannot be started"):
            host.start()


def _settled(host: Host, doomed: Json) -> Status:
    """The host's status once its daemon is neither about to end nor ended without the driver's notice."""
    began = time.monotonic()
    while True:
        status, waited = host.status(), time.monotonic() - began
        ended = status.pid is None and waited < _NOTICED_WITHIN
        ending = status.pid is not None and status.pid == doomed and waited < _ENDED_WITHIN
        if status.state is not HostState.RUNNING or not (ended or ending):
            return status
        time.sleep(_LOOK_EVERY)


def network_of(host: Host) -> Path:
    """The host's network namespace.

    Raises:
        StepError: it has none now.
    """
    with step_errors(f"{host.info.name} cannot be entered"):
        return host.netns()


def network_left(host: Host) -> Path | None:
    """The host's network namespace, or None when it is gone with all that was in it: nothing to undo there.

    Raises:
        StepError: the host runs, and yet its namespace cannot be found.
    """
    try:
        return host.netns()
    except LabError as error:
        if host.status().state in _HAS_PROCESSES:
            raise StepError(f"{host.info.name} cannot be entered: {error}") from error
        return None


def seen(look: Callable[[], Evidence]) -> Evidence:
    """What `look` sees; where it cannot look, that is what there is to say: the effect is not confirmed."""
    try:
        return look()
    except StepError as error:
        return Evidence(False, str(error.args[0]))


@contextmanager
def step_errors(what: str) -> Iterator[None]:
    """Raise whatever a driver, a program or the kernel refuses as a StepError that starts with `what`."""
    try:
        yield
    except StepError:
        raise
    except ChaoskitError as error:
        raise StepError(f"{what}: {error.args[0]}", remedy=error.remedy) from error
    except (OSError, subprocess.SubprocessError) as error:
        raise StepError(f"{what}: {error}") from error
