from __future__ import annotations

from dataclasses import replace

import numpy as np

from chaoskit.core.history import concatenate
from chaoskit.core.load import OUTCOMES, Outcome
from chaoskit.core.result import ExperimentResult
from chaoskit.report import html, markdown
from chaoskit.report.notices import notices


def stopped_with(single: ExperimentResult, reason: str) -> ExperimentResult:
    """The run, stopped early because of a full disk."""
    arm = single.arms[0]
    history = replace(arm.history, meta=replace(arm.history.meta, stopped="the disk is full"))
    return replace(single, arms=(replace(arm, history=history, reason=reason),))


def test_the_reason_of_a_stop_is_said_once(single: ExperimentResult) -> None:
    """In each report, where the verdict has no other reason."""
    result = stopped_with(single, "stopped: the disk is full")
    assert list(notices(result.arms[0])) == [("Stopped early", "the disk is full")]
    assert html.render(result).count("the disk is full") == 1
    assert markdown.render(result).count("the disk is full") == 1


def test_another_reason_stands_beside_the_stop(single: ExperimentResult) -> None:
    """A check that failed before the stop decides; whoever reads learns both."""
    said = list(notices(stopped_with(single, "recovered: never").arms[0]))
    assert said == [("Stopped early", "the disk is full"), ("", "recovered: never")]


def test_a_run_that_was_not_stopped_has_its_reason_alone(single: ExperimentResult) -> None:
    """Nothing else is said."""
    assert list(notices(single.arms[0])) == [("", "every check passed")]


def test_a_sampled_run_says_so(single: ExperimentResult) -> None:
    """Whoever reads its figures learns what they rest on."""
    arm = single.arms[0]
    meta = replace(arm.history.meta, one_success_in=100)
    said = dict(notices(replace(arm, history=replace(arm.history, meta=meta))))
    assert said["Sampled"].startswith("one successful request in 100 has a row")


def test_attempts_are_counted_apart_from_arrivals(single: ExperimentResult) -> None:
    """By what they failed of, the most frequent first; without retries nothing is said."""
    arm = single.arms[0]
    some = arm.history.requests.take(np.arange(3))
    codes = np.array([OUTCOMES.index(each) for each in (Outcome.REFUSED, Outcome.RESET, Outcome.REFUSED)], np.int8)
    history = replace(arm.history, attempts=replace(concatenate([some]), outcome=codes))
    said = dict(notices(replace(arm, history=history)))
    text = "3 attempts failed and were followed by another, no arrivals: 2 after refused, 1 after reset"
    assert said["Retries"] == text
    assert "Retries" not in dict(notices(arm))
