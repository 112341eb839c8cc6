"""nftables tables that end with the process that made them, by libnftables(3) in this process.

A table with the flag `owner` belongs to the netlink socket that made it: nobody else may change it, and when the
socket is closed, however its process ended, the kernel deletes it (nft(8); Linux 5.12). The command nft ends at
once, and so would the table; the library's context holds its socket for as long as it is open.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
from types import TracebackType
from typing import Self

from chaoskit.core.errors import LabError, MissingTool

_NAME = "libnftables.so.1"
PACKAGE = "libnftables1"
"""The Debian package of the library; nft(8) needs it as well."""


class OwnedTables:
    """A context of the library, in the network namespace of the thread that makes it.

    Raises:
        MissingTool: this machine has no libnftables.
        LabError: this process may not change nftables.
    """

    def __init__(self) -> None:
        self._library = _library()
        self._context = self._library.nft_ctx_new(0)
        if not self._context:
            raise LabError("libnftables cannot be used: it gives no context")
        self._library.nft_ctx_buffer_error(self._context)

    def load(self, ruleset: str) -> None:
        """Make the changes of a ruleset, all or none.

        Raises:
            LabError: the library or the kernel refuses it.
        """
        if self._library.nft_run_cmd_from_buffer(self._context, ruleset.encode()) != 0:
            said = self._library.nft_ctx_get_error_buffer(self._context) or b""
            raise LabError(f"nft refuses the ruleset: {said.decode(errors='replace').strip().partition(chr(10))[0]}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the socket, and with it every table that it owns."""
        self._library.nft_ctx_free(self._context)


@functools.cache
def _library() -> ctypes.CDLL:
    library = _loaded()
    library.nft_ctx_new.argtypes = [ctypes.c_uint32]
    library.nft_ctx_new.restype = ctypes.c_void_p
    for function in (library.nft_ctx_buffer_error, library.nft_ctx_get_error_buffer, library.nft_ctx_free):
        function.argtypes = [ctypes.c_void_p]
    library.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    library.nft_ctx_get_error_buffer.restype = ctypes.c_char_p
    library.nft_ctx_free.restype = None
    return library


def _loaded() -> ctypes.CDLL:
    try:
        return ctypes.CDLL(_NAME)
    except OSError as error:
        # Looking for it runs programs: who has it under its name need not wait for them.
        found = ctypes.util.find_library("nftables")
        if found is None:
            raise MissingTool(
                "this machine has no libnftables", remedy=f"Install it: apt-get install {PACKAGE}"
            ) from error
        return ctypes.CDLL(found)
