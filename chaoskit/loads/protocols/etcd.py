"""A client of etcd as load: reads and writes of one key, recorded so that their history can be judged.

    endpoints = ["etcd-a", "etcd-b", "etcd-c"]
    writes = load(write("register", endpoints=endpoints), poisson("20/s"), clients=role("app"), timeout="3s")
    reads = load(read("register", endpoints=endpoints), poisson("60/s"), clients=role("app"), timeout="3s")

A row's `op` is `read` or `write`, `value` what was read (empty where the key is missing) or written, `server`
the member asked last. Every write writes a value that no other one of the run writes. `sent` is the
invocation, `end` the completion. A write that is not `ok` and was sent may have taken effect, then or at any
later time; one that was never sent (`sent` is -1) did not. A load's `retries` heed this as well.

Endpoints: a client begins with the one that served it last, at first the first one, and after a failure goes
on to the next, each with `attempt` at most. A write goes on only where it certainly had no effect: no connection,
or a member that says so (no leader, overload). A write whose fate is unclear is not sent again anywhere: sent
twice it could take effect twice, a later write between, and no history with that could be judged. A read
goes on after any failure. `attempts` counts the members asked. One endpoint makes a pinned client.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaoskit.core.errors import UsageError
from chaoskit.core.load import Outcome
from chaoskit.core.units import NS, Duration, duration
from chaoskit.loads.gateway import Endpoint, Gateway, Preference, Said, encoded, endpoints_of, values_of
from chaoskit.loads.session import Answer, Failed, Operation
from chaoskit.loads.sessions import Sessions

if TYPE_CHECKING:
    from chaoskit.loads.engine import Engine
    from chaoskit.loads.stream import Stream
    from chaoskit.loads.work import Client, Job


@dataclass(frozen=True)
class Register:
    """Reads, or writes, of one key.

    Attributes:
        op: `read` or `write`.
        endpoints: the members, in the order they are tried.
        attempt: ns one of several endpoints is given, its look-up and its connection included.
        serializable: of reads: the member answers from its own state, which may be stale.
        require_leader: a member that knows no leader is to refuse at once.
    """

    op: str
    key: str
    endpoints: tuple[Endpoint, ...]
    attempt: int
    serializable: bool = False
    require_leader: bool = False
    protocol: str = "etcd"

    @property
    def title(self) -> str:
        """Operation, key and where it goes."""
        kind = "serializable " if self.serializable else ""
        return f"{kind}{self.op} of {self.key} at {', '.join(map(str, self.endpoints))}"


def read(
    key: str,
    *,
    endpoints: str | Sequence[str],
    serializable: bool = False,
    require_leader: bool = False,
    attempt: Duration = "1s",
) -> Register:
    """Read a key: linearizable, unless `serializable`.

    Args:
        key: which one.
        endpoints: hosts or addresses, with a port where it is not 2379; tried in this order.
        serializable: have the member answer from its own state.
        require_leader: have a member that knows no leader refuse at once, where it would else keep the client
            waiting for one: what etcd's own client calls `WithRequireLeader`.
        attempt: how long one of several endpoints is given: its look-up, its connection and its answer together.

    Raises:
        UsageError: there is no endpoint, or one makes no sense.
    """
    return Register("read", key, endpoints_of(endpoints), duration(attempt), serializable, require_leader)


def write(
    key: str, *, endpoints: str | Sequence[str], require_leader: bool = False, attempt: Duration = "1s"
) -> Register:
    """Write a value of its own to a key; arguments as of `read`.

    Raises:
        UsageError: there is no endpoint, or one makes no sense.
    """
    return Register("write", key, endpoints_of(endpoints), duration(attempt), require_leader=require_leader)


class EtcdSession:
    """One client's connection, to the member that serves it at the moment."""

    def __init__(self, request: Register, preference: Preference) -> None:
        self._request = request
        self._preference = preference
        self._gateway = Gateway()

    def perform(self, operation: Operation) -> Answer:
        """Read or write, at the first endpoint that serves."""
        operation.repeatable = self._request.op == "read"
        operation.value = "" if operation.repeatable else operation.name
        *others, last = self._preference.order()
        for endpoint in others:
            said = self._unless_next(endpoint, operation)
            if said is not None:
                return _answer(said)
            operation.again()
        return _answer(self._ask(last, operation))

    def close(self) -> None:
        """End the connection."""
        self._gateway.close()

    def _unless_next(self, endpoint: Endpoint, operation: Operation) -> Said | None:
        """What a member said; None where the next one is to be asked."""
        try:
            said = self._ask(endpoint, operation)
        except (OSError, Failed):
            if operation.sent >= 0 and not operation.repeatable:
                raise
            return None
        again = said.outcome is not Outcome.OK and (said.definite or operation.repeatable)
        return None if again else said

    def _ask(self, endpoint: Endpoint, operation: Operation) -> Said:
        """One attempt at one member. After a failure its connection is closed, and later operations begin elsewhere."""
        left = operation.within(self._attempt)
        left()  # an operation whose time is over tells nothing of the member
        try:
            said = self._say(endpoint, operation, left)
        except (OSError, Failed):
            self._preference.failed(endpoint)
            self._gateway.close()
            raise
        except BaseException:
            self._gateway.close()
            raise
        if said.outcome is Outcome.OK:
            self._preference.served(endpoint)
        else:
            self._preference.failed(endpoint)
        return said

    @property
    def _attempt(self) -> float:
        """Seconds for one member; a pinned client gives its only one all there are."""
        alone = len(self._request.endpoints) == 1
        return float("inf") if alone else self._request.attempt / NS

    def _say(self, endpoint: Endpoint, operation: Operation, left: Callable[[], float]) -> Said:
        """Look the member up, connect and ask, in the time that is left for all of it; keep what was read."""
        address, port = operation.place(endpoint.host, endpoint.port, left())
        operation.connecting(address)
        if self._gateway.reach(address, port, left()):
            operation.connected()
        path, body = self._words(operation)
        patience = left()
        operation.sending(address)
        leader = self._request.require_leader
        said = self._gateway.ask(path, body, patience, operation.answering, require_leader=leader)
        if said.outcome is Outcome.OK and operation.repeatable:
            operation.value = "".join(values_of(said.body)[:1])
        return said

    def _words(self, operation: Operation) -> tuple[str, dict[str, object]]:
        request = self._request
        body: dict[str, object] = {"key": encoded(request.key)}
        if request.op == "write":
            return "/v3/kv/put", {**body, "value": encoded(operation.value)}
        return "/v3/kv/range", {**body, "serializable": request.serializable}


def _answer(said: Said) -> Answer:
    return Answer(said.outcome, said.status, definite=said.definite)


def open_stream(engine: Engine, job: Job, client: Client) -> Stream:
    """Serve a load of reads or writes from one client host.

    Raises:
        UsageError: the request calls itself etcd's and is none.
    """
    request = job.request
    if not isinstance(request, Register):
        raise UsageError(
            f"load {job.name}: {request.title} is no request to etcd", remedy="Use read(...) or write(...)."
        )
    preference = Preference(request.endpoints)
    hosts = tuple(endpoint.host for endpoint in request.endpoints)
    return Sessions(engine, job, client, hosts, lambda: EtcdSession(request, preference))
