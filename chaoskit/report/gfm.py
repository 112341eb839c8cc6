"""GitHub Flavored Markdown: text that is no markup, and rows of tables."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SPECIAL = re.compile(r"([\\`*|\[\]]|<(?=[A-Za-z/!?])|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
"""What GitHub's Markdown reads as markup; an underscore inside a word and a comparison are none."""


def escaped(text: str) -> str:
    """Escape what Markdown would read as markup, and keep a table's row on its line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def table_row(cells: Sequence[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |"
