from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from chaoskit.core.result import Judged
from chaoskit.core.summary import Item
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN, unknown
from chaoskit.report.summary.rows import SHORT, Seen, counts_text, effort_text, item_rows, rows_of, word_of
from tests.report import synthetic
from tests.report.summary import made


def test_a_row_an_arm_shows_what_tells_guarded_and_twin_apart(tmp_path: Path) -> None:
    """Both show the checks the twin must fail; the guarded arm's passed, the twin's did not."""
    guarded, twin, *_ = rows_of(made.summary(tmp_path))
    assert [judged.name for judged in guarded.shown] == [judged.name for judged in twin.shown] == [
        "recovered", "available",
    ]  # fmt: skip
    assert {judged.verdict.outcome for judged in guarded.shown} == {PASS}
    assert {judged.verdict.outcome for judged in twin.shown} == {FAIL}
    assert (guarded.word, twin.word) == ("pass", "proved")
    assert (guarded.time, twin.time) == ("38 s", "71 s (2x)")


def test_evidence_is_that_of_the_lab_and_short(tmp_path: Path) -> None:
    """What confirmed the fault, not what the load suffered from it; the first of several, cut to what a table holds."""
    (row, *_) = rows_of(made.summary(tmp_path))
    assert row.confirmed == "outage: web-eu-1: process 4100 is gone (and 2 more)"
    long = Seen("outage", "x" * 200, 2)
    assert len(long.short) == SHORT + len(" (and 2 more)")
    assert long.whole == "x" * 200 + " (and 2 more)", "a page has room for all of it"


def test_a_guarded_arm_shows_what_went_wrong_in_it(tmp_path: Path) -> None:
    """Whether or not a twin has to fail that check."""
    result = made.proved(tmp_path)
    arm = replace(result.arms[0], checks=(*result.arms[0].checks, synthetic.unknown_judged()), reason="few: only 3")
    (row, _) = item_rows(Item("a.b", "c", replace(result, arms=(arm, result.arms[1]))))
    assert (row.word, row.why) == ("unknown", "few: only 3")
    assert [judged.name for judged in row.shown] == ["few"]


def test_a_twin_whose_gate_broke_is_unknown_and_one_that_passed_is_not_proved(tmp_path: Path) -> None:
    """The first has to be measured again, the second looked into."""
    result = made.unnoticed(tmp_path)
    broken = replace(result.arms[1], gates=(Judged("machine", "machine", unknown("it stalled")),))
    words = [
        [row.word for row in item_rows(Item("a.b", "c", each))]
        for each in (result, replace(result, arms=(result.arms[0], broken)))
    ]
    assert words == [["pass", "not proved"], ["pass", "unknown"]]


def test_an_experiment_is_called_what_its_worst_row_is(tmp_path: Path) -> None:
    """A fail comes before an unknown, an unknown before a twin that is not proved; an error is one."""
    proved, unnoticed, failed = made.summary(tmp_path).items
    assert [word_of(item) for item in (proved, unnoticed, failed)] == ["proved", "not proved", "error"]
    lone = replace(made.proved(tmp_path), arms=made.proved(tmp_path).arms[:1], proofs=())
    assert word_of(Item("a.b", "c", lone)) == "pass"
    bad = replace(lone, arms=(replace(lone.arms[0], checks=made.proved(tmp_path).arms[1].checks),))
    assert word_of(Item("a.b", "c", bad)) == "fail"


def test_a_twin_that_never_ran_has_a_row_without_figures(tmp_path: Path) -> None:
    """And says why."""
    result = made.unnoticed(tmp_path)
    *_, row = item_rows(Item("a.b", "c", replace(result, arms=result.arms[:1])))
    assert (row.word, row.outcome, row.shown, row.report) == ("not proved", UNKNOWN, (), None)
    assert "had to fail" in row.why


def test_the_total_counts_everything_and_says_what_a_run_costs(tmp_path: Path) -> None:
    """What was asked for and not done as well; the time beside the runs themselves is over all runs."""
    summary = made.summary(tmp_path)
    assert counts_text(summary) == "1 proved, 1 not proved, 1 error, 1 not done"
    assert effort_text(summary) == "4 experiments in 6 runs; 3 min 33 s, 2 at a time; 6.5 s a run beside what it lasts"
