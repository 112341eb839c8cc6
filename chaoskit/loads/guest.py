"""Users of a locustfile, in a process inside a client host's network: `python -m chaoskit.loads.guest PARENT_PID`.

JSON lines. In: what to run, then `go`, then `stop`. Out: a line a request, `[method and name, due, end, status,
outcome]` with times of CLOCK_MONOTONIC in ns; or what went wrong. The process is forked by a thread that is in the
client host's network, and so is there as well; it sees that host's resolver files by mounts of its own.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from chaoskit.kernel import syscalls
from chaoskit.loads.process import prepare, take_output


def see(files: dict[str, str]) -> None:
    """Have this process, and no other, see other texts in some files of the machine.

    Raises:
        OSError: it may not (CAP_SYS_ADMIN), or there is no such file.
    """
    syscalls.unshare(syscalls.CLONE_NEWNS)
    syscalls.mount("none", "/", flags=syscalls.MS_REC | syscalls.MS_PRIVATE)
    for path, text in files.items():
        with tempfile.NamedTemporaryFile("w") as made:
            made.write(text)
            made.flush()
            syscalls.mount(made.name, str(Path(path).resolve()), flags=syscalls.MS_BIND)


def main() -> int:
    """Run what the first line says, and tell mistakes of the locustfile's as such."""
    if not prepare(int(sys.argv[1])):
        return 1
    pipe = take_output()
    told: dict[str, Any] = json.loads(sys.stdin.readline() or "{}")
    if not told:
        return 1
    if told["files"]:
        see(told["files"])
    from chaoskit.loads.locust import tasks  # noqa: PLC0415  imports gevent, which must come after the mounts

    return tasks.run(told, pipe)


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    os._exit(status)
