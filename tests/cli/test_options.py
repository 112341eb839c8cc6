"""Options that several commands share."""

from __future__ import annotations

import argparse

import pytest

from chaoskit.cli import options
from chaoskit.core.errors import UsageError
from chaoskit.core.units import NS
from chaoskit.labs.attachment import Attachment, Permit


def _attachment(*words: str) -> Attachment | None:
    parser = argparse.ArgumentParser()
    options.attach(parser)
    return options.attachment(parser.parse_args(words))


def test_each_permit_has_a_flag_of_its_own() -> None:
    """What is not said is not allowed."""
    assert _attachment() is None
    assert _attachment("--attach", "shop") == Attachment("shop")
    for permit in Permit:
        allowed = _attachment("--attach", "shop", f"--allow-{permit.value}")
        assert allowed is not None
        assert allowed.permits == {permit}
    both = _attachment(
        "--attach", "shop", "--allow-protected", "--allow-one-shot", "--client-network", "back", "--longest", "1h"
    )
    assert both == Attachment("shop", "back", frozenset({Permit.PROTECTED, Permit.ONE_SHOT}), 3600 * NS)


@pytest.mark.parametrize("words", [["--allow-protected"], ["--client-network", "back"], ["--longest", "1h"]])
def test_what_is_about_a_running_project_wants_one(words: list[str]) -> None:
    """Else it would be silently without effect."""
    with pytest.raises(UsageError, match=f"{words[0]} is about a running project: name it with --attach"):
        _attachment(*words)
