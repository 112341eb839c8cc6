"""Root, or namespaces without it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from chaoskit.engine.doctor.fact import MISSING, OK, SUBSTITUTE, Fact
from chaoskit.engine.doctor.trial import trial
from chaoskit.labs.native import rootless

_RESTRICTIONS = (
    (Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"), "1"),
    (Path("/proc/sys/kernel/unprivileged_userns_clone"), "0"),
    (Path("/proc/sys/user/max_user_namespaces"), "0"),
)
"""Sysctls that forbid user namespaces, with the value that does: Ubuntu 23.10 on, Debian before 11, any Linux."""


def facts() -> Iterator[Fact]:
    """Whether namespaces can be made, and who by."""
    refused = trial().get("namespaces", "")
    if refused:
        yield Fact("namespaces", "machine", MISSING, refused, "no native lab runs", remedy(), needed=True)
    elif os.geteuid() == 0:
        yield Fact("namespaces", "machine", OK, "root", needed=True)
    else:
        yield Fact("namespaces", "machine", OK, "user namespaces, not root", needed=True)
        yield _users()


def _users() -> Fact:
    """Whether a daemon may change its user in a namespace of this one's."""
    if not (missing := rootless.missing_for_users()):
        return Fact("users", "machine", OK, "subordinate ids")
    means = "daemons that change their user do not run: they are marked below"
    remedy = f"As root, once: {missing}"
    return Fact("users", "machine", SUBSTITUTE, "you alone", means, remedy)


def remedy() -> str:
    """Which restriction is in force, and how to be free of it."""
    for path, forbids in _RESTRICTIONS:
        if path.exists() and path.read_text().strip() == forbids:
            name = ".".join(path.parts[3:])
            free = {"1": "0", "0": "1"}[forbids] if "max" not in name else "15000"
            return f"Run as root, or: sysctl -w {name}={free}"
    return "Run as root."
