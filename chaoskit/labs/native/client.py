"""The keeper's end of an island: calls go out, replies and events come back on a thread of their own."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.labs.native import bootstrap, messages
from chaoskit.labs.native.plan import IslandPlan

Event = messages.Started | messages.Exited
_INTERPRETER = os.path.realpath(sys.executable)


@dataclass(frozen=True)
class Answer:
    """What came back for a call; who asked owns the open files."""

    number: int
    exit_code: int
    fds: tuple[int, ...]


@dataclass(frozen=True)
class Asked:
    """A call that was made: its number, and its answer to come (or the LabError that says why not)."""

    number: int
    future: Future[Answer]


class Island:
    """A running island process. Make it on the main thread: it dies with the thread that made it.

    Attributes:
        on_event: called on the reader's thread, in the order things happened; it owns the open files.
        on_end: called on the reader's thread when the island is gone.
    """

    def __init__(
        self,
        plan: IslandPlan,
        log: Path,
        on_event: Callable[[Event, list[int]], None],
        on_end: Callable[[], None],
    ) -> None:
        self._on_event = on_event
        self._on_end = on_end
        self._log = log
        self._sending = threading.Lock()
        self._lock = threading.Lock()
        self._waiting: dict[int, Future[Answer]] = {}
        self._number = 0
        self._gone = False
        self._socket, theirs = messages.pair()
        with theirs:
            self._process = _spawn(plan, theirs.fileno(), log)
        self._reader = threading.Thread(target=self._read, name=f"island {plan.lab}", daemon=True)

    @property
    def pid(self) -> int:
        """The outer process; everything of the lab descends from it."""
        return self._process.pid

    def wait_ready(self) -> None:
        """Wait for the island's bridges and volumes.

        Raises:
            LabError: the island could not be made.
        """
        try:
            received = messages.receive(self._socket)
        except OSError:  # another thread closed it
            received = None
        if received is None:
            raise LabError(f"the lab's process ended while it started{self._last_words()}")
        message, _ = received
        if isinstance(message, messages.Ready) and message.error:
            raise LabError(f"the lab cannot be made: {message.error}", remedy=_remedy(message.error))
        with self._lock:
            if self._gone:
                raise LabError("the lab was taken down while it came up")
            self._reader.start()

    def call(self, operation: messages.Operation, fds: Sequence[int] = ()) -> Asked:
        """Ask for an operation; it is carried out in the order of the calls.

        Sending may wait for the island, which may wait for the reader: never call it with a lock held
        that an event needs.
        """
        with self._sending:
            self._number += 1
            asked = Asked(self._number, Future())
            with self._lock:
                if self._gone:
                    asked.future.set_exception(LabError("the lab is down"))
                    return asked
                self._waiting[asked.number] = asked.future
            try:
                messages.send(self._socket, messages.Call(asked.number, operation), fds)
            except OSError:
                self._fail(asked.number)
        return asked

    def close(self) -> None:
        """End the island and wait until the kernel has taken everything of it away."""
        with self._lock:
            self._gone = True
        self._process.kill()
        self._process.wait()
        if self._reader.ident is not None:
            self._reader.join()
        self._socket.close()

    def _read(self) -> None:
        while (received := messages.receive(self._socket)) is not None:
            message, fds = received
            if isinstance(message, messages.Reply):
                self._answer(message, fds)
            elif isinstance(message, messages.Started | messages.Exited):
                self._on_event(message, fds)
        with self._lock:
            self._gone = True
            left = list(self._waiting)
        for number in left:
            self._fail(number)
        self._on_end()

    def _fail(self, number: int) -> None:
        with self._lock:
            future = self._waiting.pop(number, None)
        if future is not None:
            future.set_exception(LabError("the lab's process is gone"))

    def _answer(self, reply: messages.Reply, fds: list[int]) -> None:
        with self._lock:
            future = self._waiting.pop(reply.number)
        if reply.error:
            messages.close_all(fds)
            future.set_exception(LabError(reply.error))
        else:
            future.set_result(Answer(reply.number, reply.exit_code, tuple(fds)))

    def _last_words(self) -> str:
        text = self._log.read_text().strip()
        return f": {text.splitlines()[-1]}" if text else ""


def _spawn(plan: IslandPlan, control: int, log: Path) -> subprocess.Popen[bytes]:
    """Execute the island's process with the plan in an anonymous file."""
    plan_fd = os.memfd_create("chaoskit-plan")
    try:
        with open(plan_fd, "wb", closefd=False) as file:
            pickle.dump(plan, file)
        os.lseek(plan_fd, 0, os.SEEK_SET)
        argv = [_INTERPRETER, "-I", "-S", bootstrap.__file__, str(plan_fd), str(control)]
        with log.open("ab") as output:
            return subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(plan_fd, control),
                start_new_session=True,
            )
    finally:
        os.close(plan_fd)


def _remedy(error: str) -> str:
    if "Operation not permitted" in error:
        return "Native labs need root or user namespaces; `chaoskit doctor` says what this machine allows."
    return ""
