import re

import pytest

from chaoskit.checks.agreement import agreement
from chaoskit.core.errors import DefinitionError
from chaoskit.core.history import Reading
from chaoskit.core.selector import name
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN
from chaoskit.core.window import begin, window
from chaoskit.testing import readings
from tests.checks.world import answers, history, outage

before = window(before=begin(outage))
ONE, OTHER = {"serial": ["ns 1"]}, {"serial": ["ns 2"]}


Said = dict[str, list[str]] | str


def said(host: str, *values: Said, start: float = 0.0, seconds: float = 30.0) -> tuple[Reading, ...]:
    """A host's readings: each value for as long as the others; a text is an error."""
    return readings(
        "answers", host, lambda t: values[int((t - start) * len(values) / seconds)], start=start, seconds=seconds
    )


def test_hosts_that_say_the_same_agree() -> None:
    """One value at two hosts; the reason says which."""
    verdict = agreement(answers, "serial").judge(
        history(readings=[*said("resolver-eu", ONE), *said("resolver-na", ONE)])
    )
    assert (verdict.outcome, verdict.measured, verdict.samples) == (PASS, 1, None)
    assert verdict.reason == 'serial at resolver-eu, resolver-na: ["ns 1"]'


def test_hosts_that_say_something_else_do_not() -> None:
    """Two values fail it, and the reason says who says what."""
    verdict = agreement(answers, "serial").judge(
        history(readings=[*said("resolver-eu", ONE), *said("resolver-na", OTHER)])
    )
    assert (verdict.outcome, verdict.measured, verdict.bound_text) == (FAIL, 2, "== 1")
    assert verdict.reason == 'serial at resolver-eu: ["ns 1"]; resolver-na: ["ns 2"]'


def test_the_last_reading_of_the_window_counts() -> None:
    """A host may be behind at first; what it says after the window, or instead of an answer, does not count."""
    late = (*said("resolver-na", OTHER, ONE, seconds=4.6), *said("resolver-na", "no answer", start=4.6, seconds=0.4))
    after = said("resolver-na", OTHER, start=6.0, seconds=24)
    record = history(readings=[*said("resolver-eu", ONE), *late, *after])
    assert agreement(answers, "serial", during=before).judge(record).outcome is PASS
    assert agreement(answers, "serial").judge(record).outcome is FAIL


@pytest.mark.parametrize(
    ("taken", "why"),
    [
        (said("resolver-eu", ONE), "it takes two"),
        (
            (*said("resolver-eu", ONE), *said("resolver-na", "refused")),
            r"resolver-na: every reading failed \(refused\)",
        ),
        ((*said("resolver-eu", ONE), *said("resolver-na", {"ttl": ["1"]})), "no reading has the field 'serial'"),
        (
            (*said("resolver-eu", ONE), *said("resolver-na", ONE, start=9.0, seconds=20)),
            "resolver-na: no reading in the window",
        ),
        (
            (*said("resolver-eu", ONE), *said("resolver-na", ONE, "no answer", "no answer")),
            "resolver-na: the last good reading is 20.1 s before the window's end .no answer.",
        ),
        (
            (*said("resolver-eu", {"serial": []}), *said("resolver-na", {"serial": []})),
            "resolver-eu: the last serial is empty",
        ),
        (
            (*said("resolver-eu", ONE), *said("resolver-na", ONE, {"serial": []})),
            "resolver-na: the last serial is empty",
        ),
    ],
)
def test_without_two_voices_nothing_is_known(taken: tuple[Reading, ...], why: str) -> None:
    """One host; one that failed, or spoke of something else, too late, long ago or of nothing."""
    late = "no reading in the window" in why
    verdict = agreement(answers, "serial", during=before if late else None).judge(history(readings=taken))
    assert verdict.outcome is UNKNOWN
    assert re.search(why, verdict.reason)


def test_hosts_can_be_chosen_and_a_field_must_be_named() -> None:
    """Only the chosen ones have to agree; nothing to agree about is an error where it is written."""
    record = history(readings=[*said("resolver-eu", ONE), *said("resolver-na", ONE), *said("client-eu", OTHER)])
    assert agreement(answers, "serial", at=name("resolver-*")).judge(record).outcome is PASS
    with pytest.raises(DefinitionError, match=r"test_agreement\.py:\d+: no field"):
        agreement(answers, "")
