"""An engine in a process of its own that reports counts: `python -m chaoskit.loads.counted PARENT_PID`.

JSON lines in and out. In: the work, then changes of its course. Out: `ready`, then about twice a second what was
counted since the last time and, where rows are recorded, a part of them as a Parquet file; at last the account or what
went wrong. For who wants totals first; `child` is the one that sends rows. Locust's own process cannot be it: gevent
has changed the standard library there, epoll included, under client libraries as well, and its greenlets would share
the interpreter with the engine.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import time
from _thread import allocate_lock, start_new_thread
from base64 import b64decode, b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chaoskit.core.errors import ChaoskitError, UsageError
from chaoskit.loads import request_files
from chaoskit.loads.course import Course, Deal
from chaoskit.loads.engine import Engine
from chaoskit.loads.kept import Kept
from chaoskit.loads.process import come_after, prepare, take_output
from chaoskit.loads.tally import Tally, packed, sparse
from chaoskit.loads.work import IMPORTABLE

if TYPE_CHECKING:
    from chaoskit.loads.parts import Part
    from chaoskit.loads.work import Work

_PERIOD = 0.4


class Counted:
    """One engine, from its work to its account; makes itself heard on a descriptor."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._lock = allocate_lock()
        self._counting = allocate_lock()
        self._engine: Engine | None = None
        self._tally: Tally | None = None
        self._parts = 0

    def run(self) -> None:
        """Obey what comes on standard input; its end is the parent's."""
        self._tell(ready=True)
        for line in sys.stdin:
            told = json.loads(line)
            if "work" in told:
                self._begin(told)
            elif "stop" in told and self._engine is not None:
                self._engine.stop()
            elif "deals" in told and self._engine is not None:
                self._engine.recast(course(told))

    def _begin(self, told: dict[str, Any]) -> None:
        try:
            work: Work = pickle.loads(b64decode(told["work"]))
            origin = told["origin"]
            work = replace(work, origin=origin, course=course(told))
            self._tally = Kept(origin, self._keep) if told["record"] else Tally(origin)
        except (ImportError, AttributeError) as error:
            self._fail(UsageError(f"a load cannot be handed to its engine: {error}", remedy=IMPORTABLE))
            return
        started = allocate_lock()
        started.acquire()
        start_new_thread(self._generate, (work, self._tally, started))
        come_after()
        started.acquire()

    def _generate(self, work: Work, tally: Tally, started: Any) -> None:
        """The engine's thread, to its end and that of the process."""
        try:
            try:
                self._engine = engine = Engine(work, tally.emit, tally.emit_attempts)
            finally:
                started.release()
            tally.start(engine)
            start_new_thread(self._report, (tally,))
            account = engine.run()
            tally.finish()
            if engine.failure is not None:
                raise engine.failure
        except ChaoskitError as error:
            self._fail(error)
        except BaseException as error:
            self._tell(error={"message": f"the engine failed: {error!r}", "remedy": "", "kind": ""})
            raise
        self._count(tally)
        shared = engine.course
        self._tell(
            account={
                "scheduled": sum(row.scheduled for row in account),
                "recorded": sum(row.recorded for row in account),
                "abandoned": sum(row.abandoned for row in account),
                "attempts": tally.attempts,
                "whole": shared.whole if shared else 0,
                "doubled": shared.doubled if shared else 0,
                "lag": sparse(tally.lag()),
                "parts": self._parts,
            }
        )
        os._exit(0)

    def _report(self, tally: Tally) -> None:
        come_after()
        while True:
            time.sleep(_PERIOD)
            self._count(tally)

    def _count(self, tally: Tally) -> None:
        with self._counting:  # what one thread has taken must be told before another one says that this was all
            cells = tally.statistics.take()
            if cells:
                self._tell(cells=packed(cells))

    def _keep(self, part: Part) -> None:
        self._parts += 1
        data = b64encode(request_files.packed(part.rows)).decode()
        self._tell(part={"kind": part.kind, "number": part.number, "data": data})

    def _fail(self, error: ChaoskitError) -> None:
        told = {"message": str(error.args[0]), "remedy": error.remedy, "kind": type(error).__name__}
        self._tell(error=told)
        os._exit(3)

    def _tell(self, **what: object) -> None:
        data = memoryview(json.dumps(what).encode() + b"\n")
        with self._lock:
            while data:
                data = data[os.write(self._pipe, data) :]


def course(told: dict[str, Any]) -> Course:
    """A course as a message has it: deals as lists of their fields, and the end."""
    return Course(tuple(Deal(*deal) for deal in told["deals"]), told["end"])


def main() -> int:
    """Be an engine."""
    if not prepare(int(sys.argv[1])):
        return 1
    Counted(take_output()).run()
    return 1


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    os._exit(status)
