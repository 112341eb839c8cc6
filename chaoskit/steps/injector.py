"""The process in which an injector runs: `python -m chaoskit.steps.injector NETNS FUNCTION ARGUMENTS BEFORE`.

It enters the host's network, imports the function, says so on stdout, and waits for a line on stdin before it
calls it. The end of stdin is the end of its parent, whatever became of that, and so its own.

    parent                     injector
      |  -- starts -->            |
      |  <-- "ready" --           |  in the network, function imported, nothing done
      |  -- "go" -->              |  calls the function
      |  x (closed, or killed)    |  ends at once
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from chaoskit.core.errors import ChaoskitError, StepError
from chaoskit.core.step import Json
from chaoskit.kernel.identity import Identity
from chaoskit.kernel.namespaces import enter_network
from chaoskit.steps.function import resolve

_READY = b"ready\n"
_READY_WITHIN_S = 10.0
_GO_WITHIN_S = 30.0
"""How long an injector that was prepared waits for its start: nobody waits for it any more then."""
_REAPED_WITHIN_S = 2.0
_TOLD = 600
"""Characters of its last words that an error repeats."""


class Injector:
    """One injector's process, seen from its parent: held until `go`."""

    def __init__(self, process: subprocess.Popen[bytes], words: IO[bytes]) -> None:
        self.identity = Identity.of(process.pid)
        self.going = False
        self._process, self._words = process, words

    @classmethod
    def hold(cls, netns: Path, function: str, arguments: Mapping[str, Json], before: Mapping[str, Json]) -> Injector:
        """Start a process that is ready to call `function(arguments, before)` in a network, and does nothing yet.

        Raises:
            StepError: it cannot enter the network, or there is no such function.
        """
        words = TemporaryFile()  # noqa: SIM115  closed by `end`
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(netns), function, json.dumps(arguments), json.dumps(before)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
            start_new_session=True,
            bufsize=0,
        )
        injector = cls(process, words)
        if injector._first_word() != _READY:
            injector.end()
            raise StepError(f"{function} cannot be run in {netns}: {injector.last_words}")
        return injector

    def _first_word(self) -> bytes:
        assert self._process.stdout is not None
        killer = threading.Timer(_READY_WITHIN_S, self._process.kill)
        killer.start()
        try:
            return self._process.stdout.readline()
        finally:
            killer.cancel()

    def go(self) -> None:
        """Let it do what it is there for.

        Raises:
            StepError: it has ended.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(b"go\n")
        except BrokenPipeError as error:
            raise StepError(f"the injector has ended before its start: {self.last_words}") from error
        self.going = True

    def wait(self, timeout_s: float) -> int | None:
        """Its exit status; None when it is not over after so many seconds."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    @property
    def fate(self) -> str:
        """How it ended, for a sentence: ` (signal 9)`; empty while it runs."""
        # Its first thread is a zombie for a moment before its last one has ended and it can be reaped.
        match self.wait(0 if self.identity.alive() else _REAPED_WITHIN_S):
            case None:
                return ""
            case status if status < 0:
                return f" (signal {-status})"
            case status:
                return f" (exit status {status})"

    @property
    def last_words(self) -> str:
        """The end of what it wrote to stderr."""
        if self._words.closed:
            return self._said
        self._words.seek(0)
        return self._words.read().decode(errors="replace").strip()[-_TOLD:] or "it said nothing"

    def end(self) -> None:
        """Kill and reap it; doing it twice changes nothing."""
        self.identity.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_REAPED_WITHIN_S)
        self._said = self.last_words
        for stream in (self._process.stdin, self._process.stdout, self._words):
            if stream is not None:
                stream.close()


def main() -> None:
    """Be an injector."""
    netns, function, arguments, before = sys.argv[1:]
    # The usual soft limit, 1,024, is for select(2): an injector may hold thousands of connections.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        enter_network(Path(netns))
        inject = resolve(function)
    except ChaoskitError as error:
        sys.exit(str(error))
    impatience = threading.Timer(_GO_WITHIN_S, os._exit, (1,))
    impatience.daemon = True
    impatience.start()
    os.write(1, _READY)
    if not os.read(0, 3):
        return
    impatience.cancel()
    threading.Thread(target=_hang_on, daemon=True).start()
    try:
        inject(json.loads(arguments), json.loads(before))
    except ChaoskitError as error:
        sys.exit(str(error))


def _hang_on() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
