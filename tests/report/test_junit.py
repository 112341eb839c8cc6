from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

from chaoskit.core.result import ExperimentResult, Judged, Proof
from chaoskit.core.verdict import failed
from chaoskit.report import junit
from tests.report import synthetic


def cases(*results: ExperimentResult) -> dict[str, str]:
    """What each test case of the document came to."""
    root = ET.fromstring(junit.render(results))
    return {
        f"{case.get('classname')} {case.get('name')}": case[0].tag if len(case) else "passed"
        for case in root.iter("testcase")
    }


def test_an_unknown_is_an_error_and_a_fail_is_a_failure(single: ExperimentResult) -> None:
    """Never a skip: what could not be measured must not look green."""
    checks = (*single.arms[0].checks[:1], synthetic.unknown_judged(), Judged("bad", "bad", failed("it did not hold")))
    found = cases(replace(single, arms=(replace(single.arms[0], checks=checks),)))
    owner = "gslb.pool_death.guarded"
    assert found[f"{owner} recovered"] == "passed"
    assert found[f"{owner} few"] == "error"
    assert found[f"{owner} bad"] == "failure"


def test_a_proof_is_a_test_case_and_its_twins_failures_are_not(proved: ExperimentResult) -> None:
    """A twin that failed as it must is green; one that is not proved is an error that says why."""
    found = cases(proved)
    assert found["gslb.pool_death.prove twin: plain DNS"] == "passed"
    assert not [name for name in found if "plain-dns" in name]
    broken = replace(proved, proofs=(Proof("plain-dns", "plain DNS", False, ("recovered passed",)),))
    assert cases(broken)["gslb.pool_death.prove twin: plain DNS"] == "error"
    assert "recovered passed" in junit.render([broken])


def test_a_twin_that_was_run_alone_is_judged_as_itself(proved: ExperimentResult) -> None:
    """Without a proof to say what it had to show, its failures are failures."""
    alone = replace(proved, arms=proved.arms[1:], proofs=())
    assert cases(alone)["gslb.pool_death.plain-dns recovered"] == "failure"


def test_counts_add_up_over_suites(single: ExperimentResult, proved: ExperimentResult) -> None:
    """The totals a CI server shows are those of the cases."""
    bad = replace(single, arms=(replace(single.arms[0], checks=(Judged("bad", "bad", failed("no")),)),))
    root = ET.fromstring(junit.render([bad, proved]))
    assert [suite.get("failures") for suite in root] == ["1", "0"]
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("9", "1", "0")


def test_what_xml_cannot_hold_is_replaced(single: ExperimentResult) -> None:
    """A reason with a terminal's escape codes, a NUL and markup still makes a document that parses."""
    odd = Judged("odd", "odd", failed("\x1b[31m<b>&\x00\ud800 ]]>"))
    text = junit.render([replace(single, arms=(replace(single.arms[0], checks=(odd,)),))])
    failure = ET.fromstring(text).find(".//failure")
    assert failure is not None
    assert failure.get("message") == "�[31m<b>&�� ]]>"
    assert text.encode()


def test_what_a_stopped_run_could_not_tell_says_why_it_was_stopped(single: ExperimentResult) -> None:
    """The broken gate alone would not: the stop is the cause. In the message and in the text."""
    arm = single.arms[0]
    stopped = replace(arm.history, meta=replace(arm.history.meta, stopped="a probe cannot read: no such file"))
    doubted = (replace(arm.checks[0], verdict=arm.checks[0].verdict.because_gate("every arrival accounted for")),)
    root = ET.fromstring(junit.render([replace(single, arms=(replace(arm, history=stopped, checks=doubted),))]))
    (error,) = root.iter("error")
    assert (error.get("message") or "").endswith("stopped early: a probe cannot read: no such file")
    assert (error.text or "").startswith("stopped early: a probe cannot read: no such file\n")
