"""Filter expressions of pcap-filter(7) as programs of the kernel's packet filter, by libpcap.

libpcap is the reference compiler of the language, the one that tcpdump and Wireshark have. It is called in this
process: it needs no privileges and opens no interface to compile.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools

from chaoskit.core.errors import MissingTool, UsageError

PACKAGE = "libpcap0.8"
"""The Debian package of the library."""

_NAMES = ("libpcap.so.0.8", "libpcap.so.1")
"""Debian's name for it, and that of others."""
_ETHERNET = 1
"""DLT_EN10MB (pcap-linktype(7))."""
_NETMASK_UNKNOWN = 0xFFFFFFFF
SNAPLEN = 262_144
"""Bytes of a packet that are kept: all of it, as tcpdump does."""


class _Program(ctypes.Structure):
    """struct bpf_program of pcap/bpf.h."""

    _fields_ = (("length", ctypes.c_uint), ("instructions", ctypes.c_void_p))


def compiled(expression: str) -> bytes:
    """The expression as an array of struct sock_filter, for Ethernet frames; an empty one keeps every packet.

    Raises:
        UsageError: it is no expression of pcap-filter(7).
        MissingTool: this machine has no libpcap.
    """
    pcap = _library()
    handle = pcap.pcap_open_dead(_ETHERNET, SNAPLEN)
    program = _Program()
    try:
        if pcap.pcap_compile(handle, ctypes.byref(program), expression.encode(), 1, _NETMASK_UNKNOWN) != 0:
            said = pcap.pcap_geterr(handle).decode(errors="replace")
            raise UsageError(f"{expression!r} is no packet filter: {said}", remedy="See pcap-filter(7).")
        try:
            return ctypes.string_at(program.instructions or 0, program.length * 8)
        finally:
            pcap.pcap_freecode(ctypes.byref(program))
    finally:
        pcap.pcap_close(handle)


def is_here() -> bool:
    """Whether this machine has the library."""
    try:
        _library()
    except MissingTool:
        return False
    return True


@functools.cache
def _library() -> ctypes.CDLL:
    pcap = _loaded()
    pcap.pcap_open_dead.restype = ctypes.c_void_p
    pcap.pcap_geterr.restype = ctypes.c_char_p
    pcap.pcap_geterr.argtypes = pcap.pcap_close.argtypes = [ctypes.c_void_p]
    pcap.pcap_compile.argtypes = [
        ctypes.c_void_p,
        ctypes.POINTER(_Program),
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_uint32,
    ]
    pcap.pcap_freecode.argtypes = [ctypes.POINTER(_Program)]
    pcap.pcap_freecode.restype = pcap.pcap_close.restype = None
    return pcap


def _loaded() -> ctypes.CDLL:
    for name in _NAMES:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    found = ctypes.util.find_library("pcap")
    if found is None:
        raise MissingTool("this machine has no libpcap", remedy=f"Install it: apt-get install {PACKAGE}")
    return ctypes.CDLL(found)
