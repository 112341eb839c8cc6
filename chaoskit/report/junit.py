"""JUnit XML: a check that fails is a `<failure>`, one that cannot tell an `<error>`, never a skip.

The format is the one Jenkins, GitLab and GitHub actions read: testsuites > testsuite > testcase.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from xml.etree import ElementTree as ET

from chaoskit.core.result import ArmResult, ExperimentResult, Judged, Proof
from chaoskit.core.verdict import FAIL, PASS, Verdict
from chaoskit.report.model.utc import Utc

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 section 2.2 does not allow in a document, not even escaped."""


def render(results: Sequence[ExperimentResult], errors: Mapping[str, str] | None = None) -> str:
    """One document of several experiments, a test suite each; `errors` are those that could not be run, and why.

    An arm with a mistake is no test of its own where proofs say what it had to show; each proof is a
    test case, and an error when the twin was not proved.
    """
    root = ET.Element("testsuites", name="chaoskit")
    for result in results:
        root.append(_suite(result))
    for experiment, message in (errors or {}).items():
        root.append(_never_ran(experiment, message))
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(result: ExperimentResult) -> ET.Element:
    suite = ET.Element("testsuite", name=_clean(result.experiment))
    seconds = sum(arm.history.meta.duration for arm in result.arms) / 1e9
    suite.set("time", f"{seconds:.3f}")
    if result.arms and (stamp := Utc(result.arms[0].history.anchors).iso()):
        suite.set("timestamp", stamp.removesuffix("Z"))
    suite.append(_properties(result))
    cases = [case for arm in result.judged_arms for case in _arm_cases(result, arm)]
    cases += [_case(f"{result.experiment}.compare", judged, "") for judged in result.compares]
    cases += [_proof_case(result, proof) for proof in result.proofs]
    suite.extend(cases)
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    suite.set("errors", str(sum(case.find("error") is not None for case in cases)))
    suite.set("skipped", "0")
    return suite


def _never_ran(experiment: str, message: str) -> ET.Element:
    suite = ET.Element("testsuite", name=_clean(experiment), tests="1", failures="0", errors="1", skipped="0")
    case = ET.SubElement(suite, "testcase", classname=_clean(experiment), name="run")
    ET.SubElement(case, "error", message=_clean(message.splitlines()[0])).text = _clean(message)
    return suite


def _properties(result: ExperimentResult) -> ET.Element:
    properties = ET.Element("properties")
    pairs = [("claim", result.claim)]
    for arm in result.arms:
        pairs += [
            (f"{arm.arm}.run", str(arm.directory)),
            (f"{arm.arm}.seed", str(arm.history.meta.seed)),
            (f"{arm.arm}.command", arm.command),
        ]
    for name, value in pairs:
        ET.SubElement(properties, "property", name=_clean(name), value=_clean(value))
    return properties


def _arm_cases(result: ExperimentResult, arm: ArmResult) -> Iterable[ET.Element]:
    owner = f"{result.experiment}.{arm.arm}"
    where = f"run directory: {arm.directory}\nrepeat: {arm.command}"
    for gate in arm.gates:
        yield _case(owner, gate, where, prefix="gate: ", stopped=arm.history.meta.stopped)
    for check in arm.checks:
        yield _case(owner, check, where, stopped=arm.history.meta.stopped)


def _case(owner: str, judged: Judged, where: str, *, prefix: str = "", stopped: str = "") -> ET.Element:
    """A test case; whatever did not pass says why its run was `stopped` early, where it was: that is the cause."""
    case = ET.Element("testcase", classname=_clean(owner), name=_clean(prefix + judged.name), time="0")
    verdict = judged.verdict
    if verdict.outcome is not PASS:
        kind = "failure" if verdict.outcome is FAIL else "error"
        early = f"; the run was stopped early: {stopped}" if stopped and stopped not in verdict.reason else ""
        problem = ET.SubElement(case, kind, message=_clean(verdict.reason + early), type=str(verdict.outcome))
        details = _details(judged.title, verdict, where)
        problem.text = _clean(f"stopped early: {stopped}\n{details}" if stopped else details)
    return case


def _details(title: str, verdict: Verdict, where: str) -> str:
    lines = [title, f"measured {verdict.measured_text}, bound {verdict.bound_text}"]
    lines += [verdict.bound.parts] if verdict.bound and verdict.bound.parts else []
    lines += [f"samples {verdict.samples}, needed {verdict.needed or '-'}"] if verdict.samples is not None else []
    lines += [verdict.remedy] if verdict.remedy else []
    return "\n".join([*lines, where])


def _proof_case(result: ExperimentResult, proof: Proof) -> ET.Element:
    name = _clean(f"twin: {proof.mistake}")
    case = ET.Element("testcase", classname=_clean(f"{result.experiment}.prove"), name=name, time="0")
    if not proof.proved:
        problem = ET.SubElement(case, "error", message="not proved", type="unknown")
        problem.text = _clean("\n".join(proof.reasons))
    return case


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("�", text)
