"""Buffers that the kernel chooses from when it receives (io_uring_register(2), IORING_REGISTER_PBUF_RING).

The kernel takes them in the order they are in the ring, and they are given back in the order they were used. So each
place of the ring holds the same buffer for good, is written once, and to give buffers back is to move the tail.
"""

from __future__ import annotations

import ctypes
import mmap
import struct
from collections.abc import Callable

from chaoskit.kernel import uring_abi as abi

GROUP = 0
SIZE = 8192
"""Bytes of one. The usual answer fits; a larger one comes in pieces."""
COUNT = 256
"""A power of two. What cannot be received for want of one is received when some are back."""

_ENTRY = struct.Struct("=QIHH")
"""struct io_uring_buf: address, length, number, and in the first one's last field the ring's tail."""
_TAIL = 7
"""Where that is, in words of 16 bits."""
_REGISTER = struct.Struct("=QIHHQQQ")
"""struct io_uring_buf_reg: address, entries, group, flags, 3 x reserved."""


class Buffers:
    """See the module.

    Args:
        register: io_uring_register(2) with one argument.

    Attributes:
        memory: of all buffers, one after the other.

    Raises:
        OSError: the kernel is too old.
    """

    def __init__(self, register: Callable[[int, ctypes.Array[ctypes.c_char]], None]) -> None:
        self.memory = mmap.mmap(-1, SIZE * COUNT)
        self._ring = mmap.mmap(-1, _ENTRY.size * COUNT)
        start = _address(self.memory)
        for number in range(COUNT):
            _ENTRY.pack_into(self._ring, number * _ENTRY.size, start + number * SIZE, SIZE, number, 0)
        told = _REGISTER.pack(_address(self._ring), COUNT, GROUP, 0, 0, 0, 0)
        register(abi.REGISTER_BUFFER_RING, ctypes.create_string_buffer(told, len(told)))
        self._view = memoryview(self._ring)
        self._words = self._view.cast("H")
        self._tail = 0
        self.give_back(COUNT)

    def give_back(self, count: int) -> None:
        """So many buffers, the oldest in use, have been read."""
        self._tail = (self._tail + count) & 0xFFFF
        self._words[_TAIL] = self._tail

    def close(self) -> None:
        """Free the memory; the ring is closed."""
        self._words.release()
        self._view.release()
        self._ring.close()
        self.memory.close()


def _address(memory: mmap.mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))
