"""How soon packets are found."""

import pytest

from chaoskit.checks.packets_seen import packets_seen
from chaoskit.core.errors import DefinitionError
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN
from chaoskit.core.window import begin, window
from tests.checks.captures import count, from_second, leak, recorded, taken
from tests.checks.world import fault, outage

soon = window(after=begin(outage), lasting="1s")
check = packets_seen(leak, within=soon)


@pytest.mark.parametrize(
    ("second", "outcome", "measured"),
    [(5.05, PASS, 0.101), (5.85, PASS, 0.901), (6.05, FAIL, 1.101), (25.0, FAIL, 20.001)],
)
def test_the_time_to_the_first_reading_that_has_one_counts(second: float, outcome: str, measured: float) -> None:
    """Until the answer was there; found too late is not found in time."""
    verdict = check.judge(recorded(taken("leak", from_second(second))))
    assert (verdict.outcome, verdict.measured, verdict.bound_text) == (outcome, pytest.approx(measured), "<= 1 s")


def test_packets_of_before_are_not_found_again() -> None:
    """A counter that is high already has to rise."""
    assert check.judge(recorded(taken("leak", count(500)))).outcome is FAIL
    assert check.judge(recorded(taken("leak", lambda t: count(500 + (t > 5.2))))).outcome is PASS


def test_a_packet_of_before_the_window_is_not_found_in_it() -> None:
    """It came at 4.95 s, between two readings; the window starts at 5 s, and the next reading is of 5.03 s."""
    record = recorded(taken("leak", lambda t: count(int(t > 4.95)), start=0.03))
    verdict = check.judge(record)
    assert verdict.outcome is UNKNOWN
    assert (
        verdict.reason == "the only packets came between a reading before the window's start and the first one after it"
    )
    later = recorded(taken("leak", lambda t: count(int(t > 4.95) + int(t > 5.5)), start=0.03))
    assert check.judge(later).measured == pytest.approx(0.531)


def test_without_a_window_start_it_is_the_origin_that_counts() -> None:
    """What the capture counted before is old."""
    check = packets_seen(leak, within=window(lasting="1s"))
    assert check.judge(recorded(taken("leak", from_second(0.15)))).measured == pytest.approx(0.201)


def test_the_first_of_several_hosts_counts() -> None:
    """It is found as soon as anybody sees it."""
    record = recorded(taken("leak", from_second(20)), taken("leak", from_second(5.15), host="lb-na"))
    verdict = check.judge(record)
    assert verdict.outcome is PASS
    assert verdict.reason == "the first packet is known at lb-na"


def test_never_is_a_failure_unless_it_may_have_been_missed() -> None:
    """Then it is unknown."""
    verdict = check.judge(recorded(taken("leak", count(0))))
    assert (verdict.outcome, verdict.measured, verdict.reason) == (FAIL, None, "no packet was ever seen")
    assert check.judge(recorded(taken("leak", lambda t: count(0, dropped=int(t))))).outcome is UNKNOWN
    assert check.judge(recorded()).outcome is UNKNOWN


def test_a_window_that_does_not_say_how_long_is_an_error_where_it_is_written() -> None:
    """There would be no bound."""
    with pytest.raises(DefinitionError, match=r"test_packets_seen\.py:\d+: within= needs a window"):
        packets_seen(leak, within=fault)
