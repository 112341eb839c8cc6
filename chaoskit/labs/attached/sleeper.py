"""The program of the client host: it sleeps, and is all there is in its image.

A client host is there for its network namespace; nothing runs inside. Its image must not be one that has to be pulled,
nor one of the project's, which may have nothing that could wait. So it is made here: an archive with one executable
that waits for a number of seconds with nanosleep(2) and ends with status 0, in the kernel's own words (elf(5),
syscall(2) for how each machine calls it).
"""

from __future__ import annotations

import io
import struct
import tarfile
from dataclasses import dataclass

from chaoskit.core.errors import LabError

PATH = "/sleep"
"""Where the program is in the image."""

_LOAD_AT = 0x400000
_HEADER, _SEGMENT = struct.Struct("<4sBBBB8xHHIQQQIHHHHHH"), struct.Struct("<IIQQQQQQ")
_TIMESPEC = struct.Struct("<qq")


@dataclass(frozen=True)
class _Machine:
    """How a kind of machine is told to sleep.

    Attributes:
        number: as e_machine of elf(5) has it.
        code: machine code, which finds its struct timespec at the end of itself.
    """

    number: int
    code: bytes


_X86_64 = _Machine(
    62,
    bytes.fromhex(
        "488d3d19000000"  # lea  rdi, [rip + 25]     the time, behind the code
        "31f6"  #           xor  esi, esi           nobody asks what is left
        "b823000000"  #     mov  eax, 35            nanosleep
        "0f05"  #           syscall
        "31ff"  #           xor  edi, edi           status 0
        "b83c000000"  #     mov  eax, 60            exit
        "0f05"  #           syscall
        "0f0b9090909090"  # ud2, and padding to eight bytes
    ),
)
_AARCH64 = _Machine(
    183,
    struct.pack(
        "<8I",
        0x10000100,  # adr  x0, . + 32      the time, behind the code
        0xD2800001,  # mov  x1, #0
        0xD2800CA8,  # mov  x8, #101        nanosleep
        0xD4000001,  # svc  #0
        0xD2800000,  # mov  x0, #0          status 0
        0xD2800BA8,  # mov  x8, #93         exit
        0xD4000001,  # svc  #0
        0x00000000,  # udf
    ),
)
_MACHINES = {"x86_64": _X86_64, "amd64": _X86_64, "aarch64": _AARCH64, "arm64": _AARCH64}
"""By what engines and kernels call them."""


def executable(machine: str, seconds: int) -> bytes:
    """An ELF executable that sleeps and then ends.

    Raises:
        LabError: it is not known how such a machine is told to.
    """
    try:
        known = _MACHINES[machine]
    except KeyError:
        raise LabError(
            f"a client host cannot be made for a machine of the kind {machine!r}",
            remedy=f"Known are: {', '.join(_MACHINES)}.",
        ) from None
    body = known.code + _TIMESPEC.pack(seconds, 0)
    start = _HEADER.size + _SEGMENT.size
    size = start + len(body)
    header = _HEADER.pack(
        b"\x7fELF", 2, 1, 1, 0, 2, known.number, 1, _LOAD_AT + start, _HEADER.size, 0, 0, _HEADER.size, _SEGMENT.size,
        1, 0, 0, 0,
    )  # fmt: skip
    segment = _SEGMENT.pack(1, 5, 0, _LOAD_AT, _LOAD_AT, size, size, 0x1000)
    return header + segment + body


def archive(machine: str, seconds: int) -> bytes:
    """A tar archive with nothing but the program: a whole image for `docker import`.

    Raises:
        LabError: it is not known how such a machine is told to.
    """
    program = executable(machine, seconds)
    entry = tarfile.TarInfo(PATH.lstrip("/"))
    entry.mode, entry.size = 0o755, len(program)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.addfile(entry, io.BytesIO(program))
    return packed.getvalue()
