"""What the environment says of this tier."""

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass

_TIME = re.compile(r"(\d+(?:\.\d+)?)(ms|s)")


@dataclass(frozen=True)
class Settings:
    """See the program's docstring; times in seconds, a time that is not given is None."""

    instance: str
    region: str
    port: int
    admin_port: int
    backlog: int
    workers: int
    queue: int
    rejects: bool
    before: float
    after: float
    deadline: float | None
    request_timeout: float
    idle_timeout: float
    dependency: str
    dependency_timeout: float
    dependency_sla: float | None
    sla: float | None
    logs: bool

    @classmethod
    def from_environment(cls, given: Mapping[str, str] = os.environ) -> "Settings":
        """Read every variable.

        Raises:
            SystemExit: one makes no sense; the message names it.
        """
        return cls(
            instance=given.get("INSTANCE") or socket.gethostname(),
            region=given.get("REGION", ""),
            port=_number(given, "PORT", 8080),
            admin_port=_number(given, "ADMIN_PORT", 8081),
            backlog=_number(given, "BACKLOG", 128),
            workers=_number(given, "WORKERS", 8),
            queue=_number(given, "QUEUE", 0),
            rejects=_choice(given, "WHEN_FULL", "reject", "wait"),
            before=_time(given, "SERVICE_TIME", "0s"),
            after=_time(given, "SERVICE_TIME_AFTER", "0s"),
            deadline=_time(given, "DEADLINE", "0s") or None,
            request_timeout=_time(given, "REQUEST_TIMEOUT", "10s"),
            idle_timeout=_time(given, "IDLE_TIMEOUT", "15s"),
            dependency=given.get("DEPENDENCY", ""),
            dependency_timeout=_time(given, "DEPENDENCY_TIMEOUT", "1s"),
            dependency_sla=_time(given, "DEPENDENCY_SLA", "0s") or None,
            sla=_time(given, "SLA", "0s") or None,
            logs=_choice(given, "ACCESS_LOG", "on", "off", default="off"),
        )

    @property
    def places(self) -> int:
        """Requests it takes at a time: those worked on, and those that wait inside."""
        return self.workers + self.queue

    @property
    def summary(self) -> str:
        """One line for the log."""
        full = "rejects" if self.rejects else "waits"
        return f"{self.workers} workers, queue {self.queue}, listen queue {self.backlog}, {full} when full"


def _number(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name) or str(default)
    if not text.isdigit():
        raise SystemExit(f"{name}={text!r} is no number")
    return int(text)


def _time(given: Mapping[str, str], name: str, default: str) -> float:
    text = given.get(name) or default
    match = _TIME.fullmatch(text)
    if not match:
        raise SystemExit(f"{name}={text!r} is no time such as 250ms or 1.5s")
    return float(match[1]) / (1000 if match[2] == "ms" else 1)


def _choice(given: Mapping[str, str], name: str, yes: str, no: str, default: str = "") -> bool:
    text = given.get(name) or default or yes
    if text not in (yes, no):
        raise SystemExit(f"{name}={text!r} is neither {yes} nor {no}")
    return text == yes
