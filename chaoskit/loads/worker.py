"""A thread that performs operations one after the other, on a session of its own."""

from __future__ import annotations

from _queue import Empty, SimpleQueue
from _thread import start_new_thread
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic_ns

from chaoskit.core.units import NS
from chaoskit.loads.call import CODE, Call
from chaoskit.loads.connection import outcome_of
from chaoskit.loads.session import CutOff, Failed, Operation, Session

Task = tuple[Call, Operation]


@dataclass(frozen=True)
class Done:
    """What came of an operation.

    Attributes:
        outcome: its code.
        definite: of a failure: it had no effect.
        end: when the session said so.
        error: what the session raised that is no outcome: a mistake in the program.
        session: of an error: whose mistake.
    """

    call: Call
    operation: Operation
    outcome: int
    status: int
    instance: str
    definite: bool
    end: int
    error: BaseException | None = None
    session: str = ""


class Worker:
    """See the module. It runs in the network of the thread that starts it.

    Args:
        make: makes a session.
        keep: whether a session serves more than one operation.
        life: ns after which one is closed once idle; None for no limit.
        requests: operations after which one is closed; None for no limit.
        done: called in the worker's thread with what came of an operation.
    """

    def __init__(
        self,
        make: Callable[[], Session],
        *,
        keep: bool,
        life: int | None,
        done: Callable[[Worker, Done], None],
        requests: int | None = None,
    ) -> None:
        self._make = make
        self._keep = keep
        self._life = life
        self._requests = requests
        self._served = 0
        self._done = done
        self._queue: SimpleQueue[Task | None] = SimpleQueue()
        self._session: Session | None = None
        self._born = 0

    def start(self) -> None:
        """Begin to wait for operations.

        Raises:
            RuntimeError: the machine has no thread left.
        """
        start_new_thread(self._run, ())

    def give(self, call: Call, operation: Operation) -> None:
        """The next one to perform."""
        self._queue.put((call, operation))

    def retire(self) -> None:
        """End after what was given."""
        self._queue.put(None)

    def _run(self) -> None:
        while (task := self._next()) is not None:
            task[1].begun = monotonic_ns()
            done = self._perform(*task)
            self._served += 1
            if not self._keep or self._served == self._requests:
                self._drop()
            self._done(self, done)
        self._drop()

    def _next(self) -> Task | None:
        """Wait for an operation; a session whose life ends meanwhile is closed."""
        if self._session is not None and self._life is not None:
            try:
                return self._queue.get(timeout=max(0.0, (self._born + self._life - monotonic_ns()) / NS))
            except Empty:
                self._drop()
        return self._queue.get()

    def _perform(self, call: Call, operation: Operation) -> Done:
        try:
            answer = self._session_now().perform(operation)
        except CutOff:
            return self._failed(call, operation, operation.phase)
        except Failed as failed:
            return self._failed(call, operation, CODE[failed.outcome])
        except TimeoutError:
            return self._failed(call, operation, operation.phase)
        except OSError as error:
            return self._failed(call, operation, outcome_of(error.errno))
        except BaseException as error:  # noqa: BLE001  ends the run, in the engine's thread
            session = "a session to be" if self._session is None else type(self._session).__qualname__
            return replace(self._failed(call, operation, operation.phase), error=error, session=session)
        definite = answer.definite or operation.repeatable
        return Done(call, operation, CODE[answer.outcome], answer.status, answer.instance, definite, monotonic_ns())

    def _failed(self, call: Call, operation: Operation, outcome: int) -> Done:
        end = monotonic_ns()
        self._drop()
        return Done(call, operation, outcome, 0, "", operation.sent < 0 or operation.repeatable, end)

    def _session_now(self) -> Session:
        if self._session is not None and self._life is not None and monotonic_ns() - self._born >= self._life:
            self._drop()
        if self._session is None:
            self._session, self._born, self._served = self._make(), monotonic_ns(), 0
        return self._session

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()
