from dataclasses import replace
from typing import Any

import pytest

from chaoskit.checks.reading import Take, reading
from chaoskit.core.errors import DefinitionError
from chaoskit.core.history import Reading
from chaoskit.core.selector import name, region
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN
from chaoskit.testing import readings
from tests.checks.world import answers, failover, history


def read(value: Any, host: str = "lb-eu", **rhythm: Any) -> tuple[Reading, ...]:
    """Readings of one host."""
    return readings("answers", host, value, **rhythm)


@pytest.mark.parametrize(
    ("arguments", "outcome", "measured"),
    [
        ({"at_most": 29}, PASS, 29),
        ({"at_most": 28}, FAIL, 29),
        ({"at_least": 0}, PASS, 0),
        ({"at_least": 1}, FAIL, 0),
        ({"below": 30}, PASS, 29),
        ({"below": 29}, FAIL, 29),
        ({"above": -1}, PASS, 0),
        ({"above": 0}, FAIL, 0),
        ({"at_least": 29, "take": Take.LAST}, PASS, 29),
        ({"at_most": 28, "take": Take.LAST}, FAIL, 29),
        ({"at_least": 29, "take": Take.PEAK}, PASS, 29),
        ({"at_least": 30, "take": Take.PEAK}, FAIL, 29),
        ({"at_most": 29, "take": Take.RISE}, PASS, 29),
        ({"at_least": 30, "take": Take.RISE}, FAIL, 29),
        ({"at_most": 11, "during": failover}, PASS, 11),
        ({"at_most": 6, "during": failover, "take": Take.RISE}, PASS, 6),
    ],
)
def test_the_farthest_value_is_held_to_the_bound(arguments: dict[str, Any], outcome: str, measured: float) -> None:
    """A counter that rises by one a second: every value, the last, or the rise, in the run or in a window."""
    record = history(readings=read(lambda t: {"n": int(t)}))
    verdict = reading(answers, "n", **arguments).judge(record)
    assert (verdict.outcome, verdict.measured) == (outcome, measured)


def test_every_host_is_held_to_it() -> None:
    """One host over the bound fails it, and the reason names it; hosts can be chosen."""
    record = history(readings=(*read({"n": 1}), *read({"n": 9}, "lb-na")))
    verdict = reading(answers, "n", at_most=5).judge(record)
    assert (verdict.outcome, verdict.measured) == (FAIL, 9)
    assert "lb-na" in verdict.reason
    assert reading(answers, "n", at_most=5, at=region("eu") & name("lb-*")).judge(record).outcome is PASS


@pytest.mark.parametrize(
    ("take", "reason"),
    [
        (Take.EVERY, "the largest n of 300 readings is 29, at lb-eu"),
        (Take.LAST, "n, the last reading: 29 at lb-eu"),
        (Take.RISE, "n, the rise from first to last reading: 29 at lb-eu"),
    ],
)
def test_the_reason_says_what_of_the_readings_counted(take: Take, reason: str) -> None:
    """All of them, the last, or a difference; they are no samples, since each is like the one before."""
    verdict = reading(answers, "n", at_most=29, take=take).judge(history(readings=read(lambda t: {"n": int(t)})))
    assert (verdict.reason, verdict.samples) == (reason, None)


def test_a_rise_is_that_of_each_host() -> None:
    """Counters of two hosts are never subtracted from one another."""
    record = history(readings=(*read({"n": 1}), *read({"n": 100}, "lb-na")))
    assert reading(answers, "n", at_most=0, take=Take.RISE).judge(record).outcome is PASS


@pytest.mark.parametrize(("state", "outcome", "share"), [("up", PASS, 1.0), ("down", FAIL, 0.0), ("flaps", FAIL, 0.5)])
def test_states_are_compared_as_they_are(state: str, outcome: str, share: float) -> None:
    """`equals` wants every value to be the one given, in nested readings as well."""
    value = (
        (lambda t: {"web": {"state": "up" if int(t) % 2 else "down"}})
        if state == "flaps"
        else {"web": {"state": state}}
    )
    verdict = reading(answers, "web.state", equals="up").judge(history(readings=read(value)))
    assert (verdict.outcome, verdict.measured) == (outcome, share)
    assert ("lb-eu says 'down'" in verdict.reason) == (outcome is FAIL)


def test_failed_readings_are_left_out_and_told() -> None:
    """Half of the readings time out: the other half is judged, and the reason says so."""
    record = history(readings=read(lambda t: "timed out" if t < 15 else {"n": 1}))
    verdict = reading(answers, "n", at_most=1).judge(record)
    assert (verdict.outcome, verdict.samples) == (PASS, None)
    assert "150 of 300 readings failed" in verdict.reason


