"""Moments that are made many at once: to look at one by one, or to take as they were made.

One by one they cost a quarter of a microsecond each, which at a hundred thousand a second is a fortieth of a core.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from chaoskit.loads.shapes import Floats


class Blocks(Iterator[float]):
    """See the module.

    Attributes:
        whole: the same moments, ascending, in arrays; take either these or single ones.
    """

    def __init__(self, whole: Iterator[Floats]) -> None:
        self.whole = whole
        self._single = chain.from_iterable(block.tolist() for block in whole)

    def __next__(self) -> float:
        return float(next(self._single))
