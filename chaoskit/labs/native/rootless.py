"""Native labs without root: chaoskit executes itself again as root of a user namespace of its own."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from chaoskit.core.errors import LabError, MissingTool
from chaoskit.kernel.identity import user_outside

PACKAGE = "uidmap"
"""The Debian package of newuidmap(1) and newgidmap(1)."""
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


def is_single_user() -> bool:
    """Whether labs of this process have one user only: it has none beside itself to give to them."""
    return has_one_user() if os.geteuid() == 0 else not may_map_users()


def ensure_privileges(argv: Sequence[str]) -> None:
    """Return when native labs can be made by this process; else execute `argv` again in a user namespace.

    Args:
        argv: the whole command, program first.

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
    return not missing_for_users()


def missing_for_users() -> str:
    """What a user lacks for daemons that change their user, as commands; empty when nothing does."""
    commands = [] if shutil.which("newuidmap") else [f"apt-get install {PACKAGE}"]
    if not all(_gives_ids(Path(file)) for file in _SUBORDINATE):
        name = _name()
        commands.append(f"usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {name}")
    return " && ".join(commands)


def _gives_ids(file: Path) -> bool:
    names = {str(user_outside()), _name()}
    return file.exists() and any(line.partition(":")[0] in names for line in file.read_text().splitlines())


def _name() -> str:
    user = user_outside()
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
