"""What killed runs left, in words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaoskit.engine import facts
from chaoskit.engine.leftovers import LeftAction, leftovers
from chaoskit.engine.order import Order
from chaoskit.steps.command import Command
from chaoskit.steps.pause import Pause
from chaoskit.steps.stop import Stop
from tests.support.left import Killed, killed, places


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    places(tmp_path, monkeypatch)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


NOON = 1_769_860_800.0
"""12:00 UTC on 31 January 2026."""


@pytest.mark.parametrize(
    ("begun", "over", "said"),
    [
        (NOON, NOON + 60, "cut on a, b of shop, begun 12:00:00, until 12:01:00"),
        (NOON - 90, NOON - 30, "cut on a, b of shop, begun 11:58:30, expired 11:59:30"),
        (NOON - 86_400, NOON - 86_340, "cut on a, b of shop, begun 2026-01-30 12:00:00, expired 2026-01-30 12:01:00"),
        (None, None, "cut on a, b of shop"),
    ],
)
def test_an_action_says_where_since_when_and_until_when(begun: float | None, over: float | None, said: str) -> None:
    """By the local time of day; with the date when that is another one."""
    assert LeftAction("cut", ("a", "b"), begun, over, ()).text("shop", NOON) == said


def test_each_run_says_what_is_in_force(tmp_path: Path) -> None:
    """The last action first, each with all its hosts and what was done; then the lab, if it is one of ours."""
    run = killed(tmp_path)
    run.did("outage", Stop("web-eu-1"), Stop("web-eu-2"))
    run.did("freeze", Pause("web-na-1"))
    (left,) = leftovers()
    assert left.lines(NOON) == (
        "freeze on web-na-1 of shop, begun 10:00:00, expired 10:01:00",
        "outage on web-eu-1, web-eu-2 of shop, begun 10:00:00, expired 10:01:00",
        "the lab shop, brought up by memory",
    )
    assert left.actions[0].steps == ("web-na-1: freeze every process; its kernel goes on acknowledging",)
    assert leftovers("another") == ()


def test_what_an_attached_run_left_is_no_lab_of_ours(tmp_path: Path) -> None:
    """The project stays; a run of which nothing is in force says so."""
    killed(tmp_path, driver="attached", guest=True)
    assert leftovers()[0].lines() == ("nothing but the record of it",)


def test_on_a_native_lab_only_what_was_done_elsewhere_is_left(tmp_path: Path) -> None:
    """The lab ended with its keeper, and what was done to it ended too."""
    run = killed(tmp_path, driver="native")
    run.did("outage", Stop("web-eu-1"))
    run.did("switch", Command("", ("true",), ("false",), undo_argv=("true",)))
    assert [line.partition(",")[0] for line in leftovers()[0].lines()] == ["switch on this machine of shop"]


def test_a_kind_that_is_not_known_and_a_journal_that_is_gone_are_said(tmp_path: Path) -> None:
    """Somebody has to know that there is more than can be told."""
    run = killed(tmp_path)
    run.did("outage", Stop("web-eu-1"))
    run.journal.write_text(run.journal.read_text().replace('"kind":"stop"', '"kind":"dismantle"'))
    assert leftovers()[0].actions[0].steps == ("a step of kind dismantle",)
    run.journal.unlink()
    facts.write(run.order)
    _has_a_keeper_that_was_killed(run.order)
    assert leftovers()[0].lines()[-1] == f"its journal {run.journal} is gone: what it did cannot be told"


def _has_a_keeper_that_was_killed(order: Order) -> None:
    """Written by this process, which is no keeper: as if it had been one, and its pid were another's now."""
    path = order.runtime / "run.json"
    path.write_text(path.read_text().replace('"keeper": {"boot": "', '"keeper": {"boot": "another-'))


def test_a_run_that_is_kept_left_nothing(tmp_path: Path) -> None:
    """Its keeper is there and sees to it."""
    run: Killed = killed(tmp_path)
    facts.write(run.order)
    assert leftovers() == ()
