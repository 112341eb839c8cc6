"""A trace replayed: requests arrive when they once did.

    checkout = load(get(url), trace("black-friday.parquet", column="time"), clients=role("client"))

The first arrival of the trace is at 0. A trace is of the whole load: its arrivals are dealt to the client hosts in
turn, so that what all of them send together is the trace.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count, islice
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from chaoskit.core.errors import UsageError
from chaoskit.core.units import NS
from chaoskit.loads.arrivals import CHUNK
from chaoskit.loads.stamps import read_stamps


@dataclass(frozen=True)
class Trace:
    """See the module.

    Attributes:
        name: of its file.
        stamps: little-endian int64 ns, ascending from 0: at the speed they were recorded at.
        speed: how many seconds of the trace pass in one.
        loop: begin again at its end, after a gap of the trace's mean.
        every: which arrivals of it: the first of so many, 1 for all.
    """

    name: str
    stamps: bytes = field(repr=False)
    speed: float = 1.0
    loop: bool = False
    every: int = 1

    def times(self, duration_s: float, rng: random.Random) -> Iterator[float]:
        """Intended starts in seconds, ascending, below `duration_s`; nothing about them is random."""
        return islice(self._all(duration_s), 0, None, self.every)

    def whole(self, duration_s: float, rng: random.Random) -> Iterator[float]:
        """The arrivals of all clients together."""
        return self.times(duration_s, rng)

    def rate_at(self, t: float) -> float:
        """The rate of the whole second that `t` lies in, on average."""
        second = np.floor(t)
        return float(self._until(second + 1) - self._until(second)) / self.every if t >= 0 else 0.0

    def part(self, of: int) -> Trace:
        """Every `of`-th arrival, from the first one on."""
        return replace(self, every=self.every * of)

    @property
    def title(self) -> str:
        """How a plan calls it; a checksum tells one trace from another by the same name."""
        speed = f", {self.speed:g} times as fast" if self.speed != 1 else ""
        again = ", again and again" if self.loop else ""
        what = f"{len(self._moments):,} arrivals of {self.name} (CRC-32 {crc32(self.stamps):08x})"
        return f"{what} over {self._moments[-1] / NS:g} s{speed}{again}"

    @property
    def _moments(self) -> NDArray[np.int64]:
        return np.frombuffer(self.stamps, "<i8")

    @property
    def _round(self) -> float:
        """Seconds from the trace's first arrival to its first one when it begins again."""
        last = float(self._moments[-1])
        return last * len(self._moments) / max(1, len(self._moments) - 1) / self.speed / NS

    def _all(self, duration_s: float) -> Iterator[float]:
        moments = self._moments
        for turn in count() if self.loop else (0,):
            begin = turn * self._round
            for at in range(0, len(moments), CHUNK):
                chunk = begin + moments[at : at + CHUNK] / (self.speed * NS)
                yield from chunk[: int(np.searchsorted(chunk, duration_s))].tolist()
                if chunk[-1] >= duration_s:
                    return

    def _until(self, t: float) -> int:
        """How many arrivals come before `t` seconds."""
        turns, rest = divmod(t, self._round) if self.loop else (0.0, t)
        return int(turns) * len(self._moments) + int(np.searchsorted(self._moments, math.ceil(rest * self.speed * NS)))


def trace(file: str | Path, *, column: str | None = None, speed: float = 1.0, loop: bool = False) -> Trace:
    """Replay the time stamps of a file.

    Args:
        file: CSV, or Parquet by its suffix; a relative name starts from the folder of the file that says `trace(...)`.
        column: which holds the stamps: seconds, or times in ISO 8601; by default the first one.
        speed: 2 replays it in half the time.
        loop: begin again at its end, after a gap of the trace's mean.

    Raises:
        UsageError: the file holds no ascending time stamps there, named by line; or the speed is not above zero.
    """
    if not 0 < speed < float("inf"):
        raise UsageError(f"a trace cannot be replayed at speed {speed:g}", remedy="Write a number above zero.")
    base = sys._getframe(1).f_globals.get("__file__")
    stamps = read_stamps(Path(base).parent / file if base else Path(file), column)
    if loop and not stamps[-1]:
        raise UsageError(f"{file} takes no time, so that it cannot be looped", remedy="Leave loop=True out.")
    return Trace(Path(file).name, stamps.astype("<i8").tobytes(), speed, loop)
