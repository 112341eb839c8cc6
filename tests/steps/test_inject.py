"""Injectors: processes of their own in a host's network, held until they may act, gone with whoever parents them."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import pytest

from chaoskit.core.errors import StepError
from chaoskit.core.host import RunningLab
from chaoskit.core.step import Evidence, Json
from chaoskit.kernel.identity import Identity
from chaoskit.kernel.namespaces import enter_network, in_network
from chaoskit.steps.call import Call
from chaoskit.steps.function import reference, resolve
from chaoskit.steps.inject import Inject
from tests.wire import Wire, until, wired

pytestmark = pytest.mark.lab


def mark(arguments: Mapping[str, Json], was: Mapping[str, Json]) -> None:
    """Set a sysctl of the network it runs in, then stay."""
    _ttl().write_text(str(arguments["ttl"]))
    time.sleep(float(cast(float, arguments.get("seconds", 60))))


def fail(arguments: Mapping[str, Json], was: Mapping[str, Json]) -> None:
    """Give up with a message."""
    sys.exit(f"no {arguments['what']} here")


def double(arguments: Mapping[str, Json], was: Mapping[str, Json]) -> None:
    """Twice what the sysctl was."""
    _ttl().write_text(str(2 * cast(int, was["ttl"])))


def lose(arguments: Mapping[str, Json], was: Mapping[str, Json]) -> None:
    """Enter a network that is no more."""
    enter_network(Path("/proc/self/ns/gone"))


def limits(arguments: Mapping[str, Json], was: Mapping[str, Json]) -> None:
    """Give up, with how many descriptors it may have and could have."""
    sys.exit(str(resource.getrlimit(resource.RLIMIT_NOFILE)))


def before(lab: RunningLab, arguments: Mapping[str, Json]) -> Mapping[str, Json]:
    """What the sysctl was."""
    return {"ttl": in_network(lab.hosts["a"].netns(), lambda: int(_ttl().read_text()))}


def marked(lab: RunningLab, arguments: Mapping[str, Json], was: Mapping[str, Json]) -> Evidence:
    """Whether it is what was asked for."""
    now = in_network(lab.hosts["a"].netns(), lambda: int(_ttl().read_text()))
    return Evidence(now == arguments.get("ttl"), f"ttl {was['ttl']} -> {now}")


def _ttl() -> Path:
    return Path("/proc/sys/net/ipv4/ip_default_ttl")  # of the calling thread's network


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Two hosts on one bridge."""
    with wired("a", "b") as hosts:
        yield hosts


def step(function: Callable[..., object] = mark, **arguments: Json) -> Inject:
    """An injector on host a."""
    return Inject("a", reference(function), arguments, reference(marked), reference(before))


def who(prior: Mapping[str, Json]) -> Identity:
    """The process a step's prior names."""
    return Identity(cast(str, prior["boot"]), cast(int, prior["pid"]), cast(int, prior["start"]))


def test_nothing_happens_before_do_and_everything_ends_with_undo(wire: Wire) -> None:
    """Held it is there and does nothing; going it acts in its host's network alone; undone twice it is gone."""
    one = step(ttl=33)
    prior = one.prepare(wire.lab)
    assert who(prior).alive()
    assert not one.confirm(wire.lab, prior).holds
    one.do(wire.lab, prior)
    assert until(lambda: one.confirm(wire.lab, prior).holds)
    assert one.confirm(wire.lab, prior).what == "ttl 64 -> 33"
    assert in_network(wire.networks["b"], _ttl().read_text) == "64\n"
    for _ in range(2):
        one.undo(wire.lab, prior)
        assert not who(prior).alive()


