from __future__ import annotations

import io
import math

from rich.console import Console

from chaoskit.core.progress import Progress
from chaoskit.report.plain import Plain, load_text


def test_a_run_becomes_a_line_for_what_happens_and_one_every_five_seconds() -> None:
    """A log of a run of eleven seconds stays readable."""
    text = io.StringIO()
    watch: Progress = Plain(Console(file=text, width=30))
    watch.phase("lab")
    watch.fault("route", "begin")
    watch.phase("run", 30)
    for second in range(1, 12):
        if second == 5:
            watch.fault("outage", "begin", 4.53)
        watch.tick(float(second), 498.0, 0.0, 0.0031)
    watch.note("a note that is longer than the console is wide")
    watch.close()
    assert text.getvalue().splitlines() == [
        "phase lab",
        "route: begin",
        "phase run, 30 s",
        "T+1.0 s  498 /s, errors 0 %, p99 3.1 ms",
        "T+4.5 s  outage: begin",
        "T+6.0 s  498 /s, errors 0 %, p99 3.1 ms",
        "T+11.0 s  498 /s, errors 0 %, p99 3.1 ms",
        "a note that is longer than the console is wide",
    ]


def test_what_could_not_be_measured_is_a_dash() -> None:
    """A second without requests has no error share and no percentile."""
    assert load_text(0, math.nan, math.nan) == "0 /s, errors -, p99 -"
