"""Work in a host's namespaces from outside: by thread for the network, by process for all of them."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from chaoskit.core.errors import LabError
from chaoskit.kernel import syscalls

T = TypeVar("T")


def enter_network(netns: Path) -> None:
    """Move the calling thread into a network namespace for good; other threads stay where they are.

    Call it in a thread of its own: there is no way back that does not need privileges.

    Raises:
        LabError: the namespace is gone, or may not be entered.
    """
    try:
        fd = os.open(netns, os.O_RDONLY | os.O_CLOEXEC)
        try:
            syscalls.setns(fd, syscalls.CLONE_NEWNET)
        finally:
            os.close(fd)
    except OSError as error:
        raise LabError(f"cannot enter the network namespace {netns}: {error.strerror}") from error


def in_network(netns: Path, function: Callable[[], T]) -> T:
    """Call a function in a fresh thread inside a network namespace; sockets it makes stay there.

    Raises:
        LabError: the namespace cannot be entered. What the function raises is raised here.
    """
    result: Future[T] = Future()

    def body() -> None:
        try:
            enter_network(netns)
            result.set_result(function())
        except BaseException as error:  # noqa: BLE001  handed to the caller by the future
            result.set_exception(error)

    thread = threading.Thread(target=body, name=f"in {netns}", daemon=True)
    thread.start()
    thread.join()
    return result.result()


def run_in_network(
    netns: Path, argv: Sequence[str], *, stdin: str = "", timeout: float = 5.0
) -> subprocess.CompletedProcess[str]:
    """Run one of this machine's programs with a host's network: nothing is needed in the host's image.

    Raises:
        subprocess.TimeoutExpired: it took longer than `timeout` seconds.
    """
    command = ["nsenter", f"--net={netns}", "--", *argv]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)


def run_in_host(
    pid: int, argv: Sequence[str], *, stdin: str = "", timeout: float = 5.0
) -> subprocess.CompletedProcess[str]:
    """Run a program of the host's own file system in all of its namespaces.

    Raises:
        subprocess.TimeoutExpired: it took longer than `timeout` seconds.
    """
    command = ["nsenter", f"--target={pid}", "--mount", "--uts", "--ipc", "--net", "--pid", "--", *argv]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
