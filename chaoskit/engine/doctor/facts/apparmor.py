"""AppArmor profiles that would keep a daemon from its files inside a host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chaoskit.engine.doctor.fact import MISSING, OK, Fact

_DAEMONS = {"named": "usr.sbin.named", "unbound": "usr.sbin.unbound"}
"""Daemon, and the file of its profile as Debian and Ubuntu ship it: it names paths that an overlay does not have."""


def facts(profiles: Path = Path("/sys/kernel/security/apparmor/profiles")) -> Iterator[Fact]:
    """Which of the daemons are confined, where this user may see it."""
    try:
        lines = profiles.read_text().splitlines()
    except OSError:
        yield Fact("AppArmor", "machine", OK, "no profiles in force, or not ours to see")
        return
    enforced = {Path(line.split(" ")[0]).name for line in lines if line.endswith("(enforce)")}
    confined = [daemon for daemon in _DAEMONS if daemon in enforced]
    if not confined:
        yield Fact("AppArmor", "machine", OK, "confines no daemon of a lab")
    for daemon in confined:
        remedy = f"apparmor_parser -R /etc/apparmor.d/{_DAEMONS[daemon]} (until the next boot)"
        yield Fact(f"AppArmor: {daemon}", "machine", MISSING, "confined", f"{daemon} may not start in a host", remedy)
