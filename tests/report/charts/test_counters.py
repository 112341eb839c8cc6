from __future__ import annotations

from pathlib import Path

from chaoskit.core.history import Reading
from chaoskit.core.result import ArmResult
from chaoskit.report.charts.counters import counter_chart
from chaoskit.report.model import model_of
from chaoskit.testing import make_history, readings, rows


def drawn(*taken: tuple[Reading, ...]) -> str:
    """The chart of these readings."""
    history = make_history([rows()], readings=[reading for each in taken for reading in each])
    return str(counter_chart(model_of(ArmResult("guarded", "", Path(), history, (), (), ""))))


def rising(probe: str, host: str) -> tuple[Reading, ...]:
    """A counter that grows faster and faster."""
    return readings(probe, host, lambda t: {"packets": int(t * t)})


def test_a_line_says_what_was_counted_where() -> None:
    """One of a name a host needs no more than both."""
    text = drawn(rising("leak", "lb-eu"), rising("leak", "lb-na"))
    assert "packets<small> lb-eu</small>" in text
    assert "packets<small> lb-na</small>" in text


def test_two_probes_that_count_the_same_at_one_host_are_told_apart() -> None:
    """Each line names its probe then."""
    text = drawn(rising("leak", "lb-eu"), rising("tunnel", "lb-eu"))
    assert "packets<small> leak, lb-eu</small>" in text
    assert "packets<small> tunnel, lb-eu</small>" in text


def test_a_constant_tells_a_probe_from_another_that_counts_the_same() -> None:
    """The line names its probe, and the constant zero of the other one is told."""
    text = drawn(rising("encrypted", "isp"), readings("clear_text", "isp", {"packets": 0}))
    assert "packets<small> encrypted, isp</small>" in text
    assert "clear_text: packets 0 throughout (isp)" in text


def test_without_counters_there_is_no_chart() -> None:
    """Nor an empty frame."""
    assert drawn() == ""
