"""The runner's side of the load generator: a child process that is told what to do and hands rows back."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from chaoskit.core.errors import ChaoskitError, LabError, UsageError
from chaoskit.core.history import TEXT_COLUMNS, Generated, Requests
from chaoskit.loads import frames
from chaoskit.loads.columns import unpack
from chaoskit.loads.frames import Kind
from chaoskit.loads.targets import TargetRefused
from chaoskit.loads.work import IMPORTABLE, Client, Job, Work

__all__ = ["Client", "Generator", "Job", "Totals", "Work"]

Sink = Callable[[Requests], None]

_START = 20.0
_KILL = 2.0


@dataclass(frozen=True)
class Totals:
    """What Locust counted over the run, all loads together."""

    requests: int
    failures: int


class Generator:
    """One load generator process, for one run.

    `open` takes most of a second (imports); call it early, `start` does it otherwise. The process dies
    when this one does, or when it ends its side of the pipe. A thread reads what comes back, and calls
    the sink about every 100 ms while there are requests.
    """

    def __init__(self) -> None:
        self.totals: Totals | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._sink: Sink = lambda _rows: None
        self._attempts: Sink = lambda _rows: None
        self._state = threading.Condition()
        self._ready = self._accepted = self._ended = self._closed = False
        self._generated: tuple[Generated, ...] | None = None
        self._error: BaseException | None = None
        self._labels: dict[str, list[str]] = {column: [] for column in TEXT_COLUMNS}

    @property
    def pid(self) -> int:
        """The process's id; 0 before `open`."""
        return self._process.pid if self._process else 0

    def alive(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def failed(self) -> bool:
        """Whether it has ended without an account or by a mistake; a load's last arrival may well come early."""
        return self._ended and (self._generated is None or self._error is not None)

    @property
    def account(self) -> tuple[Generated, ...]:
        """What it did, even where `wait` raises since it had to stop; empty where it could not say."""
        return self._generated or ()

    def open(self) -> None:
        """Start the process and wait until it has imported everything.

        Raises:
            LabError: it did not come up.
        """
        if self._process is None:
            threading.Thread(target=self._serve, name="load generator", daemon=True).start()
        self._await(lambda: self._ready, _START, "come up")

    def start(self, work: Work, sink: Sink, attempts: Sink | None = None) -> None:
        """Hand over the work; returns when the generator is waiting for the origin.

        Args:
            work: what to do; its origin should be some 100 ms away, or a second and a half without `open`.
            sink: gets every batch of rows, in a thread of the generator's.
            attempts: gets the attempts that failed and were followed by another, in the same thread.

        Raises:
            TargetRefused: a load's literal address is outside the lab; nothing was sent.
            ChaoskitError: the generator cannot do the work; the message says why.
        """
        self.open()
        self._sink = sink
        self._attempts = attempts or self._attempts
        self._send(Kind.WORK, _packed(work))
        self._await(lambda: self._accepted, _START, "take the work up")

    def stop(self) -> None:
        """End arrivals now; requests under way are abandoned, and counted as such."""
        if self.alive() and self._generated is None:
            self._send(Kind.STOP)

    def moved(self, host: str, netns: Path) -> None:
        """A client host came back with a new network: its further requests come from there."""
        if self.alive() and self._generated is None:
            self._send(Kind.MOVED, json.dumps([host, str(netns)]).encode())

    def wait(self, timeout: float | None = None) -> tuple[Generated, ...]:
        """Wait until the load is over and every row has reached the sink; returns the generator's account.

        Raises:
            ChaoskitError: the generator failed or died, or is not done after `timeout` seconds.
        """
        self._await(lambda: self._generated is not None, timeout, "finish")
        assert self._generated is not None
        return self._generated

    def close(self) -> None:
        """End the process, whatever it is doing; one that is just being started as well."""
        self._closed = True
        if self._process is not None:
            if self._process.poll() is None:
                self._process.kill()
            self._process.wait(_KILL)
            with self._state:
                self._state.wait_for(lambda: self._ended, _KILL)
            self._close_pipes()

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout) if self._process else ():
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Generator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _await(self, reached: Callable[[], bool], timeout: float | None, what: str) -> None:
        with self._state:
            there = self._state.wait_for(lambda: reached() or self._ended, timeout)
            if self._error is not None:
                raise self._error
            if not there:
                raise LabError(f"the load generator (pid {self.pid}) did not {what} within {timeout:g} s")
            if not reached():
                raise LabError(f"the load generator has ended and can not {what}")

    def _send(self, kind: Kind, data: bytes = b"") -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            frames.write(self._process.stdin.fileno(), kind, data)
        except BrokenPipeError:
            self._await(lambda: False, _KILL, "listen")

    def _serve(self) -> None:
        """Start the process and read from it until it ends.

        The process asks the kernel to die with the *thread* that started it, so it is this one, which
        lives as long as the process does.
        """
        try:
            with tempfile.TemporaryFile() as log:
                self._spawn(log)
                self._read()
                self._judge_end(log)
        except BaseException as error:  # noqa: BLE001  raised by `start` and `wait`
            self._error = error
            if self._process is not None:
                self._process.kill()
        finally:
            if self._closed:  # perhaps before there was a process to close
                self._close_pipes()
            self._tell(_ended=True)

    def _spawn(self, log: IO[bytes]) -> None:
        argv = [sys.executable, "-m", "chaoskit.loads.child", str(os.getpid())]
        self._process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, bufsize=0, start_new_session=True
        )
        if self._closed:  # nobody will ask for it any more, nor end it
            self._process.kill()

    def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while (frame := frames.read(self._process.stdout.fileno())) is not None:
            self._take(*frame)

    def _take(self, kind: Kind, data: bytes) -> None:
        if kind is Kind.ROWS:
            self._sink(unpack(data, self._labels))
        elif kind is Kind.ATTEMPTS:
            self._attempts(unpack(data, self._labels))
        elif kind is Kind.LABELS:
            for column, labels in json.loads(data).items():
                self._labels[column].extend(labels)
        elif kind is Kind.READY:
            self._tell(_ready=True)
        elif kind is Kind.ACCEPTED:
            self._tell(_accepted=True)
        elif kind is Kind.ERROR:
            self._tell(_error=_error(json.loads(data)))
        elif kind is Kind.DONE:
            done = json.loads(data)
            self.totals = Totals(**done["locust"])
            error = _error(done["error"]) if done["error"] else self._error
            self._tell(_generated=tuple(Generated(*row) for row in done["generated"]), _error=error)

    def _judge_end(self, log: IO[bytes]) -> None:
        """Say how the process ended, if it ended without an account."""
        assert self._process is not None
        status = self._process.wait()
        if self._generated is None and self._error is None:
            log.seek(0)
            tail = log.read().decode(errors="replace").strip().splitlines()[-15:]
            how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
            raise LabError("\n".join([f"the load generator (pid {self._process.pid}) {how} before its end", *tail]))

    def _tell(self, **news: object) -> None:
        with self._state:
            vars(self).update(news)
            self._state.notify_all()


def _packed(work: Work) -> bytes:
    try:
        return pickle.dumps(work)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise UsageError(f"a load cannot be handed to its generator: {error}", remedy=IMPORTABLE) from error


def _error(told: dict[str, str]) -> ChaoskitError:
    kinds: dict[str, type[ChaoskitError]] = {kind.__name__: kind for kind in (LabError, UsageError, TargetRefused)}
    return kinds.get(told["kind"], ChaoskitError)(told["message"], remedy=told["remedy"])
