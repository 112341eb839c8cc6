"""A server that answers every HTTP/1.1 request without a body alike: `python small_server.py PORT`, on 127.0.0.1.

For machines without nginx; it is a program of its own, of the standard library alone, so that it starts at once.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import sys

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\nContent-Type: text/plain\r\n\r\nhello, world!\n"
_END = b"\r\n\r\n"
_MOST = 65536


def serve(listener: socket.socket) -> None:
    """Answer until the process is ended."""
    selector = selectors.DefaultSelector()
    listener.setblocking(False)
    selector.register(listener, selectors.EVENT_READ)
    rests: dict[socket.socket, bytes] = {}
    while True:
        for key, _ in selector.select():
            connection = key.fileobj
            assert isinstance(connection, socket.socket)
            if connection is listener:
                _accept(listener, selector, rests)
            elif not _attend(connection, rests):
                selector.unregister(connection)
                del rests[connection]
                connection.close()


def _accept(listener: socket.socket, selector: selectors.BaseSelector, rests: dict[socket.socket, bytes]) -> None:
    with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
        connection, _ = listener.accept()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ)
        rests[connection] = b""


def _attend(connection: socket.socket, rests: dict[socket.socket, bytes]) -> bool:
    """Answer what has come; whether the connection lives on. Who does not read its answers loses it."""
    try:
        data = connection.recv(_MOST)
        if not data:
            return False
        *heads, rests[connection] = (rests[connection] + data).split(_END)
        answers = _ANSWER * len(heads)
        return len(rests[connection]) <= _MOST and connection.send(answers) == len(answers)
    except OSError:  # the peer has reset it, or does not read
        return False


def main() -> None:
    """Serve on the port of the command line."""
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096) as listener:
        serve(listener)


if __name__ == "__main__":
    main()
