"""The nearest of several words to a mistyped one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """`Did you mean 'crash'? `, or nothing where no word is near; the trailing space is for a further sentence."""
    near = difflib.get_close_matches(word, list(words), 1, cutoff=0.6)
    return f"Did you mean {near[0]!r}? " if near else ""
