"""What a run was of: one word for the plan and everything in the lab's files, the same for the same run only.

Checks are not part of it: a recorded run is judged by the checks as they are now.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from chaoskit.engine.plan import Plan
from chaoskit.engine.plan_json import plan_json
from chaoskit.labs.spec import HostSpec, MountKind

_JUDGED = ("claim", "windows", "checks", "must_fail", "may_fail")
_MADE_BY_RUNNING = "__pycache__"


def digest(plan: Plan) -> str:
    """A digest of an arm's plan, its Compose files, and the content of the files they mount."""
    whole = hashlib.sha256()
    for part in _parts(plan):
        whole.update(hashlib.sha256(part).digest())
    return whole.hexdigest()


def _parts(plan: Plan) -> Iterator[bytes]:
    written = {key: value for key, value in plan_json(plan).items() if key not in (*_JUDGED, "lab")}
    yield json.dumps(written, sort_keys=True, default=str).encode()
    for entry in (*plan.boot, *plan.entries):
        yield repr(entry.steps).encode()
    for one in plan.loads:
        yield repr((one.name, one.load.timeout, one.load.connections)).encode()
    for file in plan.spec.files:
        yield file.read_bytes()
    for host in plan.spec.hosts:
        yield from _host(host)


def _host(host: HostSpec) -> Iterator[bytes]:
    """What one host is started with; where its files lie on this machine makes no difference."""
    yield repr(replace(host, where="", mounts=())).encode()
    for mount in host.mounts:
        bind = mount.kind is MountKind.BIND
        yield repr(replace(mount, source="" if bind else mount.source)).encode()
        if bind:
            yield from _content(Path(mount.source))


def _content(path: Path) -> Iterator[bytes]:
    """Names and contents of the files there are; of none where there is nothing."""
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file() and _MADE_BY_RUNNING not in file.parts:
            yield str(file.relative_to(path)).encode()
            yield file.read_bytes()
