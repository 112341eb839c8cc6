"""Limits, signals and kernel settings of a service."""

from __future__ import annotations

import re
import signal

from chaoskit.labs.compose.fields import Fields
from chaoskit.labs.spec import Ulimit

_PERIOD_US = 100_000
"""The kernel's period for `cpu_quota` where the file gives none (sched-bwc documentation)."""


def cpus(service: Fields) -> float | None:
    """Cores a host may use: `deploy.resources.limits.cpus`, `cpus`, or `cpu_quota` over `cpu_period`.

    Raises:
        LabError: it is no number.
    """
    limit = service.at("deploy").at("resources").at("limits").number("cpus")
    value = limit if limit is not None else service.number("cpus")
    quota = service.integer("cpu_quota")
    if value is None and quota is not None and quota > 0:
        value = quota / (service.number("cpu_period") or _PERIOD_US)
    return value or None


def memory(service: Fields) -> int | None:
    """Bytes a host may use: `deploy.resources.limits.memory`, or `mem_limit`; 0 and -1 are no limit.

    Raises:
        LabError: it is no size.
    """
    limit = service.at("deploy").at("resources").at("limits").size("memory")
    if limit is None and service.text("mem_limit") != "-1":
        limit = service.size("mem_limit")
    return limit or None


def ulimits(service: Fields) -> dict[str, Ulimit]:
    """Resource limits by name; -1 is unlimited.

    Raises:
        LabError: a limit is no number, or the soft one is above the hard one.
    """
    found = {}
    for name, entry in service.at("ulimits").each():
        soft, hard = (entry.integer(key, -1) for key in ("soft", "hard"))
        if soft is None or hard is None or (hard != -1 and (soft > hard or soft == -1)):
            raise entry.mistake("soft", f"the soft limit {soft} is above the hard limit {hard}")
        found[name] = Ulimit(soft, hard)
    return found


def stop_signal(service: Fields) -> str:
    """The signal's full name; `QUIT` and `3` mean `SIGQUIT`.

    Raises:
        LabError: there is no such signal.
    """
    text = service.text("stop_signal", "SIGTERM").upper()
    if text.isdigit() and int(text) in list(signal.Signals):
        return signal.Signals(int(text)).name
    name = text if text.startswith("SIG") else f"SIG{text}"
    if name not in signal.Signals.__members__ and not re.fullmatch(r"SIGRT(MIN|MAX)([+-]\d+)?", name):
        raise service.mistake("stop_signal", f"there is no signal {text!r}", "Write one such as SIGTERM or SIGQUIT.")
    return name
