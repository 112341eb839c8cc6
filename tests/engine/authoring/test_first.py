"""The first file of experiments for a project, as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.checks.bounds import needed_for_quantile, needed_for_successes
from chaoskit.core.experiment import Experiment
from chaoskit.core.load import Connections
from chaoskit.core.naming import Dns, DnsCache
from chaoskit.core.request import HttpRequest
from chaoskit.core.units import NS, duration
from chaoskit.engine import module
from chaoskit.engine.authoring.first import RATE, Entry, First, Measured, measurement_text
from chaoskit.engine.sources import Source

MEASURED = Measured(250, 5.0, 1.0, 0.002, 0.0081)


def loaded(text: str, folder: Path) -> dict[str, Experiment]:
    """Its experiments, as discovery finds them."""
    path = folder / "shop.py"
    path.write_text(text)
    return {found.name: found.experiment for found in module.load(Source(path, "shop", folder))}


def test_one_instance_of_each_replicated_service_dies(tmp_path: Path) -> None:
    """Each in an experiment of its own, with a guard, a steady state and an end."""
    first = First("my-shop", Entry("web", 8080), MEASURED, {"app": 3, "worker-2": 2})
    found = loaded(first.text("chaos/shop.py"), tmp_path)
    assert set(found) == {"dies[app]", "dies[worker-2]"}
    for service, one in (("app", found["dies[app]"]), ("worker-2", found["dies[worker-2]"])):
        (entry,) = one.timeline
        assert (entry.action.kind, str(entry.action.arguments["hosts"])) == ("crash", f"(name('{service}')).pick(1)")
        assert one.guards
        assert one.steady is not None
        assert (one.lab.source, one.length) == ("my-shop", 16 * NS)
    assert "chaoskit run chaos/shop.py --attach my-shop" in first.text("chaos/shop.py")


def test_its_load_asks_the_entry_as_its_callers_do(tmp_path: Path) -> None:
    """By name and port; where several instances have one name each request asks anew, and any answer is quoted."""
    entry = Entry("web", 8080, '/a"b?c', status=404, instances=2)
    one = loaded(First("s", entry, MEASURED, {"web": 2}).text("f"), tmp_path)["dies[web]"]
    (load,) = one.loads
    assert isinstance(load.request, HttpRequest)
    assert load.request.url == 'http://web:8080/a"b?c'
    assert load.request.ok.accepts(404)
    assert not load.request.ok.accepts(200)
    assert (load.connections, load.naming) == (Connections.NEW, Dns(DnsCache.NONE))
    plain = loaded(First("s", Entry("web", 80), MEASURED, {}).text("f"), tmp_path)["steady_state"].loads[0]
    assert isinstance(plain.request, HttpRequest)
    assert (plain.request.url, plain.connections) == ("http://web/", Connections.KEEP_ALIVE)


def test_without_replicas_it_measures_only(tmp_path: Path) -> None:
    """Nothing can die unnoticed, and the file says so."""
    text = First("s", Entry("web", 80), MEASURED, {}).text("f")
    one = loaded(text, tmp_path)["steady_state"]
    assert one.timeline == ()
    assert one.guards
    assert "No service has several instances" in text


@pytest.mark.parametrize(
    ("succeeded", "p95", "at_least", "at_most"),
    [
        (1.0, 0.0081, 0.97, "60ms"),
        (0.991, 0.1, 0.97, "300ms"),
        (0.95, 0.0301, 0.94, "100ms"),
        (0.9, 0.002, 0.89, "60ms"),
    ],
)
def test_bounds_are_a_little_worse_than_what_was_measured(
    succeeded: float, p95: float, at_least: float, at_most: str
) -> None:
    """And no bolder than so short a run can tell."""
    found = Measured(250, 5, succeeded, 0.002, p95)
    assert (found.at_least, found.at_most) == (at_least, at_most)


def test_a_run_has_the_samples_its_bounds_take(tmp_path: Path) -> None:
    """Outside the window there are so many that chance leaves enough of them (three standard deviations)."""
    one = loaded(First("s", Entry("web", 80), MEASURED, {"web": 2}).text("f"), tmp_path)["dies[web]"]
    outside = RATE * (one.length / NS - 5)
    fewest = outside - 3 * outside**0.5
    assert fewest > needed_for_successes(MEASURED.at_least)
    assert fewest > needed_for_quantile(0.95)
    before = RATE * one.timeline[0].start / NS
    assert one.steady is not None
    assert before - 3 * before**0.5 > needed_for_successes(float(str(one.steady.arguments["at_least"])))
    lasting = one.timeline[0].lasting
    assert lasting is not None
    assert lasting > duration("5s"), "the outage would be over before it has to be survived"


@pytest.mark.parametrize("entry", [Entry("web", 80), Entry("web", 8080, "/x", 500, 3)])
def test_the_measurement_drives_the_same_load_and_breaks_nothing(tmp_path: Path, entry: Entry) -> None:
    """What is learnt at another rate or of another path would say little."""
    one = loaded(measurement_text("shop", entry, 5), tmp_path)["steady_state"]
    other = loaded(First("shop", entry, MEASURED, {}).text("f"), tmp_path)["steady_state"]
    assert one.timeline == ()
    assert one.loads[0].request == other.loads[0].request
    assert one.loads[0].arrivals == other.loads[0].arrivals
    assert (one.length, len(one.guards)) == (5 * NS, 1)
