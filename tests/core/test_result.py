from pathlib import Path

import pytest

from chaoskit.core.result import ArmResult, ExperimentResult, Judged, Proof
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN, Result, Verdict
from chaoskit.testing import make_history


def judged(outcome: Result) -> Judged:
    """A check or gate with this verdict."""
    return Judged("x", "x()", Verdict(outcome, "because"))


def arm(*checks: Result, gates: tuple[Result, ...] = (PASS,), mistake: str = "") -> ArmResult:
    """A run of an arm with these verdicts."""
    return ArmResult(
        mistake or "guarded",
        mistake,
        Path("run"),
        make_history(),
        tuple(map(judged, gates)),
        tuple(map(judged, checks)),
        "",
    )


def result(*arms: ArmResult, proved: tuple[bool, ...] = (), compares: tuple[Result, ...] = ()) -> ExperimentResult:
    """An experiment's arms with the twins' proofs."""
    proofs = tuple(Proof("twin", "mistake", each, ()) for each in proved)
    return ExperimentResult("x", "claim", Path(), arms, proofs, tuple(map(judged, compares)))


@pytest.mark.parametrize(
    ("checks", "gates", "outcome"),
    [
        ((PASS, PASS), (PASS,), PASS),
        ((PASS, FAIL, UNKNOWN), (PASS,), FAIL),
        ((PASS, UNKNOWN), (PASS,), UNKNOWN),
        ((UNKNOWN,), (FAIL,), FAIL),
        ((), (), PASS),
    ],
)
def test_an_arm_is_as_good_as_its_worst_verdict(
    checks: tuple[Result, ...], gates: tuple[Result, ...], outcome: Result
) -> None:
    """Gates and checks alike."""
    assert arm(*checks, gates=gates).verdict is outcome


def test_a_run_has_the_verdict_of_its_arm_and_a_proof_that_of_the_guarded_one() -> None:
    """A twin that fails is what a proof wants; running a twin alone fails as it says."""
    twin = arm(FAIL, mistake="plain")
    assert result(twin).verdict is FAIL
    assert result(arm(PASS), twin, proved=(True,)).verdict is PASS
    assert result(arm(FAIL), twin, proved=(True,)).verdict is FAIL


def test_a_twin_that_is_not_proved_is_unknown() -> None:
    """One of several is enough; comparisons of arms count as checks do."""
    whole = result(arm(PASS), arm(FAIL, mistake="plain"), proved=(True, False))
    assert not whole.proved
    assert whole.verdict is UNKNOWN
    assert result(arm(PASS), proved=(True,), compares=(FAIL,)).verdict is FAIL
