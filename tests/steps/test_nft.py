"""The nft step on real networks: packets are dropped, the kernel lets go, and undo touches nothing else."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from chaoskit.core.errors import StepError
from chaoskit.kernel import nft
from chaoskit.steps.codec import encode
from chaoskit.steps.nft import Nft
from tests.wire import Wire, until, wired

pytestmark = pytest.mark.lab

CHAIN = "chain deaf { type filter hook prerouting priority raw; policy accept; ip saddr @unheard counter drop; }"
STEP = Nft("a", "chaoskit_test", "hears nothing from b", {"unheard": ("198.18.1.2",)}, (CHAIN,), 60 * 10**9)


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Hosts a, b and c on one bridge."""
    with wired("a", "b", "c") as hosts:
        yield hosts


def test_packets_are_dropped_from_the_named_address_only_and_the_counter_tells(wire: Wire) -> None:
    """What b says to a vanishes and is counted, what c says arrives; after undo b is heard again."""
    prior = STEP.prepare(wire.lab)
    assert not STEP.confirm(wire.lab, prior).holds
    STEP.do(wire.lab, prior)
    with wire.listener("a") as a:
        wire.say("b", "a", "lost")
        assert until(lambda: "1 packets matched" in STEP.confirm(wire.lab, prior).what)
        wire.say("c", "a", "heard")
        assert a.recv(99) == b"heard"
        seen = STEP.confirm(wire.lab, prior)
        assert seen.holds
        assert seen.what == "a: table inet chaoskit_test: 1 of 1 addresses in 1 rules, 1 packets matched"
        STEP.undo(wire.lab, prior)
        assert not STEP.confirm(wire.lab, prior).holds
        wire.say("b", "a", "healed")
        assert a.recv(99) == b"healed"


def test_the_kernel_alone_ends_the_drop(wire: Wire) -> None:
    """Without any undo, b is heard again when the time is over, and the evidence says that nothing is left."""
    step = replace(STEP, lasting=400_000_000)
    prior = step.prepare(wire.lab)
    step.do(wire.lab, prior)
    assert step.confirm(wire.lab, prior).holds
    assert until(lambda: "0 of 1 addresses" in step.confirm(wire.lab, prior).what)
    with wire.listener("a") as a:
        wire.say("b", "a", "healed")
        assert a.recv(99) == b"healed"


def test_undo_works_twice_without_do_and_touches_no_other_table(wire: Wire) -> None:
    """Neither somebody's own firewall nor another table of ours goes with it."""
    other = replace(STEP, table="chaoskit_other")
    wire.nft("a", "add table inet filter")
    priors = other.prepare(wire.lab), STEP.prepare(wire.lab)
    STEP.undo(wire.lab, priors[1])
    other.do(wire.lab, priors[0])
    STEP.do(wire.lab, priors[1])
    for _ in range(2):
        STEP.undo(wire.lab, priors[1])
        assert nft.tables(wire.networks["a"]) == ("chaoskit_other",)
        assert nft.read(wire.networks["a"], "filter") is not None


def test_another_process_undoes_it_from_the_journal_alone(wire: Wire) -> None:
    """The step and what prepare read, as JSON, are enough."""
    prior = STEP.prepare(wire.lab)
    STEP.do(wire.lab, prior)
    code = """
import json, pathlib, sys
from chaoskit.steps.codec import decode
from chaoskit.testing import FakeLab, host, topology_of
step, prior, network = json.loads(sys.argv[1])
lab = FakeLab(topology_of([host("a", "198.18.1.1")]), networks={"a": pathlib.Path(network)})
decode(step).undo(lab, prior)
"""
    journal = json.dumps([encode(STEP), dict(prior), str(wire.networks["a"])])
    subprocess.run([sys.executable, "-c", code, journal], check=True, timeout=30)
    assert nft.tables(wire.networks["a"]) == ()


def test_done_again_it_has_only_what_is_left_of_its_time(wire: Wire) -> None:
    """A host that came back is cut off until the moment fixed at first, not for another whole span."""
    step = replace(STEP, lasting=700_000_000)
    prior = step.prepare(wire.lab)
    until_ns = prior["until"]
    assert isinstance(until_ns, int)
    step.do(wire.lab, prior)
    assert until(lambda: time.monotonic_ns() > until_ns - 400_000_000)
    step.do(wire.lab, prior)
    assert step.confirm(wire.lab, prior).holds
    assert until(lambda: not step.confirm(wire.lab, prior).holds)
    assert time.monotonic_ns() < until_ns + 300_000_000


def test_done_after_its_time_it_is_an_error(wire: Wire) -> None:
    """It must not be in force when nobody expects it to be."""
    with pytest.raises(StepError, match="its time is over"):
        STEP.do(wire.lab, {"until": time.monotonic_ns() - 1})


def test_a_table_that_is_there_already_is_not_taken_over(wire: Wire) -> None:
    """It belongs to another run, which must undo it."""
    STEP.do(wire.lab, STEP.prepare(wire.lab))
    with pytest.raises(StepError, match=r"has a table chaoskit_test already[\s\S]*chaoskit sweep"):
        STEP.prepare(wire.lab)


def test_a_host_that_is_off_has_nothing_to_undo_and_nothing_to_confirm(wire: Wire) -> None:
    """Its tables went with its network; a new fault on it is refused."""
    prior = STEP.prepare(wire.lab)
    STEP.do(wire.lab, prior)
    wire.lab.hosts["a"].power_off()
    STEP.undo(wire.lab, prior)
    seen = STEP.confirm(wire.lab, prior)
    assert (seen.holds, seen.what) == (False, "a cannot be entered: a is off and has no network namespace")
    with pytest.raises(StepError, match="a cannot be entered"):
        STEP.prepare(wire.lab)


def test_a_running_host_that_cannot_be_entered_is_an_error_and_no_undo(wire: Wire) -> None:
    """Only a network that is gone counts as undone."""
    prior = STEP.prepare(wire.lab)
    wire.lab.hosts["a"].network = None
    with pytest.raises(StepError, match="a cannot be entered"):
        STEP.undo(wire.lab, prior)


def test_what_nft_refuses_is_a_step_error_that_names_the_table(wire: Wire) -> None:
    """A rule with a syntax error leaves nothing behind."""
    step = replace(STEP, chains=("chain c { nonsense; }",))
    with pytest.raises(StepError, match="table chaoskit_test of a: nft refuses"):
        step.do(wire.lab, step.prepare(wire.lab))
    assert nft.tables(wire.networks["a"]) == ()
