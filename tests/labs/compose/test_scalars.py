"""Unquoted YAML values."""

from __future__ import annotations

import math

import pytest

from chaoskit.labs.compose.nodes import text_of
from chaoskit.labs.compose.scalars import resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("12", 12),
        ("-3", -3),
        ("0440", 0o440),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b101", 5),
        ("1_000", 1000),
        ("08", 8.0),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-.inf", -math.inf),
        ("22:22", "22:22"),
        ("1.2.3", "1.2.3"),
        ("2001-01-01", "2001-01-01 00:00:00 +0000 UTC"),
        ("0x", "0x"),
        ("1s", "1s"),
    ],
)
def test_a_scalar_has_the_type_compose_gives_it(text: str, value: object) -> None:
    """Flags are true and false alone, a leading zero is octal, and neither ports nor dates are numbers."""
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (True, "true"), (3, "3"), (1.5, "1.5"), (2.0, "2"), ("x", "x")]
)
def test_a_value_reads_as_an_environment_has_it(value: bool | float | str | None, text: str) -> None:
    """A number or flag in `environment` becomes the text that Compose would pass on."""
    assert text_of(value) == text
