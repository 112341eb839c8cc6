"""Calling the docker command: what it says of its work goes to stderr when it fails, not before."""

from __future__ import annotations

import subprocess

from chaoskit.core.errors import ChaoskitError
from chaoskit.kernel.tools import find_tool

_LAST_LINES = 15


def docker(*arguments: str, stdin: str = "", timeout: float) -> str:
    """Run `docker ...`; what it answered.

    Raises:
        MissingTool: this machine has no docker command.
        ChaoskitError: it failed, or took longer than `timeout` seconds; the message has the end of what it said.
    """
    argv = [find_tool("docker", "docker.io"), *arguments]
    what = f"docker {arguments[0]}"
    try:
        done = subprocess.run(
            argv, input=stdin.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ChaoskitError(f"{what} took longer than {timeout:g} s\n{_end(error.output)}") from None
    if done.returncode:
        raise ChaoskitError(f"{what} failed with status {done.returncode}\n{_end(done.stdout)}")
    return done.stdout.decode(errors="replace")


def _end(said: bytes | None) -> str:
    lines = (said or b"").decode(errors="replace").rstrip().splitlines()
    return "\n".join(f"  {line}" for line in lines[-_LAST_LINES:])
