from __future__ import annotations

import re
from dataclasses import replace

from chaoskit.core.result import ExperimentResult, Judged
from chaoskit.core.verdict import failed
from chaoskit.report import markdown


def test_a_postmortem_has_what_it_asks_for(proved: ExperimentResult) -> None:
    """Claim, verdicts against bounds, the story in UTC, the cost, and how to repeat it."""
    text = markdown.render(proved)
    assert text.startswith("# gslb.pool_death: pass\n\n> eu clients are served by na")
    assert "- Twin **plain DNS**: proved. recovered failed as it must" in text
    assert "| **pass** | recovered | 5.91 s | <= 8 s (8 s = detection 4 s + ttl 2 s + margin 2 s) |" in text
    assert re.search(r"\| 14:03:12\.000 \| 5\.000 s \| done \| outage: crash\(role\('service'\)", text)
    for what in ("confirmed", "first error", "detected", "longest outage ends", "undone"):
        assert f"| {what} |" in text
    assert re.search(r"\| eu \| 7,489 \| 1,476 \(19\.7 %\) \| 0 \| 5\.901 s from 14:03:12\.008 \|", text)
    assert "chaoskit run gslb.pool_death --arm plain-dns --seed 7" in text
    assert "- daemons haproxy: 2.6.12" in text


def test_every_row_of_a_table_has_the_columns_of_its_head(proved: ExperimentResult) -> None:
    """Pipes and line feeds in reasons do not break a table, and markup in them stays text."""
    odd = Judged("odd|name", "odd", failed("a | b\nc <script> *x* _y_ a_b `z`"))
    result = replace(proved, arms=(replace(proved.arms[0], checks=(odd,)),))
    text = markdown.render(result)
    assert r"a \| b c \<script> \*x\* \_y\_ a_b \`z\`" in text
    width = 0
    for line in text.splitlines():
        cells = len(re.split(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        width = width or cells
        assert cells in (0, width)
        width = width if cells else 0


def test_a_run_that_was_stopped_says_so(single: ExperimentResult) -> None:
    """Whoever reads the postmortem knows that the run did not reach its end."""
    arm = single.arms[0]
    meta = replace(arm.history.meta, stopped="stopped by guard floor")
    stopped = replace(arm, history=replace(arm.history, meta=meta))
    assert "Stopped early: stopped by guard floor" in markdown.render(replace(single, arms=(stopped,)))
