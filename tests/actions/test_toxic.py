"""`toxic` on a real Toxiproxy: every kind is measured on connections through its proxy, and undone alone."""

import os
import random
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chaoskit.actions.toxic import toxic
from chaoskit.core.action import Action, Planning
from chaoskit.core.errors import StepError, UsageError
from chaoskit.core.selector import name
from chaoskit.core.step import Prior
from chaoskit.core.units import NS
from chaoskit.steps.toxic import Toxic
from chaoskit.testing import check_action, two_regions
from tests.support.toxiproxy import API, PROGRAM, Running, toxiproxy
from tests.wire import until, wired

LONG = "GET / HTTP/1.0\r\nX-Long: " + "y" * 200 + "\r\n\r\n"
TOXICS = {
    "latency": toxic(name("a"), "latency", proxy="web", latency="60ms"),
    "latency upstream": toxic(name("a"), "latency", proxy="web", latency="60ms", stream="upstream"),
    "jitter": toxic(name("a"), "latency", proxy="web", latency="0ms", jitter="60ms"),
    "toxicity": toxic(name("a"), "latency", proxy="web", latency="60ms", toxicity=0.5),
    "bandwidth": toxic(name("a"), "bandwidth", proxy="web", rate=200),
    "bandwidth upstream": toxic(name("a"), "bandwidth", proxy="web", rate=2, stream="upstream", asking=LONG),
    "slow_close": toxic(name("a"), "slow_close", proxy="web", delay="100ms"),
    "slow_close upstream": toxic(name("a"), "slow_close", proxy="web", delay="100ms", stream="upstream"),
    "timeout": toxic(name("a"), "timeout", proxy="web", timeout="150ms"),
    "timeout upstream": toxic(name("a"), "timeout", proxy="web", timeout="150ms", stream="upstream"),
    "timeout for ever": toxic(name("a"), "timeout", proxy="web", timeout="0s"),
    "reset_peer": toxic(name("a"), "reset_peer", proxy="web", timeout="0s"),
    "reset_peer later": toxic(name("a"), "reset_peer", proxy="web", timeout="80ms", stream="upstream"),
    "slicer": toxic(name("a"), "slicer", proxy="web", average_size=2000, size_variation=100, delay="4ms"),
    "limit_data": toxic(name("a"), "limit_data", proxy="web", bytes=5000),
    "limit_data upstream": toxic(name("a"), "limit_data", proxy="web", bytes=5, stream="upstream"),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Toxiproxy on host a; b has none."""
    if shutil.which(PROGRAM) is None:
        pytest.skip(f"{PROGRAM} is not installed")
    with wired("a", "b") as wire, toxiproxy(wire, tmp_path_factory.mktemp("toxiproxy")) as started:
        yield started


@pytest.fixture
def running(server: Running) -> Iterator[Running]:
    """The server, without the toxics that a test leaves."""
    yield server
    for left in server.toxics:
        server.ask("DELETE", f"/proxies/web/toxics/{left}")


def planned(action: Action, running: Running) -> Toxic:
    """The action's only step."""
    (step,) = action.steps(Planning(running.wire.topology, random.Random(1), NS))
    assert isinstance(step, Toxic)
    return step


def done(action: Action, running: Running) -> tuple[Toxic, Prior]:
    """The step, done."""
    step = planned(action, running)
    prior = step.prepare(running.wire.lab)
    step.do(running.wire.lab, prior)
    return step, prior


@pytest.mark.lab
@pytest.mark.parametrize("which", TOXICS)
def test_it_keeps_the_contract_of_actions(running: Running, which: str) -> None:
    """Not confirmed before; confirmed by a measurement of its effect; undone twice as once."""
    check_action(TOXICS[which], running.wire.topology, lab=running.wire.lab)
    assert running.toxics == []


@pytest.mark.lab
def test_the_evidence_says_what_was_listed_and_what_was_measured(running: Running) -> None:
    """The server's name for it, the measured delay, and what it was held to."""
    step, prior = done(TOXICS["latency"], running)
    evidence = step.confirm(running.wire.lab, prior)
    step.undo(running.wire.lab, prior)
    assert evidence.holds
    assert evidence.what.startswith(f"a: web lists {step.name}; the answer began later by ")
    assert evidence.what.endswith("(40 ms to 80 ms expected) in 3 of 3 exchanges")


@pytest.mark.lab
def test_a_toxic_that_does_less_than_it_says_is_not_confirmed(running: Running) -> None:
    """Somebody weakens it: what is listed is another one; with the same attributes and no effect it is not there."""
    step, prior = done(TOXICS["latency"], running)
    path = f"/proxies/web/toxics/{step.name}"
    running.ask("POST", path, {"attributes": {"latency": 10}})
    assert "is another one" in step.confirm(running.wire.lab, prior).what
    running.ask("POST", path, {"attributes": {"latency": 60}, "toxicity": 0.0})
    assert not step.confirm(running.wire.lab, prior).holds
    step.undo(running.wire.lab, prior)


@pytest.mark.lab
def test_a_listed_toxic_without_its_effect_is_not_confirmed(running: Running) -> None:
    """The server lists it, but the exchanges before were as slow: nothing is later than it was."""
    running.ask("POST", "/proxies/web/toxics", {"name": "others", "type": "latency", "attributes": {"latency": 60}})
    step, prior = done(TOXICS["latency"], running)
    running.ask("DELETE", "/proxies/web/toxics/others")
    evidence = step.confirm(running.wire.lab, prior)
    step.undo(running.wire.lab, prior)
    assert not evidence.holds
    assert "in 0 of 3 exchanges" in evidence.what


@pytest.mark.lab
def test_the_toxics_of_others_stay(running: Running) -> None:
    """They are journalled, counted as how it was before, and not removed."""
    running.ask("POST", "/proxies/web/toxics", {"name": "others", "type": "latency", "attributes": {"latency": 30}})
    step, prior = done(TOXICS["latency"], running)
    assert prior["toxics"] == ["others"]
    assert running.toxics == sorted([step.name, "others"])
    assert step.confirm(running.wire.lab, prior).holds
    step.undo(running.wire.lab, prior)
    assert running.toxics == ["others"]


@pytest.mark.lab
def test_what_cannot_be_done_there_is_said_before(running: Running) -> None:
    """No such proxy, one that is off, nothing that would show it, and no server at all: nothing has changed."""
    cases = {
        "Toxiproxy has no proxy 'wbe'": toxic(name("a"), "latency", proxy="wbe", latency="1s"),
        "is not enabled": toxic(name("a"), "latency", proxy="off", latency="1s"),
        "the answer has 20,": toxic(name("a"), "limit_data", proxy="web", bytes=50_000),
        "no Toxiproxy listens on port 8474 of b": toxic(name("b"), "latency", proxy="web", latency="1s"),
    }
    for message, action in cases.items():
        with pytest.raises(StepError, match=message):
            planned(action, running).prepare(running.wire.lab)
    assert running.toxics == []


@pytest.mark.lab
def test_an_http_proxy_of_the_environment_is_not_asked(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """The API is on the loopback address of a host, which nobody else can reach."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    step, prior = done(TOXICS["latency"], running)
    assert running.toxics == [step.name]
    step.undo(running.wire.lab, prior)
    assert running.toxics == []


@pytest.mark.lab
def test_a_server_that_was_killed_has_nothing_to_be_undone(tmp_path: Path) -> None:
    """Toxics are in its memory only; undoing does not wait for it to come back."""
    with wired("a") as wire, toxiproxy(wire, tmp_path) as server:
        step, prior = done(TOXICS["latency"], server)
        os.kill(server.process.pid, signal.SIGKILL)
        assert until(lambda: server.process.poll() is not None)
        assert not step.confirm(wire.lab, prior).holds
        step.undo(wire.lab, prior)


@pytest.mark.lab
def test_a_server_that_is_just_being_started_is_waited_for(tmp_path: Path) -> None:
    """A host that comes back from a power-off has its toxic again, though its server listens a moment later."""
    with wired("a") as wire, ThreadPoolExecutor(1) as pool:
        with toxiproxy(wire, tmp_path) as first:
            step = planned(TOXICS["latency"], first)
            prior = step.prepare(wire.lab)
        doing = pool.submit(step.do, wire.lab, prior)
        with toxiproxy(wire, tmp_path) as second:
            doing.result()
            assert second.toxics == [step.name]


@pytest.mark.parametrize(
    ("action", "why"),
    [
        (lambda: toxic(name("*"), "slow", proxy="web"), "no toxic 'slow'"),  # type: ignore[arg-type]
        (lambda: toxic(name("*"), "latency", proxy="web"), "latency needs latency"),
        (lambda: toxic(name("*"), "slicer", proxy="web", average_size=5), "slicer needs delay"),
        (lambda: toxic(name("*"), "latency", proxy="web", latency="1s", rate=5), "latency has no rate"),
        (lambda: toxic(name("*"), "latency", proxy="web", latency="1.5ms", jitter="0.5ms"), "no time that"),
        (lambda: toxic(name("*"), "latency", proxy="web", latency="21s"), "no time that"),
        (lambda: toxic(name("*"), "bandwidth", proxy="web", rate=0), "rate=0 of bandwidth is no number"),
        (lambda: toxic(name("*"), "latency", proxy="web", latency="1s", toxicity=0.01), "toxicity of 0.01"),
        (lambda: toxic(name("*"), "latency", proxy="web", latency="1s", stream="both"), "'both'"),  # type: ignore[arg-type]
    ],
)
def test_attributes_that_make_no_sense_are_refused(action: object, why: str) -> None:
    """Before anything is planned, with the attributes that the kind has."""
    assert callable(action)
    with pytest.raises(UsageError, match=why):
        check_action(action(), two_regions())


def test_units_are_those_of_toxiproxy() -> None:
    """Milliseconds, but for the delay of a slicer, which is in microseconds; the step names itself for one run."""
    planning = Planning(two_regions(), random.Random(1), NS)
    (one,) = toxic(name("web-eu-1"), "slicer", proxy="p", average_size=5, delay="2ms", port=9).steps(planning)
    (two,) = toxic(name("web-eu-1"), "latency", proxy="p", latency="1.5s", jitter="2ms").steps(planning)
    assert isinstance(one, Toxic)
    assert isinstance(two, Toxic)
    assert (one.attributes, one.port) == ({"average_size": 5, "delay": 2000}, 9)
    assert (two.attributes, two.port) == ({"latency": 1500, "jitter": 2}, API)
    assert one.name.startswith("chaoskit_")
    assert one.name != two.name
    assert two.describe() == "web-eu-1: proxy p: latency(latency=1500, jitter=2) downstream"
