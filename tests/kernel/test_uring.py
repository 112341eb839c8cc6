"""The ring itself, on pairs of sockets: what is queued happens, and what happened is told."""

from __future__ import annotations

import ctypes
import errno
import socket
import time
from collections.abc import Iterator

import pytest

from chaoskit.kernel import uring_abi as abi
from chaoskit.kernel.uring import Completion, Ring, refusal
from chaoskit.kernel.uring_buffers import COUNT, GROUP, SIZE

pytestmark = pytest.mark.skipif(bool(refusal()), reason=f"the kernel refuses io_uring: {refusal()}")

SECOND = 1_000_000_000


@pytest.fixture
def ring() -> Iterator[Ring]:
    """A ring of this thread."""
    made = Ring()
    yield made
    made.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a stream."""
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def completions(ring: Ring, count: int) -> list[Completion]:
    """The next so many, within a second of each other."""
    found: list[Completion] = []
    while len(found) < count:
        new = list(ring.enter(SECOND))
        assert new, f"only {found}"
        found += new
    return found


def received(ring: Ring, completion: Completion) -> bytes:
    """What came, out of its buffer, which is given back."""
    _, result, flags = completion
    start = (flags >> abi.CQE_BUFFER_SHIFT) * SIZE
    data = ring.buffers.memory[start : start + result]
    ring.buffers.give_back(1)
    return data


def test_bytes_come_again_and_again(ring: Ring, pair: tuple[socket.socket, socket.socket]) -> None:
    """One operation receives every piece, far more of them than there are buffers, and at last the end."""
    near, far = pair
    ring.queue.append(abi.receive(near.fileno(), GROUP, 7))
    for number in range(3 * COUNT):
        far.sendall(b"%d" % number)
        (completion,) = completions(ring, 1)
        assert completion[0] == 7
        assert completion[2] & abi.CQE_MORE
        assert received(ring, completion) == b"%d" % number
    far.shutdown(socket.SHUT_WR)
    (end,) = completions(ring, 1)
    assert (end[1], end[2] & abi.CQE_MORE) == (0, 0)


def test_no_buffer_is_left(ring: Ring, pair: tuple[socket.socket, socket.socket]) -> None:
    """When the buffers are used up, the operation ends for want of one; with some back, another gets the next piece."""
    near, far = pair
    ring.queue.append(abi.receive(near.fileno(), GROUP, 7))
    for _ in range(COUNT):
        far.sendall(b"x")
        (completion,) = completions(ring, 1)
        assert completion[1] == 1
    far.sendall(b"y")
    (starved,) = completions(ring, 1)
    assert (starved[1], starved[2] & abi.CQE_MORE) == (-errno.ENOBUFS, 0)
    ring.buffers.give_back(COUNT)
    ring.queue.append(abi.receive(near.fileno(), GROUP, 7))
    (completion,) = completions(ring, 1)
    assert received(ring, completion) == b"y"


def test_a_send_is_silent_unless_it_fails(ring: Ring, pair: tuple[socket.socket, socket.socket]) -> None:
    """Bytes arrive without a word; one that is not silent says how many; to a closed peer either tells the error."""
    near, far = pair
    data = b"request"
    where = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value
    assert where
    ring.queue.append(abi.send(near.fileno(), where, len(data), 5, silent=True))
    assert not list(ring.enter(0))
    ring.queue.append(abi.send(near.fileno(), where, len(data), 6, silent=False))
    assert [(user, result) for user, result, _ in completions(ring, 1)] == [(6, len(data))]
    assert far.recv(100) == data * 2
    far.close()
    ring.queue.append(abi.send(near.fileno(), where, len(data), 5, silent=True))
    assert [(user, result) for user, result, _ in completions(ring, 1)] == [(5, -errno.EPIPE)]


def test_cancelled_and_closed(ring: Ring, pair: tuple[socket.socket, socket.socket]) -> None:
    """What was under way says that it was cancelled, and the peer sees the end of the connection."""
    near, far = pair
    fd = near.detach()
    ring.queue.append(abi.receive(fd, GROUP, 9))
    assert not list(ring.enter(0))
    ring.queue += [abi.cancel(9), abi.close(fd)]
    assert [(user, result) for user, result, _ in completions(ring, 1)] == [(9, -errno.ECANCELED)]
    far.settimeout(5)
    assert far.recv(1) == b""


def test_a_wait_ends_in_time(ring: Ring) -> None:
    """With nothing to tell, it takes the patience it was given: here 3 ms, and not at all where that is 0."""
    begun = time.monotonic()
    assert not list(ring.enter(3_000_000))
    assert 0.003 <= time.monotonic() - begun < 1
    assert not list(ring.enter(0))


def test_more_than_the_queue_of_the_kernel(ring: Ring, pair: tuple[socket.socket, socket.socket]) -> None:
    """10,000 operations queued at once are all done, in turns, each told of once."""
    near, far = pair
    far.sendall(b"there is something")
    ring.queue += [abi.poll(near.fileno(), user) for user in range(10_000)]
    found: list[int] = []
    for _ in range(200):
        found += [user for user, _, _ in ring.enter(SECOND // 100)]
        if len(found) == 10_000:
            break
    assert sorted(found) == list(range(10_000))
    assert ring.submitted
