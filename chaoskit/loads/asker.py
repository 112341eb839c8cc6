"""Asking a registry for the instances below a prefix, in a thread: etcd's clients block."""

from __future__ import annotations

import json
from _queue import SimpleQueue
from _thread import start_new_thread
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic_ns

from chaoskit.core.errors import UsageError
from chaoskit.core.load import Outcome
from chaoskit.loads.call import CODE
from chaoskit.loads.connection import outcome_of
from chaoskit.loads.gateway import Endpoint, Gateway, Preference, values_of
from chaoskit.loads.naming import Place
from chaoskit.loads.namings.fixed import place_of
from chaoskit.loads.session import Failed, Operation, Places

_NO_PORT = CODE[Outcome.NO_PORT]


@dataclass(frozen=True)
class Question:
    """What is asked, and whom.

    Attributes:
        endpoints: the registry's members, in the order they are tried.
        attempt: ns one member is given.
        serializable: the member answers from its own state, which may be stale, but needs no majority.
    """

    prefix: str
    endpoints: tuple[Endpoint, ...]
    attempt: int
    serializable: bool

    @property
    def body(self) -> dict[str, object]:
        """As the gateway wants it: a prefix's range ends before the next string of its length (etcd.io, key ranges)."""
        prefix = self.prefix.encode()
        after = prefix[:-1] + bytes([prefix[-1] + 1])  # no byte of UTF-8 is the last one there is
        key, end = b64encode(prefix).decode(), b64encode(after).decode()
        return {"key": key, "range_end": end, "serializable": self.serializable}


@dataclass(frozen=True)
class Answered:
    """What came of a question: the instances, or None and why."""

    places: tuple[Place, ...] | None
    failure: Outcome = Outcome.NO_ADDRESS
    error: BaseException | None = None


class Asker:
    """A thread that asks the registry, in the network of the thread that makes it.

    Args:
        question: what to ask, and whom.
        places: where the members are.
        answered: called in the asker's thread.
    """

    def __init__(
        self,
        question: Question,
        places: Places,
        answered: Callable[[Asker, Answered], None],
    ) -> None:
        self._question = question
        self._places = places
        self._answered = answered
        self._gateway = Gateway()
        self._preference = Preference(question.endpoints)
        self._questions: SimpleQueue[bool] = SimpleQueue()
        start_new_thread(self._run, ())

    def ask(self) -> None:
        """Ask once; the answer goes to `answered`, in the asker's thread."""
        self._questions.put(True)

    def retire(self) -> None:
        """End."""
        self._questions.put(False)

    def _run(self) -> None:
        while self._questions.get():
            try:
                answer = self._ask()
            except BaseException as error:  # noqa: BLE001  raised again in the engine's thread
                answer = Answered(None, error=error)
            self._answered(self, answer)
        self._gateway.close()

    def _ask(self) -> Answered:
        failure = Outcome.NO_ADDRESS
        for endpoint in self._preference.order():
            try:
                found = self._ask_member(endpoint)
            except (OSError, Failed) as error:
                self._gateway.close()
                failure = _why(error)
            else:
                if found is not None:
                    self._preference.served(endpoint)
                    return Answered(_instances(found))
        return Answered(None, failure)

    def _ask_member(self, endpoint: Endpoint) -> list[str] | None:
        """What a member has; None where it says that it has none."""
        now = monotonic_ns()
        operation = Operation("", "find", now + self._question.attempt, now, self._places)
        address, port = operation.place(endpoint.host, endpoint.port)
        self._gateway.reach(address, port, operation.left())
        said = self._gateway.ask("/v3/kv/range", self._question.body, operation.left(), operation.answering)
        return values_of(said.body) if said.outcome is Outcome.OK else None


def _why(error: Exception) -> Outcome:
    """The class of a failed question: silence is a time-out, what this machine lacks is no fault of the registry."""
    if isinstance(error, TimeoutError):
        return Outcome.DNS_TIMEOUT
    ours = isinstance(error, OSError) and outcome_of(error.errno) == _NO_PORT
    return Outcome.NO_PORT if ours else Outcome.NO_ADDRESS


def _instances(values: list[str]) -> tuple[Place, ...]:
    """Places in the order of their keys; values that are no place are left out, as a client has no use for them."""
    found = []
    for value in values:
        try:
            found.append(_place(value))
        except (UsageError, ValueError, LookupError, TypeError, OverflowError, RecursionError):
            continue
    return tuple(found)


def _place(text: str) -> Place:
    if text.startswith("{"):
        data = json.loads(text)
        address, port = place_of(str(data["address"]))[0], int(data.get("port", 0))
    else:
        address, port = place_of(text)
    if not 0 <= port < 1 << 16:
        raise UsageError(f"{text!r} is no place: there is no such port")
    return address, port
