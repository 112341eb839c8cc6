"""Native labs without root: chaoskit executes itself again as root of a user namespace of its own."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from chaoskit.core.errors import LabError, MissingTool

_SUBORDINATE = ("/etc/subuid", "/etc/subgid")
_RESTRICTION = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
_LIMIT = Path("/proc/sys/user/max_user_namespaces")


def is_rootless() -> bool:
    """Whether this process is root of a user namespace only: its user 0 is somebody else outside."""
    first = Path("/proc/self/uid_map").read_text().split()
    return first[:3] != ["0", "0", "4294967295"]


def has_one_user() -> bool:
    """Whether user 0 is the only user of this process's user namespace."""
    lines = Path("/proc/self/uid_map").read_text().splitlines()
    return sum(int(line.split()[2]) for line in lines) == 1


def ensure_privileges(argv: Sequence[str]) -> None:
    """Return when native labs can be made by this process; else execute `argv` again in a user namespace.

    Args:
        argv: the whole command, program first, for example `[sys.executable, *sys.orig_argv[1:]]`.

    Raises:
        LabError: this machine forbids user namespaces to users; the remedy says how to allow them.
        MissingTool: unshare(1) is not installed.
    """
    if os.geteuid() != 0:
        _execute(argv)


def _execute(argv: Sequence[str]) -> NoReturn:
    if problem := forbidden():
        raise LabError("native labs need root here", remedy=problem)
    unshare = shutil.which("unshare")
    if unshare is None:
        raise MissingTool("native labs without root need unshare(1)", remedy="apt-get install util-linux")
    every_user = ["--map-auto"] if may_map_users() else []
    os.execv(unshare, [unshare, "--user", "--map-root-user", *every_user, "--", *argv])


def forbidden() -> str:
    """Why this machine does not let a user make user namespaces, as a remedy; empty when it does."""
    if _LIMIT.exists() and _LIMIT.read_text().strip() == "0":
        return "Run as root, or allow user namespaces: sysctl -w user.max_user_namespaces=15000"
    if _RESTRICTION.exists() and _RESTRICTION.read_text().strip() == "1":
        return "Run as root, or lift AppArmor's restriction: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    return ""


def may_map_users() -> bool:
    """Whether daemons may change their user: subordinate ids are given out and newuidmap(1) is there."""
    if shutil.which("newuidmap") is None:
        return False
    names = {str(os.getuid()), _name()}
    files = [Path(file) for file in _SUBORDINATE]
    return all(file.exists() and any(_owner(line) in names for line in file.read_text().splitlines()) for file in files)


def _owner(line: str) -> str:
    return line.partition(":")[0]


def _name() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return ""
