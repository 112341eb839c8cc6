"""One timed exchange, with servers on loopback that answer as a test says."""

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from chaoskit.core.units import NS
from chaoskit.steps.exchange import Ending, Exchange, Talk, exchange, exchanges

Answering = Callable[[socket.socket], None]
MS = 1_000_000


@contextlib.contextmanager
def serving(answer: Answering, connections: int = 1) -> Iterator[tuple[str, int]]:
    """The address of a server that deals with so many connections in this way."""
    with socket.create_server(("127.0.0.1", 0), backlog=32) as listener:
        listener.settimeout(5)

        def serve() -> None:
            for _ in range(connections):
                connection, _peer = listener.accept()
                with connection:
                    connection.settimeout(5)
                    answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[:2]
        thread.join()


def in_portions(connection: socket.socket) -> None:
    """Hears the question, answers late in two portions, and closes late."""
    assert connection.recv(99) == b"well?"
    time.sleep(0.05)
    connection.sendall(b"one")
    time.sleep(0.05)
    connection.sendall(b"two!")
    time.sleep(0.05)


def test_what_comes_is_timed_from_its_beginning_to_its_end() -> None:
    """First byte, last byte and close are 50 ms apart each."""
    with serving(in_portions) as address:
        found = exchange(Talk(address, b"well?", 2 * NS))
    assert (found.size, found.pieces, found.ending) == (7, 2, Ending.CLOSED)
    assert found.first is not None
    assert found.last is not None
    assert 49 * MS <= found.first <= found.last - 49 * MS <= found.end - 98 * MS
    assert found.end < NS


def test_enough_is_not_waited_beyond() -> None:
    """It is over with the byte that makes it enough, though the server goes on."""
    with serving(in_portions) as address:
        found = exchange(Talk(address, b"well?", 2 * NS, enough=3))
    assert (found.size, found.ending) == (3, Ending.OPEN)


@pytest.mark.parametrize(("quiet", "least"), [(60 * MS, 60 * MS), (None, 300 * MS)])
def test_silence_ends_it_after_a_while(quiet: int | None, least: int) -> None:
    """A quiet while after the first byte where one is given, else the whole time."""
    over = threading.Event()

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"x")
        assert over.wait(5)

    with serving(answer) as address:
        found = exchange(Talk(address, b"", 300 * MS, quiet=quiet))
        over.set()
    assert (found.size, found.ending) == (1, Ending.OPEN)
    assert least <= found.end < least + 200 * MS


def test_a_reset_is_told_from_a_close() -> None:
    """SO_LINGER of nothing makes a close a reset (socket(7))."""

    def answer(connection: socket.socket) -> None:
        assert connection.recv(99) == b"well?"
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with serving(answer) as address:
        found = exchange(Talk(address, b"well?", 2 * NS))
    assert (found.first, found.size, found.ending) == (None, 0, Ending.RESET)


def test_who_finishes_is_heard_to_the_end() -> None:
    """The server sees the end of the question, and what it says then still comes."""

    def answer(connection: socket.socket) -> None:
        assert connection.recv(99) == b""
        connection.sendall(b"bye")

    with serving(answer) as address:
        assert exchange(Talk(address, b"", 2 * NS, finish=True)).size == 3


def test_several_are_held_side_by_side() -> None:
    """Three at once take as long as the slowest server lets them, and each has its own answer."""
    with serving(lambda connection: connection.sendall(b"hi"), connections=3) as address:
        assert [one.size for one in exchanges(Talk(address, b"", NS), 3)] == [2, 2, 2]


def test_nobody_there_is_an_error() -> None:
    """No exchange is made up."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = taken.getsockname()
    with pytest.raises(ConnectionRefusedError):
        exchange(Talk(address, b"", NS))


def test_it_survives_the_journal() -> None:
    """As JSON and back."""
    found = Exchange(None, None, 17, 0, 0, Ending.RESET)
    assert Exchange.from_json(json.loads(json.dumps(found.as_json()))) == found
