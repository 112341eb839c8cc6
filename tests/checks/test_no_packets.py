"""No packet matching a filter: one is too many, and none proves something only where all were seen."""

import pytest

from chaoskit.checks.no_packets import no_packets
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN
from chaoskit.core.window import begin, window
from tests.checks.captures import Counter, count, from_second, leak, recorded, taken, tunnel
from tests.checks.world import drained, fault, outage

check = no_packets(leak)
silence = taken("leak", count(0))


def test_silence_from_beginning_to_end_passes_and_one_packet_fails() -> None:
    """Packets of the time before the origin count: the capture began before the boot actions."""
    assert check.judge(recorded(silence)).outcome is PASS
    verdict = check.judge(recorded(taken("leak", count(1))))
    assert (verdict.outcome, verdict.measured, verdict.bound_text) == (FAIL, 1, "<= 0")


@pytest.mark.parametrize(
    ("second", "during", "outcome"),
    [(4.0, fault, FAIL), (12.0, fault, FAIL), (18.0, fault, PASS), (8.0, drained, FAIL), (29.0, None, FAIL)],
)
def test_only_the_rise_in_the_window_counts(second: float, during: object, outcome: str) -> None:
    """Of a counter that starts to rise at some moment."""
    record = recorded(taken("leak", from_second(second)))
    assert no_packets(leak, during=during).judge(record).outcome == outcome  # type: ignore[arg-type]


def test_packets_before_the_window_are_forgiven() -> None:
    """A counter that stands still during the window, however high."""
    assert no_packets(leak, during=drained).judge(recorded(taken("leak", count(500)))).outcome is PASS


def test_the_verdict_says_how_much_was_seen_where_and_when() -> None:
    """Count, bytes, host and moment; of several hosts each that saw any."""
    record = recorded(taken("leak", from_second(6.0)), taken("leak", count(0), host="lb-na"))
    verdict = no_packets(leak, during=fault).judge(record)
    assert verdict.measured == 111
    assert verdict.reason == "111 packets with 11,100 bytes at lb-eu, known 1.001 s after the window's start"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (lambda t: count(0, dropped=int(t > 9) * 7), "at lb-eu the kernel dropped 7 packets for want of room"),
        (lambda t: count(0, since=1.0 + (t > 9)), "at lb-eu the capture began anew, and nothing is known of the time"),
        (lambda t: count(0) if t < 20 else "off", "at lb-eu the last reading is 10.1 s before the window's end"),
        (lambda _t: "no such device", "at lb-eu nothing was read in the window (no such device)"),
    ],
)
def test_what_may_have_been_missed_makes_silence_unknown(value: Counter, reason: str) -> None:
    """Drops, a new beginning, and readings that are missing at the end."""
    verdict = check.judge(recorded(taken("leak", value)))
    assert verdict.outcome is UNKNOWN
    assert verdict.reason.startswith(reason)


UTC = 1_750_000_000.0
"""Seconds since the epoch at the origin of a synthetic run."""


def test_what_came_before_a_late_capture_is_not_known() -> None:
    """It could not be opened for 4 s; had it been there all the while, and only not been read, it would be."""
    late = recorded(taken("leak", lambda t: "no such device" if t < 4 else count(0, since=UTC + 3.9)))
    for during in (None, window(lasting="10s"), window(after=begin(outage))):
        verdict = no_packets(leak, during=during).judge(late)
        assert verdict.outcome is (UNKNOWN if during is None or during.after is None else PASS)
    assert "nothing was read for 4" in check.judge(late).reason
    assert "(no such device)" in check.judge(late).reason
    busy = recorded(taken("leak", lambda t: "busy" if t < 4 else count(0, since=UTC - 1)))
    assert check.judge(busy).outcome is PASS
    assert check.judge(recorded(taken("leak", lambda t: "no such device" if t < 4 else count(1)))).outcome is FAIL


def test_a_capture_that_begins_in_the_window_has_not_seen_all_of_it() -> None:
    """Its first reading is good, and too late."""
    late = recorded(taken("leak", lambda _t: count(0, since=UTC + 8), start=8.0, seconds=22.5))
    verdict = no_packets(leak, during=fault).judge(late)
    assert (verdict.outcome, verdict.reason) == (
        UNKNOWN,
        "at lb-eu the capture began 3 s after the window's start at the latest",
    )


def test_a_counter_that_falls_began_anew() -> None:
    """Whatever it says of when it began."""
    verdict = no_packets(leak, during=fault).judge(recorded(taken("leak", lambda t: count(5 if t < 9 else 0))))
    assert verdict.outcome is UNKNOWN
    assert verdict.reason.startswith("at lb-eu the capture began anew")


def test_a_packet_that_was_seen_fails_it_whatever_was_missed() -> None:
    """More than one is no better."""
    assert check.judge(recorded(taken("leak", count(1, dropped=7)))).outcome is FAIL


def test_a_failed_reading_between_others_hides_nothing() -> None:
    """The socket counts on, and the next reading has it."""
    record = recorded(taken("leak", lambda t: "busy" if 10 < t < 12 else count(0)))
    assert check.judge(record).outcome is PASS


def test_of_two_hosts_both_have_to_have_seen_everything() -> None:
    """One that dropped makes the silence of the other one no proof."""
    record = recorded(silence, taken("leak", lambda t: count(0, dropped=int(t > 9)), host="lb-na"))
    assert check.judge(record).outcome is UNKNOWN


@pytest.mark.parametrize(("seen", "outcome"), [(count(0), UNKNOWN), (lambda t: count(t * 10 + 10), PASS)])
def test_a_control_has_to_have_seen_something(seen: Counter, outcome: str) -> None:
    """An interface on which nothing is seen proves nothing."""
    verdict = no_packets(leak, control=tunnel).judge(recorded(silence, taken("tunnel", seen)))
    assert verdict.outcome == outcome
    assert "control" in verdict.reason


def test_a_capture_that_never_read_proves_nothing() -> None:
    """No reading at all."""
    assert check.judge(recorded()).outcome is UNKNOWN
