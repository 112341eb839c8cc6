"""What a worker does with a request."""

import contextlib
import json
import socket
import time
from typing import NamedTuple

import wire
from door import Door, Job
from meter import Meter
from settings import Settings
from upstream import Upstream

JSON, TEXT = "application/json", "text/plain"
Answer = tuple[int, bytes, str]
"""Status, body and its type."""


class Reply(NamedTuple):
    """An answer, and what is remembered of the request: path, request line, caller."""

    answer: Answer
    path: str
    line: str
    caller: str
    keep: bool


class Service:
    """Answers requests; one for all workers."""

    def __init__(self, settings: Settings, meter: Meter, upstream: Upstream | None) -> None:
        self._settings = settings
        self._meter = meter
        self._upstream = upstream
        self._page = json.dumps({"instance": settings.instance, "region": settings.region}).encode()

    def work(self, door: Door) -> None:
        """One worker's life: a request at a time until the door closes."""
        for job in door.jobs():
            self._meter.works(1)
            try:
                reply = self._reply(job)
            finally:
                self._meter.works(-1)
                door.vacate()
            keep = reply is not None and self._finish(job, reply)
            door.leave(job[0], job[1], keep=keep)

    def _reply(self, job: Job) -> Reply | None:
        """Read a request and do its work; None when there is nobody to answer."""
        connection, peer, since = job
        try:
            request = wire.read(connection, since + self._settings.request_timeout)
        except ConnectionError:
            return None
        except (TimeoutError, wire.Malformed) as error:
            status = 408 if isinstance(error, TimeoutError) else 400
            return Reply((status, b"", TEXT), "", "-", peer[0], keep=False)
        if request is None:
            return None
        path = request.start[1].partition("?")[0]
        caller = request.headers.get("x-forwarded-for", peer[0])
        return Reply(self._answer(path, since), path, " ".join(request.start), caller, keep=request.keeps)

    def _finish(self, job: Job, reply: Reply) -> bool:
        """Send the answer, and say so; whether the connection is kept."""
        connection, peer, since = job
        took = time.monotonic() - since
        if reply.path == "/":
            self._meter.resided(took)
        sent = self._send(connection, reply.answer, close=not reply.keep)
        if self._settings.logs:
            print(f'{reply.caller} "{reply.line}" {reply.answer[0]} {took * 1000:.1f}ms by {peer[0]}', flush=True)
        return sent and reply.keep

    def _answer(self, path: str, since: float) -> Answer:
        if path == "/health":
            return self.health()
        if path != "/":
            return 404, b"", TEXT
        deadline = self._settings.deadline
        if deadline is not None and time.monotonic() - since > deadline:
            self._meter.count("expired")
            return 503, b'{"error": "waited too long"}', JSON
        return self._page_after_work()

    def _page_after_work(self) -> Answer:
        self._work(self._settings.before)
        if self._upstream is not None:
            call = self._meter.calls()
            status = self._upstream.call()
            self._meter.called(call, well=status == 200)
            if status != 200:
                self._meter.count("failed")
                return status, b'{"error": "dependency"}', JSON
        self._work(self._settings.after)
        self._meter.count("served")
        return 200, self._page, JSON

    def _work(self, seconds: float) -> None:
        if seconds:
            time.sleep(seconds)

    def health(self) -> Answer:
        """Whether a request would be answered in time: by the last second's response times and the dependency."""
        slow, sla = self._meter.slowness, self._settings.sla
        if sla is not None and slow is not None and slow > sla:
            return 503, f"slow: {slow * 1000:.0f} ms over {sla * 1000:.0f} ms\n".encode(), TEXT
        if self._upstream is not None:
            works = self._meter.dependency_works
            if works is None:
                works = self._upstream.call("/health", self._settings.dependency_sla) == 200
            if not works:
                return 503, b"the dependency does not answer in time\n", TEXT
        return 200, b"ok\n", TEXT

    def _send(self, connection: socket.socket, answer: Answer, *, close: bool) -> bool:
        status, body, kind = answer
        connection.settimeout(self._settings.request_timeout)
        with contextlib.suppress(OSError):  # the caller is gone, or does not read
            connection.sendall(wire.answer(status, body, kind, self._settings.instance, close=close))
            return True
        return False
