"""A command in a container as its caller sees it: text in, text and exit code out, in bounded time.

The engine multiplexes stdout and stderr over one connection, in frames of a byte for the stream, three zero bytes and
four bytes of length (Docker Engine API, `POST /containers/{id}/attach`, stream format).
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import struct
import time
from collections.abc import Sequence
from typing import Any

from chaoskit.core.errors import LabError
from chaoskit.core.host import Completed
from chaoskit.labs.docker.engine import api_errors, socket_path
from chaoskit.labs.docker.reading import as_exit_code

_HEADER = struct.Struct(">BxxxL")
_STDOUT, _STDERR = 1, 2
_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
_DRAINED_WITHIN = 0.25
"""Seconds in which what a command wrote arrives after its end."""
_TICK = 0.003
_TOLD_WITHIN = 5.0
"""Seconds the engine may take to say how a process ended that has ended."""
_CANNOT_EXECUTE = (126, 127)
_REFUSED = "OCI runtime exec failed"


def run(api: Any, container: str, host: str, argv: Sequence[str], *, timeout: float, stdin: str = "") -> Completed:
    """Run a command in a container.

    Raises:
        LabError: it could not be run, or took longer than `timeout` seconds; then its processes were killed.
    """
    deadline = time.monotonic() + timeout
    what = f"{host}: {' '.join(argv)}"
    with api_errors(f"{what} cannot be run"):
        number: str = api.exec_create(container, list(argv), stdin=bool(stdin))["Id"]
    exchange = _Exchange(number, stdin.encode(), what)
    try:
        pid = _pid(api, number, what, deadline)
        if not exchange.until(pid, deadline):
            _kill(pid)
            raise LabError(f"{what} took longer than {timeout:g} s")
    finally:
        exchange.close()
    out, err = exchange.text()
    code = _exit_code(api, number, what)
    if code in _CANNOT_EXECUTE and out.startswith(_REFUSED):
        return Completed(tuple(argv), _CANNOT_EXECUTE[0], "", f"cannot execute {argv[0]}: {out}")
    return Completed(tuple(argv), code, out, err)


def _pid(api: Any, number: str, what: str, deadline: float) -> int | None:
    """The command's pid on this machine, once it runs; None when it has ended already, or has not begun in time."""
    while True:
        inspected = _inspect(api, number, what)
        if inspected["Running"] and inspected["Pid"]:
            return int(inspected["Pid"])
        if inspected["ExitCode"] is not None or time.monotonic() > deadline:
            return None
        time.sleep(_TICK)


def _exit_code(api: Any, number: str, what: str) -> int:
    deadline = time.monotonic() + _TOLD_WITHIN
    while True:
        inspected = _inspect(api, number, what)
        if not inspected["Running"] and inspected["ExitCode"] is not None:
            return as_exit_code(int(inspected["ExitCode"]))
        if time.monotonic() > deadline:
            raise LabError(f"{what} has ended, and the Docker engine does not say how")
        time.sleep(_TICK)


def _inspect(api: Any, number: str, what: str) -> dict[str, Any]:
    with api_errors(f"the Docker engine does not say how {what} is"):
        inspected: dict[str, Any] = api.exec_inspect(number)
    return inspected


def _kill(pid: int | None) -> None:
    """Kill a command with its children: runc makes it the leader of a session of its own."""
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


class _Exchange:
    """Starts a command, feeds its stdin and collects its output without letting either side block the other."""

    def __init__(self, number: str, stdin: bytes, what: str) -> None:
        self._left = memoryview(stdin)
        self._received = bytearray()
        self._texts = {_STDOUT: bytearray(), _STDERR: bytearray()}
        self._over = False
        self._selector = selectors.DefaultSelector()
        self._pidfd: int | None = None
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._start(number, what)
        except OSError as error:
            self.close()
            raise LabError(f"{what} cannot be run: the Docker engine does not answer: {error}") from error
        except BaseException:
            self.close()
            raise

    def _start(self, number: str, what: str) -> None:
        """Ask for the stream (`POST /exec/{id}/start`): behind the answer's head, the connection is the command's."""
        self._socket.settimeout(_TOLD_WITHIN)
        self._socket.connect(socket_path())
        body = b'{"Detach": false, "Tty": false}'
        head = f"POST /exec/{number}/start HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\n"
        head += f"Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode() + body)
        while b"\r\n\r\n" not in self._received:
            self._receive()
            if self._over:
                raise LabError(f"{what} cannot be run: the Docker engine closed the connection")
        answer, _, rest = bytes(self._received).partition(b"\r\n\r\n")
        if answer.split(b" ", 2)[1] not in (b"101", b"200"):
            said = rest.decode(errors="replace").strip()
            raise LabError(f"{what} cannot be run: {said or answer.decode(errors='replace')}")
        self._received = bytearray(rest)
        self._socket.setblocking(False)
        self._selector.register(self._socket, _READ | _WRITE)

    def until(self, pid: int | None, deadline: float) -> bool:
        """Exchange until the command ended (True) or the time is up; what a child of it writes later is left.

        Args:
            pid: of the command; None when it has ended already.
            deadline: seconds of the monotonic clock.
        """
        if not self._hold(pid):
            deadline = min(deadline, time.monotonic() + _TOLD_WITHIN)
        while not self._over:
            left = deadline - time.monotonic()
            if left <= 0:
                return self._pidfd is None
            if self._turn(left):
                # Ended: what it wrote is on its way, what a child of it goes on writing is not waited for.
                deadline = min(deadline, time.monotonic() + _DRAINED_WITHIN)
        return True

    def text(self) -> tuple[str, str]:
        """What was written to stdout and stderr."""
        return self._texts[_STDOUT].decode(errors="replace"), self._texts[_STDERR].decode(errors="replace")

    def close(self) -> None:
        """Close what is open."""
        self._let_go()
        self._selector.close()
        self._socket.close()

    def _hold(self, pid: int | None) -> bool:
        """Wait for the end of a process as well; False when it has ended."""
        with contextlib.suppress(ProcessLookupError):
            if pid is not None:
                self._pidfd = os.pidfd_open(pid)
                self._selector.register(self._pidfd, _READ)
        return self._pidfd is not None

    def _let_go(self) -> None:
        if self._pidfd is not None:
            self._selector.unregister(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = None

    def _turn(self, seconds: float) -> bool:
        """Wait for something to do, and do it; whether the command ended."""
        ended = False
        for key, events in self._selector.select(seconds):
            if key.fd == self._pidfd:
                self._let_go()
                ended = True
                continue
            if events & _WRITE:
                self._feed()
            if events & _READ:
                self._receive()
                self._demultiplex()
        return ended

    def _feed(self) -> None:
        try:
            self._left = self._left[self._socket.send(self._left) :]
        except BrokenPipeError:
            self._left = self._left[:0]
        if not self._left:
            with contextlib.suppress(OSError):  # it has closed its end
                self._socket.shutdown(socket.SHUT_WR)
            self._selector.modify(self._socket, _READ)

    def _receive(self) -> None:
        data = self._socket.recv(1 << 16)
        self._received += data
        self._over = not data

    def _demultiplex(self) -> None:
        while len(self._received) >= _HEADER.size:
            stream, length = _HEADER.unpack_from(self._received)
            end = _HEADER.size + length
            if len(self._received) < end:
                return
            self._texts[_STDERR if stream == _STDERR else _STDOUT] += self._received[_HEADER.size : end]
            del self._received[:end]
