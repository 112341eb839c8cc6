"""Where runs keep their files, and where running ones can be found."""

from __future__ import annotations

import errno
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chaoskit.core.errors import ChaoskitError, UsageError
from chaoskit.kernel.identity import user_outside

RUN_FILE = "experiment.json"
"""What makes a folder the record of a run."""


def runtime() -> Path:
    """The folder of what is running now: lost at boot, for this user's eyes only."""
    for base in (os.environ.get("XDG_RUNTIME_DIR"), "/run" if os.geteuid() == 0 else None):
        if base and os.access(base, os.W_OK):
            return _private(Path(base) / "chaoskit", "XDG_RUNTIME_DIR")
    return _private(Path(tempfile.gettempdir()) / f"chaoskit-{user_outside()}", "XDG_RUNTIME_DIR")


def lasting() -> Path:
    """The folder of what outlives its keeper, and may outlive a reboot: containers do. For this user's eyes only.

    By default where the XDG Base Directory Specification has a user's state, and `/var/lib` for root.
    """
    base = state()
    with space_is_said(base):
        base.mkdir(parents=True, exist_ok=True)
    return _private(base / "chaoskit", "XDG_STATE_HOME")


def running() -> tuple[Path, ...]:
    """Every folder of what is running, and of what was left."""
    folders = [runtime(), *([lasting()] if (state() / "chaoskit").exists() else [])]
    return tuple(dict.fromkeys(folders))


def state() -> Path:
    """Where programs of this user keep what is neither configuration nor lost at boot."""
    if base := os.environ.get("XDG_STATE_HOME"):
        return Path(base)
    # Who is root in a user namespace only may not write there, and has a home outside.
    if os.geteuid() == 0 and os.access("/var/lib", os.W_OK):
        return Path("/var/lib")
    return Path.home() / ".local" / "state"


def _private(folder: Path, variable: str) -> Path:
    """The folder, made if need be. What lies in it and travels through its sockets is pickled: it is nobody else's.

    Args:
        folder: where it is.
        variable: of the environment, by which it can be elsewhere.

    Raises:
        UsageError: it is a link, somebody else's, or open to others.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise UsageError(
            f"{folder} is not a folder of your own that is closed to others",
            remedy=f"Remove it or `chmod 700` it if it is yours, or set {variable} to another place than "
            f"{folder.parent}.",
        )
    return folder


def new_run_id(name: str) -> str:
    """`20260131T101500Z-gslb.pool_death-3fa2`: sorts by time, names the experiment, is unique."""
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{word}-{os.urandom(2).hex()}"


def make_directory(path: Path, *inside: str) -> Path:
    """Create a run directory, and folders inside it.

    Raises:
        UsageError: it cannot be created or written to.
    """
    try:
        path.mkdir(parents=True)
        for name in inside:
            (path / name).mkdir()
    except OSError as error:
        raise UsageError(
            f"cannot make the run directory {path}: {error.strerror}", remedy="Name another with --runs DIR."
        ) from error
    return path


def point_latest(runs: Path, directory: Path) -> None:
    """Let `runs/latest` point at the newest run, where the file system has symbolic links."""
    link, draft = runs / "latest", runs / f".latest-{directory.name}"
    draft.symlink_to(directory.resolve())
    draft.replace(link)


@contextmanager
def space_is_said(folder: Path) -> Iterator[None]:
    """Turn a disk that takes nothing more into an error that says so.

    Raises:
        ChaoskitError: the disk was full, over quota, read-only or broken.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO):
            raise
        raise ChaoskitError(
            f"cannot record the run in {folder}: {error.strerror}",
            remedy="Everything was undone. Free space, or name another place with --runs DIR.",
        ) from error
