"""What a host's network is to whoever keeps it beyond its daemon."""

from __future__ import annotations

from typing import Protocol


class Networks(Protocol):
    """What becomes of a host's network when its daemon ends; nothing, unless the lab is one of ours."""

    def started(self, host: str, netns: int) -> None:
        """A daemon runs, in the network namespace of this open file.

        Raises:
            OSError: the kernel refuses.
        """
        ...

    def ended(self, host: str, netns: int) -> None:
        """The daemon ended, and its network is to outlive it; the engine is about to take its links away.

        Raises:
            OSError: the kernel refuses.
        """
        ...

    def cut(self, host: str, netns: int) -> None:
        """Nothing may answer for the host any more."""
        ...
