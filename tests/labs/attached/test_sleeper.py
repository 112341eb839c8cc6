"""The program of the client host."""

from __future__ import annotations

import io
import platform
import struct
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from chaoskit.core.errors import LabError
from chaoskit.labs.attached import sleeper


def test_it_sleeps_and_ends(tmp_path: Path) -> None:
    """For as long as it was made to, with status 0, and needs nothing but the kernel."""
    with tarfile.open(fileobj=io.BytesIO(sleeper.archive(platform.machine(), 1))) as tar:
        tar.extractall(tmp_path, filter="data")
    began = time.monotonic()
    done = subprocess.run([tmp_path / sleeper.PATH.lstrip("/")], check=False, timeout=10)
    assert done.returncode == 0
    assert 1.0 <= time.monotonic() - began < 5.0


@pytest.mark.parametrize(("machine", "number"), [("x86_64", 62), ("amd64", 62), ("aarch64", 183), ("arm64", 183)])
def test_it_is_one_segment_that_holds_code_and_time(machine: str, number: int) -> None:
    """The headers say so (elf(5)), and the code is as long as its reference to the time behind it says."""
    program = sleeper.executable(machine, 77)
    kind, of, _version, entry, first = struct.unpack_from("<HHIQQ", program, 16)
    assert (program[:4], kind, of, first) == (b"\x7fELF", 2, number, 64)
    _load, flags, offset, address, _physical, size, memory, _align = struct.unpack_from("<IIQQQQQQ", program, first)
    assert (flags, offset, size, memory) == (5, 0, len(program), len(program))
    assert entry - address == 64 + 56
    assert program[-16:] == struct.pack("<qq", 77, 0)
    assert len(program) - 16 - (64 + 56) == 32


def test_another_machine_is_named() -> None:
    """Nothing is guessed."""
    with pytest.raises(LabError, match="'riscv64'"):
        sleeper.executable("riscv64", 1)
