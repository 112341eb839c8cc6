from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from chaoskit.core.history import Event, no_requests
from chaoskit.core.load import Outcome
from chaoskit.core.result import ExperimentResult, Judged, Proof
from chaoskit.core.units import NS
from chaoskit.core.verdict import PASS, Limit, Unit, Verdict
from chaoskit.report import html
from chaoskit.testing import make_history, rows
from tests.report import synthetic

_VOID = {"br", "hr", "img", "meta", "circle", "line", "path", "rect"}


class Outline(HTMLParser):
    """Elements of a document, and whether each was closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it open unless it holds nothing."""
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Nothing stays open."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost one."""
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of every element of that name."""
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.fixture
def text(proved: ExperimentResult) -> str:
    """The report of both arms."""
    return html.render(proved)


def test_the_document_is_well_formed(text: str) -> None:
    """Every element is closed in order."""
    assert Outline(text).open == []


def test_the_file_needs_nothing_else(text: str) -> None:
    """No address of another file in it, and a policy that forbids to fetch one."""
    outline = Outline(text)
    assert not outline.all("link")
    assert not outline.all("img")
    assert all(not attrs.get("src") and not attrs.get("href") for _, attrs in outline.elements)
    assert "@import" not in text
    assert "url(" not in text
    assert outline.all("meta")[1]["content"].startswith("default-src 'none'")  # type: ignore[union-attr]


def test_tables_have_headers_and_drawings_have_words(text: str) -> None:
    """Whoever cannot see the charts is told what they show."""
    outline = Outline(text)
    assert all(attrs.get("scope") in ("row", "col") for attrs in outline.all("th"))
    labels = [attrs.get("aria-label") for _, attrs in outline.elements if attrs.get("role") == "img"]
    assert all(labels)
    assert "Requests by outcome. 1,390 503, 86 reset, 13,516 ok" in labels
    assert all(attrs.get("aria-hidden") or attrs.get("role") for attrs in outline.all("svg"))


def test_measurements_stand_beside_their_bounds(text: str) -> None:
    """With the parts of a sum, for both arms."""
    assert "<b>5.91 s</b><span> ≤ 8 s</span>" in text
    assert "<b>13.11 s</b><span> ≤ 8 s</span>" in text
    assert "8 s = detection 4 s + ttl 2 s + margin 2 s" in text
    assert "twin: plain DNS, failed as it must" in text


def test_arms_whose_faults_hit_other_hosts_have_pictures_of_their_own(proved: ExperimentResult) -> None:
    """One picture would be wrong about one of them."""
    assert html.render(proved).count('class="topology"') == 1
    left, right = proved.arms
    unharmed = replace(right, history=replace(right.history, events=()))
    assert html.render(replace(proved, arms=(left, unharmed))).count('class="topology"') == 2


def test_a_broken_gate_stands_before_the_checks_it_decides_over(single: ExperimentResult) -> None:
    """Gates that held are a footnote; one that did not is the news."""
    arm = single.arms[0]
    held = html.render(single)
    assert held.index('aria-label="Checks"') < held.index('aria-label="Gates"')
    broken = html.render(replace(single, arms=(replace(arm, gates=(synthetic.unknown_judged("lag"),)),)))
    assert broken.index('aria-label="Gates"') < broken.index('aria-label="Checks"')


def test_every_reason_of_a_proof_is_there(proved: ExperimentResult) -> None:
    """The first at once, the others on demand."""
    proof = Proof("plain-dns", "plain DNS", False, ("gate lag is broken", "recovered says unknown", "so does home"))
    text = html.render(replace(proved, proofs=(proof,)))
    assert all(reason in text for reason in proof.reasons)
    assert "<summary>2 more</summary>" in text
    assert "twin: plain DNS, not proved" in text


def test_charts_of_both_arms_have_one_scale(text: str) -> None:
    """What is higher on the right was more."""
    ticks = [re.findall(r'class="y"[^>]*>([^<]+)<', arm) for arm in text.split('class="charts"')[1:]]
    assert len(ticks) == 2
    assert ticks[0] == ticks[1]


def test_hover_reads_the_numbers_that_were_counted(text: str) -> None:
    """The embedded series have a value a bin, and rates add up to the requests."""
    data = json.loads(re.findall(r'<script type="application/json">(.*?)</script>', text)[0])
    series = dict(data["series"])
    assert all(len(values) == data["count"] for values in series.values())
    total = sum(float(v.replace(",", "")) for k, s in series.items() if k.endswith(" /s") for v in s) * data["width"]
    assert total == pytest.approx(14_992, rel=0.001)


def test_names_of_others_are_text(proved: ExperimentResult) -> None:
    """No claim, probe or log can put an element into the report, nor end the embedded script."""
    evil = "</script><script>alert(1)</script>"
    arm = proved.arms[0]
    requests = replace(arm.history.requests, server=replace(arm.history.requests.server, labels=(evil,) * 9))
    topology = replace(arm.history.topology, name=evil)
    history = replace(arm.history, topology=topology, requests=requests)
    text = html.render(replace(proved, claim=evil, arms=(replace(arm, history=history, reason=evil, command=evil),)))
    assert "<script>alert" not in text
    assert text.count("<script") == text.count("</script>") == 2


def test_a_minute_of_load_stays_small(text: str) -> None:
    """Two runs take well under a megabyte and a half, whatever the rate: rows are binned."""
    assert len(text.encode()) < 400_000


def test_a_run_without_anything_has_a_report(tmp_path: Path) -> None:
    """No requests, readings, events, anchors, checks or logs: it says so and does not fail."""
    empty = replace(make_history(), anchors=(), requests=no_requests())
    arm = replace(synthetic.arm(tmp_path), history=empty, checks=(), gates=())
    text = html.render(ExperimentResult("x.y", "nothing", tmp_path, (arm,)))
    for words in ("Checks: none", "Gates: none", "No requests were made.", "Nothing was done to the lab."):
        assert words in text
    assert Outline(text).open == []


def test_experiments_without_a_run_have_a_report(tmp_path: Path) -> None:
    """A proof whose guarded arm never came up still renders."""
    assert "<h1>nothing</h1>" in html.render(ExperimentResult("x.y", "nothing", tmp_path, ()))


def test_each_of_several_loads_has_its_chart(single: ExperimentResult) -> None:
    """Experiments' texts refer to the traffic by load; a single load has one chart."""
    assert "Load shoppers" not in html.render(single)
    two = make_history([rows("lookups"), rows("lone", at=[1.5], outcome=Outcome.RESET)])
    text = html.render(replace(single, arms=(replace(single.arms[0], history=two),)))
    assert "<b>Load lookups</b>" in text
    assert "<b>Load lone</b>" in text


