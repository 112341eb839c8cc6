"""What `--fix` can do about what is missing: what it would run, told before it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Say = Callable[[str], None]


@dataclass(frozen=True)
class Repair:
    """One thing to do.

    Attributes:
        says: what happens, as a command or in words: the user agrees to it.
        do: does it, and tells of the work.
    """

    says: str
    do: Callable[[Say], None]
