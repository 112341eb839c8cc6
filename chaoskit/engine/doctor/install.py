"""Installing Debian packages without starting what is in them.

A daemon that a lab needs must not run on the machine itself: it would take the port and the user would
have a server that nobody asked for. Debian asks `policy-rc.d` before a package's script starts a service
(invoke-rc.d(8)); 101 forbids it. Units that a package enables for the next boot are disabled again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from chaoskit.core.errors import ChaoskitError, UsageError

POLICY = Path("/usr/sbin/policy-rc.d")
_FORBID = "#!/bin/sh\n# Placed by chaoskit while it installs packages; it is removed right after.\nexit 101\n"
_UNITS = Path("/etc/systemd/system")
_LISTS = Path("/var/lib/apt/lists")
_FRESH_S = 24 * 3600
_WAIT_FOR_LOCK = ["-o", "DPkg::Lock::Timeout=300"]


def command(packages: Sequence[str]) -> str:
    """What a person would type."""
    return shlex.join(["apt-get", "install", "-y", "--no-install-recommends", *packages])


def install(packages: Sequence[str]) -> tuple[str, ...]:
    """Install packages; says which units were kept from starting at the next boot.

    Raises:
        UsageError: not root, or no apt on this machine.
        ChaoskitError: apt failed; the message has the end of what it said.
    """
    if shutil.which("apt-get") is None:
        raise UsageError(
            "this machine has no apt-get", remedy=f"Install what holds these, by your own means: {', '.join(packages)}."
        )
    if os.geteuid() != 0:
        raise UsageError("installing needs root", remedy=f"sudo {command(packages)}")
    before = _enabled()
    with forbidding_starts():
        if not _lists_are_fresh():
            _apt("update")
        _apt("install", "-y", "--no-install-recommends", *packages)
    return _disable(_enabled() - before)


@contextlib.contextmanager
def forbidding_starts(policy: Path = POLICY) -> Iterator[None]:
    """No package starts a service meanwhile; somebody else who installs waits. A policy of the machine's own stays.

    One that chaoskit left behind when it was killed is taken for what it is, and goes.
    """
    fd = _locked(policy)
    try:
        if policy.read_bytes() not in (b"", _FORBID.encode()):
            yield
            return
        try:
            policy.write_text(_FORBID)
            policy.chmod(0o755)
            yield
        finally:
            policy.unlink()
    finally:
        os.close(fd)


def _locked(policy: Path) -> int:
    """The policy, made if need be, for this process alone; not open for writing, or nobody could run it (execve(2))."""
    while True:
        fd = os.open(policy, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o755)
        fcntl.flock(fd, fcntl.LOCK_EX)
        if os.fstat(fd).st_nlink:
            return fd
        os.close(fd)  # whoever had it before has removed it meanwhile


def _apt(*arguments: str) -> None:
    """Run apt-get; what it says goes to stderr, where progress belongs."""
    quiet = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1", "RUNLEVEL": "1"}
    argv = ["apt-get", "-q", *_WAIT_FOR_LOCK, *arguments]
    done = subprocess.run(argv, env={**os.environ, **quiet}, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise ChaoskitError(
            f"{shlex.join(argv)} failed with status {done.returncode}",
            remedy="What it said is above. Nothing was started.",
        )


def _lists_are_fresh() -> bool:
    stamps = [file.stat().st_mtime for file in _LISTS.glob("*Packages*")]
    return bool(stamps) and time.time() - max(stamps) < _FRESH_S


def _enabled() -> set[Path]:
    """What has units start: services, and sockets and timers that start services."""
    return {link for kind in ("wants", "requires") for link in _UNITS.glob(f"*.{kind}/*")}


def _disable(links: Collection[Path]) -> tuple[str, ...]:
    """Keep units that a package has just enabled from starting at the next boot."""
    for link in links:
        link.unlink()
    return tuple(sorted({link.name for link in links}))


if __name__ == "__main__":
    try:
        install(sys.argv[1:])
    except ChaoskitError as error:
        sys.exit(f"error: {error}")
