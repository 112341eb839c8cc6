"""Goodput against what a system can do."""

from typing import Any

import pytest

from chaoskit.checks.goodput import goodput
from chaoskit.core.errors import DefinitionError
from chaoskit.core.history import Requests
from chaoskit.core.load import Outcome
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN, Unit
from chaoskit.core.window import Window, begin, end, window
from tests.checks.world import bad, fault, forecast, history, others, outage, shoppers, spread

before = window(before=begin(outage)).named("before")
after = window(after=end(outage))


def arms(rate_before: float, rate_inside: float, **columns: Any) -> tuple[Requests, Requests]:
    """Answers at one rate from 0 to 5 s, at another from 5 to 17 s."""
    first = spread(round(5 * rate_before), seconds=5.0, latency="1ms", **columns)
    return first, spread(round(12 * rate_inside), start=5.0, seconds=12.0, latency="1ms", **columns)


@pytest.mark.parametrize(
    ("rate_inside", "arguments", "outcome", "measured"),
    [
        (91, {"at_least": 0.9}, PASS, 0.91),
        (89, {"at_least": 0.9}, FAIL, 0.89),
        (0, {"at_least": 0.9}, FAIL, 0.0),
        (50, {"at_most": 0.5}, PASS, 0.5),
        (51, {"at_most": 0.5}, FAIL, 0.51),
        (95, {"between": (0.9, 1.1)}, PASS, 0.95),
        (112, {"between": (0.9, 1.1)}, FAIL, 1.12),
    ],
)
@pytest.mark.parametrize("of", [before, "100/s"], ids=["measured", "given"])
def test_the_rate_of_answers_is_held_to_a_multiple_of_what_can_be_done(
    of: Window | str, rate_inside: float, arguments: dict[str, Any], outcome: str, measured: float
) -> None:
    """100 answers a second could be done, as measured before or as given; none at all is a fail, not an unknown."""
    check = goodput(shoppers, of=of, during=fault, variation=0.1, **arguments)
    verdict = check.judge(history(*arms(100, rate_inside)))
    assert (verdict.outcome, verdict.unit) == (outcome, Unit.SHARE)
    assert verdict.measured == pytest.approx(measured, abs=0.004)


def test_the_verdict_says_both_rates() -> None:
    """Answers, seconds, and the window they are compared with, by its name."""
    verdict = goodput(shoppers, of=before, at_least=0.9, during=fault, variation=0.1).judge(history(*arms(100, 99)))
    assert verdict.reason == "1,188 answers in 12 s are 99.0/s, of 100.0/s in the reference window"
    given = goodput(shoppers, of="100/s", at_least=0.9, during=fault, variation=0.1).judge(history(*arms(100, 99)))
    assert given.reason.endswith("of 100.0/s expected")


def test_several_loads_are_added_up() -> None:
    """Half of the answers each is all of them together."""
    record = history(*arms(100, 50), *arms(0, 50, name="others"))
    both = goodput(shoppers, others, of="100/s", at_least=0.9, during=fault, variation=0.1)
    assert both.judge(record).outcome is PASS
    alone = goodput(shoppers, of="100/s", at_least=0.9, during=fault, variation=0.1)
    assert alone.judge(record).outcome is FAIL


def test_failures_are_no_goodput_and_answers_count_when_they_come() -> None:
    """A 503 is not work done; an answer to a request of before counts inside when it comes there."""
    record = history(bad(3_000, Outcome.UNAVAILABLE), spread(2_000, start=0.0, seconds=4.0, latency="8s"))
    check = goodput(shoppers, of="100/s", at_least=0.9, during=fault, variation=0.1)
    verdict = check.judge(record)
    assert verdict.measured == pytest.approx(2_000 / 12 / 100, abs=0.001)


@pytest.mark.parametrize(
    ("rate_before", "variation", "outcome"), [(100, 1.0, UNKNOWN), (2_000, 1.0, PASS), (5, 0.1, PASS)]
)
def test_it_takes_the_more_answers_the_more_their_number_varies(
    rate_before: float, variation: float, outcome: str
) -> None:
    """For 90 % 1,247 at exponential service times, 13 where these vary by a tenth: (3.72 * variation / ln 0.9) ** 2."""
    check = goodput(shoppers, of=before, at_least=0.9, during=fault, variation=variation)
    verdict = check.judge(history(*arms(rate_before, rate_before)))
    assert verdict.outcome == outcome
    assert verdict.needed == {1.0: 1247, 0.1: 13}[variation]


def test_a_window_that_never_was_is_unknown() -> None:
    """The run was stopped before it."""
    record = history(*arms(100, 100), duration=10)
    assert goodput(shoppers, of="100/s", at_least=0.9, during=after).judge(record).outcome is UNKNOWN


@pytest.mark.parametrize(
    "arguments",
    [
        {"of": "100/s"},
        {"of": "100/s", "at_least": 0.9, "at_most": 2.0},
        {"of": "100/s", "at_least": 1.0},
        {"of": "100/s", "at_least": 0.0},
        {"of": "0/s", "at_least": 0.9},
        {"of": "100/s", "between": (0.5, 0.9)},
        {"of": "100/s", "at_least": 0.9, "variation": 0},
    ],
)
def test_senseless_arguments_are_errors_where_they_are_written(arguments: dict[str, Any]) -> None:
    """The error starts with the line of the experiment."""
    with pytest.raises(DefinitionError, match=r"test_goodput\.py:\d+: "):
        goodput(shoppers, **arguments)


def test_goodput_is_of_some_load() -> None:
    """None is a mistake."""
    with pytest.raises(DefinitionError, match="goodput of no load"):
        goodput(of="100/s", at_least=0.9)


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ("50/s", 600),  # no more than can be done in 12 s
        ("400/s", 1_200),  # no more than arrives
        (before, 352),  # 500 answers and 1,200: 1 / (1 / 500 + 1 / 1,200)
    ],
)
def test_a_plan_shows_how_many_answers_to_expect(of: Window | str, expected: int) -> None:
    """At 100 arrivals a second, of which at most all are served."""
    samples = goodput(shoppers, of=of, at_least=0.9, during=fault, variation=0.25).forecast(forecast())
    assert samples is not None
    assert samples.expected == pytest.approx(expected, abs=1)
    assert samples.needed == 78
