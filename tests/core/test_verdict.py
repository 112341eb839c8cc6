import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.verdict import (
    FAIL,
    PASS,
    UNKNOWN,
    Limit,
    Result,
    Unit,
    Verdict,
    exit_status,
    failed,
    held_to,
    passed,
    too_few,
    unknown,
    worst,
)

RESULTS = st.sampled_from(list(Result))


@given(st.lists(RESULTS))
def test_fail_is_worse_than_unknown_is_worse_than_pass(outcomes: list[Result]) -> None:
    """One fail makes it a fail; else one unknown makes it unknown; of nothing it is a pass."""
    expected = FAIL if FAIL in outcomes else UNKNOWN if UNKNOWN in outcomes else PASS
    assert worst(outcomes) is expected


@given(st.lists(RESULTS), st.lists(RESULTS))
def test_merging_in_any_grouping_is_the_same(some: list[Result], others: list[Result]) -> None:
    """Merging merged parts is merging all: order and grouping do not matter."""
    assert worst([worst(some), worst(others)]) is worst([*others, *some])


def test_exit_statuses() -> None:
    """0 pass, 1 fail, 2 unknown."""
    assert [exit_status(outcome) for outcome in (PASS, FAIL, UNKNOWN)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("limit", "admitted", "refused"),
    [
        (Limit("<=", 7), (6.9, 7), (7.1,)),
        (Limit(">=", 0.999), (0.999, 1), (0.9989,)),
        (Limit("==", 0), (0,), (1, -1)),
        (Limit("in", 0.25, upper=0.4), (0.25, 0.3, 0.4), (0.2499, 0.4001)),
    ],
)
def test_a_limit_admits_its_own_value(limit: Limit, admitted: tuple[float, ...], refused: tuple[float, ...]) -> None:
    """Bounds belong to what is right."""
    assert [limit.admits(value) for value in (*admitted, *refused)] == [True] * len(admitted) + [False] * len(refused)


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        (Unit.SECONDS, 7, "7 s"),
        (Unit.SECONDS, 0.0503, "50.3 ms"),
        (Unit.SHARE, 0.9995, "99.950 %"),
        (Unit.COUNT, 12_345, "12,345"),
        (Unit.RATIO, 1.23456, "1.23"),
        (Unit.PER_SECOND, 400, "400 /s"),
    ],
)
def test_values_are_shown_in_their_unit(unit: Unit, value: float, text: str) -> None:
    """Measured value and bound read alike."""
    verdict = held_to(value, "<=", value, unit, "because")
    assert (verdict.measured_text, verdict.bound_text) == (text, f"<= {text}")


def test_what_is_not_there_is_shown_as_a_dash() -> None:
    """A verdict without a number has none to show; an interval shows both ends."""
    assert (passed("well").measured_text, failed("ill").bound_text) == ("-", "-")
    inside = Verdict(PASS, "", 0.3, Limit("in", 0.25, upper=0.4), Unit.SHARE)
    assert inside.bound_text == "25.0 % to 40.0 %"


@pytest.mark.parametrize(("measured", "outcome"), [(6.9, PASS), (7.0, PASS), (7.1, FAIL)])
def test_held_to_compares_and_keeps_everything(measured: float, outcome: Result) -> None:
    """The verdict carries value, bound, parts, unit, samples and reason."""
    verdict = held_to(measured, "<=", 7.0, Unit.SECONDS, "it took that", samples=12, parts="7 s = 4 s + 3 s")
    assert verdict == Verdict(
        outcome, "it took that", measured, Limit("<=", 7.0, "7 s = 4 s + 3 s"), Unit.SECONDS, samples=12
    )


def test_too_few_says_how_many_are_needed_and_what_to_do() -> None:
    """An unknown for want of samples has both numbers and a remedy, its own or the usual one."""
    verdict = too_few(900, 10_000, "requests")
    assert (verdict.outcome, verdict.samples, verdict.needed) == (UNKNOWN, 900, 10_000)
    assert verdict.reason == "only 900 requests, 10,000 needed"
    assert "rate" in verdict.remedy
    assert too_few(1, 2, "x", remedy="Wait.").remedy == "Wait."


def test_a_broken_gate_makes_every_verdict_unknown() -> None:
    """The measurement is kept, and the reason says what it would have said."""
    for outcome, demanded in ((PASS, 0.5), (FAIL, 2.0)):
        verdict = held_to(1.0, ">=", demanded, Unit.SHARE, "r").because_gate("lag")
        assert (verdict.outcome, verdict.measured) == (UNKNOWN, 1.0)
        assert verdict.reason == f"not believed, the gate 'lag' is broken; it would have said {outcome} (r)"
    doubted = unknown("few", remedy="Raise the rate.").because_gate("lag")
    assert doubted.reason == "not believed, the gate 'lag' is broken (few)"
    assert doubted.remedy == "", "what would help the check does not mend the gate"
