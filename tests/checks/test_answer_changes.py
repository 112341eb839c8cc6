from collections.abc import Callable, Mapping
from typing import Any

import pytest

from chaoskit.checks.answer_changes import answer_changes
from chaoskit.core.errors import DefinitionError
from chaoskit.core.history import Reading
from chaoskit.core.selector import name, region
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN
from chaoskit.core.window import begin, window
from chaoskit.testing import outage_history, readings
from tests.checks.world import answers, failover, history, outage

EU, NA = "198.18.1.30", "198.18.2.30"
to_na = answer_changes(answers, to=region("na"), within=failover, seen_by=region("eu") & name("resolver-*"))


def said(*addresses: str, rcode: str = "NOERROR") -> Mapping[str, Any]:
    """A DNS answer as the probe records it."""
    return {"addresses": list(addresses), "ttl": 2, "rcode": rcode}


def resolver(value: Callable[[float], Mapping[str, Any] | str], host: str = "resolver-eu") -> tuple[Reading, ...]:
    """What a resolver's answers were, ten a second, each known 1 ms after it was asked for."""
    return readings("answers", host, value)


def turning(at: float, back: float = 17.0, meanwhile: Mapping[str, Any] | str | None = None) -> tuple[Reading, ...]:
    """Answers of eu, that point at na between two moments, and say something else from 5 s until then."""
    between = meanwhile or said(EU)
    return resolver(lambda t: said(NA) if at <= t < back else between if 5 <= t < at else said(EU))


@pytest.mark.parametrize(
    ("readings_", "measured", "outcome"),
    [
        (turning(8.0), 3.001, PASS),
        (turning(11.9), 6.901, PASS),
        (turning(12.1), 7.101, FAIL),
        (turning(16.0), 11.001, FAIL),
        (turning(31.0), None, FAIL),
        (turning(8.0, meanwhile=said(EU, NA)), 3.001, PASS),
        (turning(31.0, meanwhile=said(EU, NA)), None, FAIL),
        (turning(31.0, meanwhile=said()), None, FAIL),
        (turning(31.0, meanwhile=said(NA, rcode="SERVFAIL")), None, FAIL),
        (turning(31.0, meanwhile=said("203.0.113.1")), None, FAIL),
        (turning(9.0, meanwhile="timed out"), 4.001, PASS),
    ],
)
def test_it_measures_until_answers_point_only_there(
    readings_: tuple[Reading, ...], measured: float | None, outcome: str
) -> None:
    """Time counts from the outage at 5 s until an answer that holds only na's addresses is known."""
    verdict = to_na.judge(history(readings=readings_))
    assert verdict.outcome == outcome
    assert verdict.measured == (None if measured is None else pytest.approx(measured))
    assert verdict.bound is not None
    assert verdict.bound.parts == "7 s = detection 4 s + ttl 2 s + margin 1 s"


def test_flapping_counts_until_the_last_flap() -> None:
    """Answers that turn, turn back and turn again have changed when they do for the rest of the window."""
    flapping = resolver(lambda t: said(NA) if 6 <= t < 7 or 9 <= t < 17 else said(EU))
    assert to_na.judge(history(readings=flapping)).measured == pytest.approx(4.001)


def test_turning_back_after_the_window_is_no_flap() -> None:
    """The window's end is as far as answers must hold: after the repair they go home."""
    assert to_na.judge(history(readings=turning(8, back=12.5))).outcome is PASS


def test_the_slowest_resolver_counts() -> None:
    """All resolvers must have changed, and the reason names the last."""
    both = (*turning(7.0), *resolver(lambda t: said(NA) if t >= 10 else said(EU), "lb-eu"))
    check = answer_changes(answers, to=region("na"), within=failover)
    verdict = check.judge(history(readings=both))
    assert verdict.measured == pytest.approx(5.001)
    assert "lb-eu" in verdict.reason
    never = (*turning(7.0), *resolver(lambda _t: said(EU), "lb-eu"))
    assert check.judge(history(readings=never)).outcome is FAIL


def test_a_selection_may_be_wider_than_the_probe() -> None:
    """Hosts of the region at which the probe does not read are passed over."""
    wide = answer_changes(answers, to=region("na"), within=failover, seen_by=region("eu"))
    assert wide.judge(history(readings=turning(8.0))).outcome is PASS


def test_answers_that_pointed_there_all_along_prove_nothing() -> None:
    """With nothing that could change the check is unknown; beside a resolver that changes it is no matter."""
    na = resolver(lambda _t: said(NA), "resolver-na")
    check = answer_changes(answers, to=region("na"), within=failover)
    verdict = check.judge(history(readings=na))
    assert verdict.outcome is UNKNOWN
    assert "before the window already" in verdict.reason
    assert check.judge(history(readings=(*na, *turning(8.0)))).outcome is PASS


@pytest.mark.parametrize(
    ("readings_", "why"),
    [
        ((), "no readings"),
        (resolver(lambda _t: "timed out"), "no reading succeeded: timed out"),
        (readings("answers", "resolver-eu", said(EU), seconds=4), "no reading lies in the window"),
    ],
)
def test_without_readings_it_is_unknown(readings_: tuple[Reading, ...], why: str) -> None:
    """A probe that never saw an answer, or none in the window, proves nothing, and the reason says which."""
    verdict = to_na.judge(history(readings=readings_))
    assert verdict.outcome is UNKNOWN
    assert why in verdict.reason


def test_a_run_cut_short_is_unknown() -> None:
    """Stopped 2 s after the outage, answers might still have changed in time."""
    cut = tuple(reading for reading in turning(8) if reading.t < 7e9)
    verdict = to_na.judge(history(readings=cut, events=history().events[:2], stopped="by hand"))
    assert verdict.outcome is UNKNOWN
    assert "too early to tell" in verdict.reason


def test_the_outage_of_the_example_changes_answers_and_its_twin_does_not() -> None:
    """With steering answers turn after 3.5 s, with plain DNS never."""
    parts = {"action": outage, "probe": answers}
    assert to_na.judge(outage_history(**parts)).measured == pytest.approx(3.501)
    assert to_na.judge(outage_history(**parts, recovers=False)).outcome is FAIL


def test_a_window_without_end_is_an_error_where_it_is_written() -> None:
    """It would bound nothing."""
    with pytest.raises(DefinitionError, match=r"test_answer_changes\.py:\d+: the window has no end"):
        answer_changes(answers, to=region("na"), within=window(after=begin(outage)))
