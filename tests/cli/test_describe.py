"""Docstrings as `show` reads them."""

from __future__ import annotations

import pytest

from chaoskit.cli.describe import parameter_docs

DOC = """Do it.

At length.

Args:
    plan: the lab.
    hosts (Selector): whose daemons,
        and on a second line.

Raises:
    UsageError: never: mind the colon.
"""


@pytest.mark.parametrize(
    ("doc", "expected"),
    [
        (DOC, {"plan": "the lab.", "hosts": "whose daemons, and on a second line."}),
        ("Do it.", {}),
        ("Do it.\n\nArgs:\n    x: 1 to 2.", {"x": "1 to 2."}),
    ],
)
def test_parameters_are_those_of_the_args_section(doc: str, expected: dict[str, str]) -> None:
    """Types in brackets and continued lines are understood, other sections are not taken for parameters."""
    assert parameter_docs(doc) == expected
