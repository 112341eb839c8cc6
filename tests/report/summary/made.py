"""A summary of four experiments: one proved, one whose twin was not noticed, one that could not run, one not done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from chaoskit.core.result import ExperimentResult, Proof
from chaoskit.core.summary import Effort, Item, Summary
from tests.report import synthetic

EFFORTS = {"guarded": Effort(1, 38.2, 30.0), "plain-dns": Effort(2, 71.2, 60.0)}
AGAIN = "guarded: the gate 'generator on time' broke beside other runs; it is run again, alone"


def proved(directory: Path) -> ExperimentResult:
    """Its twin failed two checks, as it must."""
    result = synthetic.proved(directory)
    return replace(result, proofs=(replace(result.proofs[0], must_fail=("recovered", "available")),))


def unnoticed(directory: Path) -> ExperimentResult:
    """Its checks did not notice the mistake."""
    proof = Proof("plain-dns", "plain DNS", False, ("recovered had to fail, and says pass: fine",), ("recovered",))
    return replace(proved(directory), experiment="lb.ejects_dead[nginx]", proofs=(proof,), attempts=(AGAIN,))


def summary(runs: Path, *items: Item) -> Summary:
    """Those items, or all four."""
    made = items or (
        Item("gslb.pool_death", synthetic.CLAIM, proved(runs / "a"), efforts=EFFORTS),
        Item("lb.ejects_dead[nginx]", synthetic.CLAIM, unnoticed(runs / "b"), efforts=EFFORTS),
        Item("vip.failover", "the <address> moves", None, "keepalived is missing\n  apt-get install keepalived"),
    )
    directory = runs / "20260301T140307Z-prove-ab12"
    directory.mkdir(parents=True, exist_ok=True)
    return Summary(directory, made, len(made) + (not items), 213.4, 2, "chaoskit prove --all --jobs 2")
