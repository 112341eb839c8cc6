"""The load generator's process: `python -m chaoskit.loads.child PARENT_PID`, frames on stdin and stdout.

Threads: Locust's (the main one, gevent), the engine's and its workers' (in the clients' networks), the writer's,
and one that reads the runner's words. All but the first are the kernel's own threads, not gevent's: Locust is
asked not to have gevent patch the standard library, which client libraries in workers use as it is.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import time
from _thread import start_new_thread
from pathlib import Path
from typing import TYPE_CHECKING

from chaoskit.core.errors import ChaoskitError, UsageError
from chaoskit.loads import frames
from chaoskit.loads.engine import Engine
from chaoskit.loads.frames import Kind
from chaoskit.loads.process import come_after, prepare, take_output
from chaoskit.loads.work import IMPORTABLE, Work
from chaoskit.loads.writer import Writer

if TYPE_CHECKING:
    from chaoskit.core.history import Generated


class Child:
    """One generator, from its work to its account."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._engine: Engine | None = None
        self._writer: Writer | None = None
        self._stopped = False
        self._ended = False
        self._account: tuple[Generated, ...] | None = None
        self._error: BaseException | None = None

    def run(self) -> int:
        """Serve one run; returns the exit status."""
        os.environ["LOCUST_SKIP_MONKEY_PATCH"] = "1"  # read when locust is imported, right below
        from chaoskit.loads.locust import feeding, pump  # noqa: PLC0415  see above

        frames.write(self._pipe, Kind.READY)
        frame = frames.read(0)
        if frame is None:
            return 0
        try:
            work: Work = pickle.loads(frame[1])
        except (ImportError, AttributeError) as error:
            self._error = UsageError(f"a load cannot be handed to its generator: {error}", remedy=IMPORTABLE)
            return self._close(0, 0)
        start_new_thread(self._listen, ())
        names = [feeding.Names("", "")]
        names += [feeding.Names(job.request.op, job.name) for job in work.jobs]
        zero = time.time() + (work.origin - time.monotonic_ns()) / 1e9
        stats = pump.run(
            lambda: self._launch(work),
            lambda: self._ended,
            lambda stats: (
                feeding.feed(self._writer.statistics.take(), names, zero, stats) if self._writer is not None else None
            ),
        )
        return self._close(stats.total.num_requests, stats.total.num_failures)

    def _launch(self, work: Work) -> None:
        start_new_thread(self._generate, (work,))
        come_after()

    def _generate(self, work: Work) -> None:
        """The engine's thread. Whatever happens, all rows are written before the main thread has the last word."""
        try:
            writer = Writer(self._pipe, work.origin)
            self._engine = Engine(work, writer.emit, writer.emit_attempts)
            frames.write(self._pipe, Kind.ACCEPTED)
            writer.start(self._engine)
            self._writer = writer
            if self._stopped:
                self._engine.stop()
            self._account = self._engine.run()
            self._error = self._engine.failure
        except BaseException as error:  # noqa: BLE001  told to the runner by the main thread
            self._error = error
        try:
            if self._writer is not None:
                self._writer.finish()
        except BaseException as error:  # noqa: BLE001  as above
            self._error = self._error or error
        self._ended = True

    def _listen(self) -> None:
        """Obey the runner; its end of the pipe closed means that it is gone."""
        while (frame := frames.read(0)) is not None:
            if frame[0] is Kind.STOP:
                self._stopped = True
                if self._engine is not None:
                    self._engine.stop()
            elif frame[0] is Kind.MOVED and self._engine is not None:
                host, netns = json.loads(frame[1])
                self._engine.move(host, Path(netns))
        os._exit(1)

    def _close(self, requests: int, failures: int) -> int:
        error = self._error
        if error is not None and not isinstance(error, ChaoskitError):
            raise error
        told = error and {"message": str(error.args[0]), "remedy": error.remedy, "kind": type(error).__name__}
        if self._account is None:
            frames.write(self._pipe, Kind.ERROR, json.dumps(told).encode())
            return 3
        account = [list(vars(row).values()) for row in self._account]
        done = {"generated": account, "locust": {"requests": requests, "failures": failures}, "error": told}
        frames.write(self._pipe, Kind.DONE, json.dumps(done).encode())
        return 3 if told else 0


def main() -> int:
    """Be a load generator."""
    return Child(take_output()).run() if prepare(int(sys.argv[1])) else 1


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