def test_another_process_ends_it_by_what_the_journal_says(wire: Wire) -> None:
    """Boot id, pid and start time are enough."""
    one = step(ttl=33)
    prior = one.prepare(wire.lab)
    code = (
        f"from chaoskit.kernel.identity import Identity; Identity{(prior['boot'], prior['pid'], prior['start'])}.kill()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert until(lambda: not who(prior).alive())
    one.undo(wire.lab, prior)


def test_an_injector_that_ends_is_not_confirmed_and_its_last_words_are_told(wire: Wire) -> None:
    """Whoever reads the action log learns why."""
    one = step(fail, what="queue")
    prior = one.prepare(wire.lab)
    one.do(wire.lab, prior)
    assert until(lambda: "no queue here" in one.confirm(wire.lab, prior).what)
    assert not one.confirm(wire.lab, prior).holds
    one.undo(wire.lab, prior)


def test_an_injector_that_is_killed_while_it_acts_has_ended_and_one_that_is_undone_has_not(wire: Wire) -> None:
    """Held, going and undone there is nothing to tell; killed by somebody else, it is told how it ended."""
    one = step(ttl=33)
    prior = one.prepare(wire.lab)
    assert one.ended(prior) == ""
    one.do(wire.lab, prior)
    assert until(lambda: one.confirm(wire.lab, prior).holds)
    assert one.ended(prior) == ""
    who(prior).kill()
    assert until(lambda: one.ended(prior) == "a: the injector has ended (signal 9): it said nothing")
    one.undo(wire.lab, prior)
    assert one.ended(prior) == ""


def test_an_injector_may_have_as_many_descriptors_as_the_hard_limit_allows(wire: Wire) -> None:
    """Whatever the soft limit of whoever started it: injectors hold connections by the thousand."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, hard), hard))
    try:
        one = step(limits)
        prior = one.prepare(wire.lab)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    one.do(wire.lab, prior)
    assert until(lambda: one.ended(prior) == f"a: the injector has ended (exit status 1): ({hard}, {hard})")
    one.undo(wire.lab, prior)


def test_evidence_that_cannot_be_looked_at_is_no_evidence(wire: Wire) -> None:
    """A mistake in somebody's evidence function leaves the action unconfirmed, and says what was wrong."""
    one = Inject("a", reference(mark), {"ttl": 33}, reference(fail))
    prior = one.prepare(wire.lab)
    one.do(wire.lab, prior)
    assert "TypeError" in one.confirm(wire.lab, prior).what
    one.undo(wire.lab, prior)


def test_it_dies_with_its_parent_however_that_ends(wire: Wire) -> None:
    """The parent is killed while the injector acts; it is gone at once."""
    code = f"""
import os, time
from pathlib import Path
from chaoskit.steps.injector import Injector
one = Injector.hold(Path({str(wire.networks["a"])!r}), {reference(mark)!r}, {{"ttl": 33}}, {{}})
one.go()
print(one.identity.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        injector = Identity.of(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
    assert until(lambda: not injector.alive(), 2)


def test_a_function_that_is_not_there_is_an_error_before_anything_is_done(wire: Wire) -> None:
    """The step cannot be prepared, and no process stays."""
    with pytest.raises(StepError, match=r"there is no function chaoskit\.steps\.inject:nothing"):
        Inject("a", "chaoskit.steps.inject:nothing", {}, reference(marked)).prepare(wire.lab)


def test_a_call_runs_to_its_end_and_its_effect_is_what_confirms_it(wire: Wire) -> None:
    """A one-shot: done when it returns; the evidence compares with what was read before."""
    one = Call("a", reference(mark), {"ttl": 44, "seconds": 0}, reference(marked), reference(before))
    prior = one.prepare(wire.lab)
    assert not one.confirm(wire.lab, prior).holds
    one.do(wire.lab, prior)
    assert one.confirm(wire.lab, prior).what == "ttl 64 -> 44"


@pytest.mark.parametrize("kind", [Call, Inject])
def test_the_function_is_given_what_was_read_before(wire: Wire, kind: type[Call] | type[Inject]) -> None:
    """A call and an injector alike."""
    one = kind("a", reference(double), {"ttl": 128}, reference(marked), reference(before))
    prior = one.prepare(wire.lab)
    one.do(wire.lab, prior)
    assert until(lambda: ttl(wire) == 128)
    one.undo(wire.lab, prior)


@pytest.mark.parametrize(
    ("function", "words"), [(fail, "no route here"), (lose, "cannot enter the network namespace /proc/self/ns/gone")]
)
def test_a_call_that_fails_is_an_error(wire: Wire, function: Callable[..., object], words: str) -> None:
    """Its last words are the message, without a traceback where the error explains itself."""
    failing = Call("a", reference(function), {"what": "route"}, reference(marked))
    with pytest.raises(StepError, match=f"it failed: {words}"):
        failing.do(wire.lab, failing.prepare(wire.lab))


def test_a_call_that_takes_too_long_is_an_error(wire: Wire) -> None:
    """It is ended."""
    hanging = Call("a", reference(mark), {"ttl": 44}, reference(marked), timeout=200_000_000)
    with pytest.raises(StepError, match="not over after 200 ms"):
        hanging.do(wire.lab, hanging.prepare(wire.lab))


def test_a_call_that_is_undone_is_cut_short(wire: Wire) -> None:
    """Before it begins, and while somebody waits for its end: that one is told, and no process goes on."""
    one = Call("a", reference(mark), {"ttl": 44}, reference(marked), timeout=30 * 10**9)
    prior = one.prepare(wire.lab)
    one.undo(wire.lab, prior)
    one.undo(wire.lab, prior)
    with pytest.raises(StepError, match="cut short"):
        one.do(wire.lab, prior)
    assert ttl(wire) == 64
    prior = one.prepare(wire.lab)
    with ThreadPoolExecutor(1) as pool:
        doing = pool.submit(one.do, wire.lab, prior)
        assert until(lambda: ttl(wire) == 44)
        one.undo(wire.lab, prior)
        with pytest.raises(StepError, match="cut short"):
            doing.result(5)


def ttl(wire: Wire) -> int:
    """The sysctl of host a."""
    return in_network(wire.networks["a"], lambda: int(_ttl().read_text()))


def test_a_function_of_a_file_that_nobody_can_import_is_named_by_the_file(tmp_path: Path) -> None:
    """What an experiment's own file defines can be an injector as well."""
    file = tmp_path / "mine.py"
    file.write_text("def double(x):\n    return 2 * x\n")
    double = resolve(f"{file}:double")
    assert double(21) == 42
    assert reference(double) == f"{file}:double"


def test_a_function_without_a_name_of_its_own_cannot_be_named() -> None:
    """A lambda, or a function in a function, is found by nobody else."""
    with pytest.raises(StepError, match="cannot be named"):
        reference(lambda: None)