@pytest.mark.parametrize(
    ("taken", "arguments", "why"),
    [
        ((), {}, "no readings"),
        (read({"n": 1}), {"at": name("lb-na")}, "no readings"),
        (read({"n": 1}, seconds=4.0), {"during": failover}, "lb-eu: no reading in the window"),
        (read(lambda _t: "refused"), {}, "lb-eu: every reading failed (refused)"),
        (read({"m": 1}), {}, "lb-eu: no reading has the field 'n'"),
        (read({"n": "many"}), {}, "'many' is no number"),
    ],
)
def test_without_values_it_is_unknown(taken: tuple[Reading, ...], arguments: dict[str, Any], why: str) -> None:
    """What was not read proves nothing, and the reason says what is missing."""
    verdict = reading(answers, "n", at_most=5, **arguments).judge(history(readings=taken))
    assert verdict.outcome is UNKNOWN
    assert why in verdict.reason


@pytest.mark.parametrize("take", [Take.EVERY, Take.PEAK, Take.RISE])
def test_a_few_good_readings_are_not_enough(take: Take) -> None:
    """Two in fifteen: what the others would have said is not known, unless the experiment is content with that."""
    record = history(readings=read(lambda t: {"n": 1} if t < 4 else "timed out"))
    verdict = reading(answers, "n", at_most=1, take=take).judge(record)
    assert verdict.outcome is UNKNOWN
    assert verdict.reason == "lb-eu: 260 of 300 readings failed or lack 'n' (timed out)"
    assert verdict.remedy
    assert reading(answers, "n", at_most=1, take=take, answered="10%").judge(record).outcome is PASS


def test_the_last_reading_is_near_the_end() -> None:
    """A good one of long before says nothing of it; one that failed just before the end may be left out."""
    often = reading(answers, "n", at_most=1, take=Take.LAST)
    verdict = often.judge(history(readings=read(lambda t: {"n": 1} if t < 20 else "timed out")))
    assert verdict.outcome is UNKNOWN
    assert verdict.reason == "lb-eu: the last good reading is 10.1 s before the window's end (timed out)"
    assert often.judge(history(readings=read(lambda t: {"n": 1} if t >= 29.5 else "timed out"))).outcome is PASS
    assert often.judge(history(readings=read({"n": 1}, seconds=29.0))).outcome is UNKNOWN
    assert often.judge(history(readings=read({"n": 1}, seconds=29.2))).outcome is PASS


def test_while_a_run_goes_on_its_record_ends_where_it_is() -> None:
    """A guard looks at what is there so far."""
    so_far = replace(history(readings=read({"n": 1}, seconds=20)), anchors=())
    assert reading(answers, "n", at_most=1, take=Take.LAST).judge(so_far).outcome is PASS


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (lambda t: {"n": 5 if t < 10 else 0}, "lb-eu: n: it fell from 5 to 0, so it began anew"),
        (lambda t: {"n": 5 if 10 <= t < 20 else 0}, "lb-eu: n: it fell from 5 to 0, so it began anew"),
    ],
)
@pytest.mark.parametrize("bound", [{"at_most": 0}, {"at_least": 5}])
def test_a_counter_that_began_anew_has_no_rise(value: Any, why: str, bound: dict[str, Any]) -> None:
    """What it counted last before is not known."""
    verdict = reading(answers, "n", take=Take.RISE, **bound).judge(history(readings=read(value)))
    assert (verdict.outcome, verdict.reason) == (UNKNOWN, why)


def test_one_reading_is_no_rise() -> None:
    """It takes two."""
    verdict = reading(answers, "n", at_most=0, take=Take.RISE).judge(history(readings=read({"n": 7}, seconds=0.1)))
    assert (verdict.outcome, verdict.reason) == (UNKNOWN, "lb-eu: n: no two readings")


@pytest.mark.parametrize("answered", [0, "150%"])
def test_a_share_that_is_none_is_refused(answered: Any) -> None:
    """Where it is written; none at all would be no share of the readings either."""
    with pytest.raises(DefinitionError, match=r"test_reading\.py:\d+: "):
        reading(answers, "n", at_most=1, answered=answered)


@pytest.mark.parametrize("arguments", [{}, {"at_most": 1, "equals": 2}])
def test_a_check_has_one_bound(arguments: dict[str, Any]) -> None:
    """None or two are errors where they are written."""
    with pytest.raises(DefinitionError, match=r"test_reading\.py:\d+: "):
        reading(answers, "n", **arguments)


@pytest.mark.parametrize(("field", "measured"), [("198.18.1.1:80.queue", 3), ("*:80.queue", 5), ("a.b.c", 7)])
def test_keys_may_hold_dots(field: str, measured: int) -> None:
    """Addresses are keys of readings; what follows the key is looked for below it."""
    value = {"198.18.1.1:80": {"queue": 3}, "*:80": {"queue": 5}, "a": {"b": {"c": 7}}}
    verdict = reading(answers, field, at_most=9).judge(history(readings=read(value)))
    assert (verdict.outcome, verdict.measured) == (PASS, measured)
