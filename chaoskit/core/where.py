"""Where a value was written: file and line, for errors that point at it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

_CORE = str(Path(__file__).parent)


@dataclass(frozen=True)
class Where:
    """A place in somebody's source."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def caller() -> Where:
    """The nearest frame outside chaoskit's core: the line of the experiment that is being defined."""
    frame = sys._getframe(1)
    while frame.f_back and (frame.f_code.co_filename.startswith(_CORE) or frame.f_code.co_filename == "<string>"):
        frame = frame.f_back
    return Where(frame.f_code.co_filename, frame.f_lineno)
