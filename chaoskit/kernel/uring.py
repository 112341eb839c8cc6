"""An io_uring (io_uring(7)) of one thread, through ctypes: many operations on sockets for one system call.

        queue.append(entry)          enter(patience)
program -------------------> queue -----------------> kernel: starts them, waits, completes
        <--------------------------------------------
                  (user data, result, flags)

With DEFER_TASKRUN everything the kernel does to the rings it does inside `enter`, in the calling thread: what it
writes is in the order of the program, and no memory barriers are needed, which Python has none of.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import struct
from collections.abc import Sequence

from chaoskit.kernel import uring_abi as abi
from chaoskit.kernel.uring_buffers import Buffers

_ENTRIES = 2048
_COMPLETIONS = 8192
_MOST = 128
"""Completions that are handed on at once: whoever has something due in between must not wait for more."""
_SECOND = 1_000_000_000
_WRAP = 0xFFFF_FFFF
_FLAGS = abi.SETUP_CQSIZE | abi.SETUP_CLAMP | abi.SETUP_SUBMIT_ALL | abi.SETUP_SINGLE_ISSUER | abi.SETUP_DEFER_TASKRUN
_PARAMS_BYTES = 120
_SQ_OFFSETS, _CQ_OFFSETS = 40, 80
"""Of struct io_sqring_offsets and io_cqring_offsets in struct io_uring_params."""
_HARMLESS = (errno.ETIME, errno.EINTR, errno.EAGAIN, errno.EBUSY)
"""Errors after which one just goes on: the time is up, a signal, the kernel wants completions to be taken first."""

_libc = ctypes.CDLL(None, use_errno=True)
_enter = ctypes.CFUNCTYPE(
    ctypes.c_long,
    ctypes.c_long,
    ctypes.c_uint,
    ctypes.c_uint,
    ctypes.c_uint,
    ctypes.c_uint,
    ctypes.c_void_p,
    ctypes.c_size_t,
    use_errno=True,
)(("syscall", _libc))

Completion = tuple[int, int, int]
"""User data, result (an error number if negative), flags."""


class Ring:
    """See the module; to be made, used and closed by one thread.

    Attributes:
        queue: entries (`uring_abi`) that the next `enter` submits, in order.
        buffers: what receiving operations receive into.

    Raises:
        OSError: the kernel is too old (before 6.1), or does not allow it (seccomp, kernel.io_uring_disabled).
    """

    def __init__(self) -> None:
        params = bytearray(_PARAMS_BYTES)
        struct.pack_into("=III", params, 0, _ENTRIES, _COMPLETIONS, _FLAGS)
        where = (ctypes.c_char * _PARAMS_BYTES).from_buffer(params)
        self._fd = _checked(_libc.syscall(abi.SYS_SETUP, _ENTRIES, where), "io_uring_setup")
        try:
            self.buffers = Buffers(self._register)
            self._map(params)
        except OSError:
            os.close(self._fd)
            raise
        self.queue: list[bytes] = []
        self._owed = 0
        self._time = (ctypes.c_int64 * 2)()
        # struct io_uring_getevents_arg: no signal mask, and the address of a struct __kernel_timespec.
        self._wait = (ctypes.c_uint64 * 3)(0, 0, ctypes.addressof(self._time))
        self._wait_at, self._wait_size = ctypes.addressof(self._wait), ctypes.sizeof(self._wait)

    def _register(self, what: int, argument: ctypes.Array[ctypes.c_char]) -> None:
        _checked(_libc.syscall(abi.SYS_REGISTER, self._fd, what, argument, 1), "io_uring_register")

    def _map(self, params: bytearray) -> None:
        entries, completions = struct.unpack_from("=II", params)
        _, sq_tail, _, _, _, _, array = struct.unpack_from("=7I", params, _SQ_OFFSETS)
        cq_head, cq_tail, _, _, _, cqes = struct.unpack_from("=6I", params, _CQ_OFFSETS)
        size = max(array + 4 * entries, cqes + abi.CQE_BYTES * completions)
        self._rings = self._shared(size, abi.OFFSET_RINGS)
        self._entries = self._shared(abi.SQE_BYTES * entries, abi.OFFSET_ENTRIES)
        self._view = memoryview(self._rings)
        self._words = self._view[: size // 4 * 4].cast("I")
        for index in range(entries):
            self._words[array // 4 + index] = index
        self._sq_tail, self._cq_head, self._cq_tail = sq_tail // 4, cq_head // 4, cq_tail // 4
        self._sq_size, self._cq_size, self._cqes = entries, completions, cqes
        self._tail, self._head = self._words[self._sq_tail], self._words[self._cq_head]

    def _shared(self, size: int, offset: int) -> mmap.mmap:
        flags = mmap.MAP_SHARED | mmap.MAP_POPULATE
        return mmap.mmap(self._fd, size, flags, mmap.PROT_READ | mmap.PROT_WRITE, offset=offset)

    def enter(self, patience: int, wanted: int = 1) -> Sequence[Completion]:
        """Submit what is queued, as far as there is room, wait for completions, and give up to 128.

        Args:
            patience: ns to wait at most; 0 not to wait.
            wanted: how many to wait for.

        Raises:
            OSError: the ring is broken.
        """
        if self.queue:
            self._fill(min(len(self.queue), self._sq_size - self._owed))
        self._call(0 if self.queue else patience, wanted)
        return self._completed()

    @property
    def submitted(self) -> bool:
        """Whether the kernel has taken all that was queued; it may take two turns if that was very much."""
        return not self.queue and not self._owed

    def _fill(self, count: int) -> None:
        """Move the first entries of the queue into the kernel's, which has room for them."""
        data = b"".join(self.queue[:count])
        del self.queue[:count]
        at = self._tail % self._sq_size
        first = min(count, self._sq_size - at) * abi.SQE_BYTES
        start = at * abi.SQE_BYTES
        self._entries[start : start + first] = data[:first]
        if first != len(data):
            self._entries[: len(data) - first] = data[first:]
        self._tail = (self._tail + count) & _WRAP
        self._words[self._sq_tail] = self._tail
        self._owed += count

    def _call(self, patience: int, wanted: int) -> None:
        if patience > 0:
            self._time[0], self._time[1] = divmod(patience, _SECOND)
            flags = abi.ENTER_GETEVENTS | abi.ENTER_EXT_ARG
            took = _enter(abi.SYS_ENTER, self._fd, self._owed, wanted, flags, self._wait_at, self._wait_size)
        else:
            took = _enter(abi.SYS_ENTER, self._fd, self._owed, 0, abi.ENTER_GETEVENTS, None, 0)
        if took >= 0:
            self._owed -= took
        elif (code := ctypes.get_errno()) not in _HARMLESS:
            raise OSError(code, f"io_uring_enter: {os.strerror(code)}")

    def _completed(self) -> Sequence[Completion]:
        """What has completed, oldest first, up to the end of the ring's memory; the rest comes next time."""
        head = self._head
        count = (self._words[self._cq_tail] - head) & _WRAP
        if not count:
            return ()
        at = head % self._cq_size
        count = min(count, _MOST, self._cq_size - at)
        start = self._cqes + at * abi.CQE_BYTES
        raw = self._rings[start : start + count * abi.CQE_BYTES]
        self._head = self._words[self._cq_head] = (head + count) & _WRAP
        return tuple(abi.CQE.iter_unpack(raw))

    def close(self) -> None:
        """End the ring; operations that are under way are cancelled by the kernel, soon."""
        self._words.release()
        self._view.release()
        self._rings.close()
        self._entries.close()
        os.close(self._fd)
        self.buffers.close()


def refusal() -> str:
    """Why this process may not have a `Ring`; empty if it may."""
    try:
        Ring().close()
    except OSError as error:
        return os.strerror(error.errno or errno.EPERM)
    return ""


def _checked(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result