def test_what_made_the_lab_is_not_drawn_as_a_fault(single: ExperimentResult) -> None:
    """It has a bar of its own colour from the start, named so, and its host is not hit by a fault."""
    begun = Event(-NS, "action", "way", "begin", {"action": "advertise_route(...)", "hosts": ["web-eu-1"]})
    history = make_history([rows()], events=[begun])
    text = html.render(replace(single, arms=(replace(single.arms[0], history=history, checks=()),)))
    assert "<b>way (before ready)</b>" in text
    assert 'class="bar boot-bar"' in text
    assert 'class="bar fault-bar"' not in text
    assert "hit by" not in text.replace("hit by faults: none", "")


def test_an_interval_is_written_with_both_its_ends(single: ExperimentResult) -> None:
    """One end alone would read as a limit of its own."""
    verdict = Verdict(PASS, "", 0.334, Limit("in", 0.29, upper=0.38), Unit.SHARE)
    arm = replace(single.arms[0], checks=(Judged("used_again", "outcome_share(...)", verdict),))
    assert f" in {verdict.bound_text}</span>" in html.render(replace(single, arms=(arm,)))
    assert "29.0 % to 38.0 %" in verdict.bound_text


def test_the_action_log_says_who_a_late_target_was(single: ExperimentResult) -> None:
    """Above the steps, which name hosts without saying why them."""
    data = {"action": "power_off(...)", "steps": ["etcd-a: off"], "answers": {"found_by(m at x, 'leader')": "etcd-a"}}
    history = make_history([rows()], events=[Event(5 * NS, "action", "cut", "begin", data)])
    text = html.render(replace(single, arms=(replace(single.arms[0], history=history),)))
    assert "<div>leader: etcd-a</div><div>etcd-a: off</div>" in text


def test_a_fault_of_a_link_hits_its_host(single: ExperimentResult) -> None:
    """A delay is said of a host's links, and the picture marks hosts; two links of one host are one fault."""
    data = {"action": "delay(...)", "hosts": ["web-eu-1/eu", "web-eu-1/edge"]}
    history = make_history([rows()], events=[Event(5 * NS, "action", "slow", "begin", data)])
    text = html.render(replace(single, arms=(replace(single.arms[0], history=history, checks=()),)))
    assert "hit by faults: web-eu-1" in text
    assert "hit by slow<" in text
