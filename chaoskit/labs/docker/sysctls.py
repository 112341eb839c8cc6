"""The sysctls a lab relies on, in containers: those the native driver sets in every namespace."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chaoskit.labs.native import sysctls

_TABLE = dict(sysctls.table(sysctls.HOST))
_OF_A_DEVICE = "ipv4.conf.default."


def of_containers() -> Mapping[str, str]:
    """What a Compose file says of them, as far as this machine's kernel has them."""
    there = [name for name in _TABLE if Path("/proc/sys/net", name.replace(".", "/")).exists()]
    return {f"net.{name}": _TABLE[name] for name in there}


def prepare(own: Mapping[str, str]) -> None:
    """Give the interfaces of the calling thread's network namespace the defaults that a lab has for them.

    The engine makes a container's interfaces before it sets the defaults, so they have this machine's values.

    Args:
        own: the service's `sysctls`.
    """
    defaults = {**_TABLE, **{name.removeprefix("net."): value for name, value in own.items()}}
    folders = Path("/proc/sys/net/ipv4/conf").iterdir()
    devices = [folder.name for folder in folders if folder.name not in ("all", "default", "lo")]
    wanted = [
        (f"ipv4/conf/{device}/{name.removeprefix(_OF_A_DEVICE)}", value)
        for device in devices
        for name, value in defaults.items()
        if name.startswith(_OF_A_DEVICE)
    ]
    sysctls.apply(sysctls.lacking(wanted))
