"""Starting Docker's engine, and stopping the one that was started here.

Where a service manager runs it starts the engine, as it does with all services. Where none does - in a container, on a
machine whose first process is something else - the engine is started detached from whoever asked:

    dockerd --bip 198.19.255.1/24 --default-address-pool base=198.19.128.0/18,size=24

Its networks are then in 198.18.0.0/15, which is set aside for measuring (RFC 2544) and overlaps nobody's own. An engine
that runs already is used as it is.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from chaoskit.core.errors import ChaoskitError, UsageError
from chaoskit.engine.doctor.repair import Say
from chaoskit.kernel.identity import Identity
from chaoskit.kernel.tools import find_tool

ADDRESSES = ("--bip", "198.19.255.1/24", "--default-address-pool", "base=198.19.128.0/18,size=24")
LOG = Path("/var/log/chaoskit-dockerd.log")
_RECORD = Path("/run/chaoskit-dockerd.json")
_LOCK = Path("/run/chaoskit-dockerd.lock")
_SYSTEMD = Path("/run/systemd/system")
"""There when systemd is the service manager (sd_booted(3))."""
_STOP_UNITS = "systemctl stop docker.socket docker.service"
"""Both: who talks to the socket alone would have the engine started again."""
_SOCKET = Path("/var/run/docker.sock")
_START_S, _STOP_S, _UNIT_STARTS_S = 60, 60, 120
_LAST_LINES = 8


def command() -> str:
    """What starts it on this machine."""
    return "systemctl start docker" if _SYSTEMD.is_dir() else f"dockerd {' '.join(ADDRESSES)}"


def start(say: Say) -> None:
    """Start the engine and wait until it answers.

    Raises:
        UsageError: not root.
        ChaoskitError: it does not start; the message has the end of its log.
    """
    if os.geteuid() != 0:
        raise UsageError("starting a Docker engine needs root", remedy=f"sudo {command()}")
    if _SYSTEMD.is_dir():
        _by_systemd(say)
    else:
        _by_hand(say)


def stop(say: Say) -> None:
    """Stop the engine that `start` started; another is left alone.

    Raises:
        UsageError: none was started here, or containers run on it.
        ChaoskitError: it does not say what runs on it, or does not end.
    """
    running = _started()
    if running is None:
        remedy = _STOP_UNITS if _SYSTEMD.is_dir() else "Whoever started it can stop it."
        raise UsageError("no Docker engine runs that chaoskit started", remedy=remedy)
    if count := _containers():
        raise UsageError(f"{count} containers run on it", remedy="End them first: docker ps shows them.")
    running.kill(signal.SIGTERM)
    deadline = time.monotonic() + _STOP_S
    while running.alive():
        if time.monotonic() > deadline:
            raise ChaoskitError(f"the Docker engine (pid {running.pid}) does not end", remedy=f"See {LOG}.")
        time.sleep(0.05)
    _RECORD.unlink(missing_ok=True)
    say(f"The Docker engine (pid {running.pid}) has ended.")


def _by_systemd(say: Say) -> None:
    done = _run(["systemctl", "start", "docker"], _UNIT_STARTS_S)
    if done.returncode:
        raise ChaoskitError(f"systemctl start docker: {done.stderr.strip()}", remedy="journalctl -u docker says more.")
    say(f"systemd has started the Docker engine; `{_STOP_UNITS}` stops it.")


def _by_hand(say: Say) -> None:
    program = find_tool("dockerd", "docker.io")
    with LOG.open("ab") as log, _alone():
        if _answers():
            say("The Docker engine runs: somebody else has just started it.")
            return
        # In a session of its own: it does not end with a terminal, nor by a Ctrl-C that is not meant for it.
        engine = subprocess.Popen([program, *ADDRESSES], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                                  start_new_session=True)  # fmt: skip
        with contextlib.suppress(ProcessLookupError):  # it has ended already, which is told below
            _RECORD.write_text(json.dumps(asdict(Identity.of(engine.pid))))
        _await(engine)
    engine.returncode = 0  # it goes on without us: it is nobody's to wait for here
    say(f"The Docker engine runs (pid {engine.pid}, log {LOG}); `chaoskit doctor --stop-engine` stops it.")


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One at a time: of two engines the later one ends at once, and its record would be of nobody."""
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _await(engine: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_S
    while not _answers():
        if engine.poll() is not None or time.monotonic() > deadline:
            engine.terminate()
            lines = LOG.read_text(errors="replace").splitlines()[-_LAST_LINES:]
            raise ChaoskitError("the Docker engine does not start:\n" + "\n".join(lines), remedy=f"See {LOG}.")
        time.sleep(0.05)


def _answers() -> bool:
    docker = shutil.which("docker")
    if docker is None or not _SOCKET.exists():
        return False
    argv = [docker, "--host", f"unix://{_SOCKET}", "version", "--format", "{{.Server.Version}}"]
    return _run(argv, _START_S).returncode == 0


def _containers() -> int:
    """How many run on it.

    Raises:
        ChaoskitError: it does not say: it must not be taken for none.
    """
    done = _run([find_tool("docker", "docker.io"), "--host", f"unix://{_SOCKET}", "ps", "--quiet"], _STOP_S)
    if done.returncode:
        raise ChaoskitError(f"the Docker engine does not say what runs on it: {done.stderr.strip()}")
    return len(done.stdout.split())


def _run(argv: Sequence[str], timeout_s: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(argv, capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        raise ChaoskitError(f"{shlex.join(argv)} took longer than {timeout_s:g} s") from None


def _started() -> Identity | None:
    try:
        found = Identity(**json.loads(_RECORD.read_text()))
    except FileNotFoundError:
        return None
    return found if found.alive() else None
