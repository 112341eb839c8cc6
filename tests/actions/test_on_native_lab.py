"""Every action on a lab of the native driver: done, confirmed by the lab itself, undone."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaoskit.actions.crash import crash
from chaoskit.actions.delay import delay
from chaoskit.actions.grudges import isolate, one_way
from chaoskit.actions.link_down import link_down
from chaoskit.actions.partition import partition
from chaoskit.actions.pause import pause
from chaoskit.actions.power_off import power_off
from chaoskit.actions.stop import stop
from chaoskit.core.action import Action, Planning
from chaoskit.core.host import HostState
from chaoskit.core.selector import name
from chaoskit.core.step import Prior, Step
from chaoskit.core.units import NS
from chaoskit.kernel import nft
from chaoskit.kernel.namespaces import run_in_network
from chaoskit.labs.native.lab import NativeLab
from chaoskit.labs.spec import RestartPolicy
from tests.labs.native.build import host, lab, up
from tests.wire import until

pytestmark = pytest.mark.lab

Done = list[tuple[Step, Prior]]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[NativeLab]:
    """Three hosts on one network with a gateway; `phoenix` is always restarted."""
    hosts = [host("a"), host("b"), host("phoenix", restart=RestartPolicy("always"))]
    with up(lab(*hosts, networks={"lan": ["a", "b", "phoenix"]}, gateways=["lan"]), tmp_path) as native:
        yield native


def _do(action: Action, native: NativeLab) -> Done:
    steps = action.steps(Planning(native.topology, random.Random(1), 30 * NS))
    done = [(step, step.prepare(native)) for step in steps]
    for step, prior in done:
        assert not step.confirm(native, prior).holds
        step.do(native, prior)
    return done


def _holds(done: Done, native: NativeLab) -> bool:
    return all(step.confirm(native, prior).holds for step, prior in done)


def _undo_twice(done: Done, native: NativeLab) -> None:
    for step, prior in (*reversed(done), *reversed(done)):
        step.undo(native, prior)


def _reaches(native: NativeLab, caller: str, called: str) -> bool:
    """Whether a ping gets through; it gives up after 0.5 s."""
    address = native.topology.by_name[called].addresses[0]
    argv = ["ping", "-c", "1", "-W", "0.5", "-q", address]
    return run_in_network(native.hosts[caller].netns(), argv).returncode == 0


def _network(native: NativeLab, name_: str) -> str:
    """Interfaces and routes of a host, for comparison."""
    netns = native.hosts[name_].netns()
    return run_in_network(netns, ["ip", "-4", "-o", "address"]).stdout + run_in_network(netns, ["ip", "route"]).stdout


@pytest.mark.parametrize(
    ("action", "state", "still_reached"),
    [
        (crash(name("a")), HostState.EXITED, True),
        (stop(name("a")), HostState.EXITED, True),
        (pause(name("a")), HostState.PAUSED, True),
        (power_off(name("a")), HostState.OFF, False),
    ],
    ids=str,
)
def test_a_host_breaks_as_the_action_says_and_comes_back(
    running: NativeLab, action: Action, state: HostState, still_reached: bool
) -> None:
    """Only a powered-off host disappears from the network; afterwards it runs with the addresses it had."""
    before = _network(running, "a")
    done = _do(action, running)
    assert until(lambda: _holds(done, running))
    assert running.hosts["a"].status().state is state
    assert _reaches(running, "b", "a") == still_reached
    _undo_twice(done, running)
    assert until(lambda: running.hosts["a"].status().state is HostState.RUNNING)
    assert until(lambda: _reaches(running, "b", "a"))
    assert _network(running, "a") == before


def test_a_crash_says_by_which_signal(running: NativeLab) -> None:
    """The evidence is the driver's own: the pid is gone, by signal 9."""
    pid = running.hosts["a"].status().pid
    ((step, prior),) = _do(crash(name("a")), running)
    assert until(lambda: step.confirm(running, prior).what == f"a: pid {pid} is gone (exit by signal 9)")
    step.undo(running, prior)


def test_a_crash_that_is_undone_at_once_is_undone(running: NativeLab) -> None:
    """Before the kernel has ended the process, or the driver has heard of it; the host runs all the same."""
    host_ = running.hosts["a"]
    for _ in range(20):
        before = host_.status().pid
        _undo_twice(_do(crash(name("a")), running), running)
        status = host_.status()
        assert status.state is HostState.RUNNING
        assert status.pid not in (None, before)


def test_a_restart_policy_answers_a_crash_and_the_undo_finds_nothing_to_do(running: NativeLab) -> None:
    """The restarted daemon is kept: undoing does not start another one."""
    done = _do(crash(name("phoenix")), running)
    assert until(lambda: running.hosts["phoenix"].status().restarts == 1)
    assert until(lambda: running.hosts["phoenix"].status().state is HostState.RUNNING)
    assert _holds(done, running)
    pid = running.hosts["phoenix"].status().pid
    _undo_twice(done, running)
    assert running.hosts["phoenix"].status().pid == pid


def test_a_partition_cuts_and_heals_and_leaves_nothing(running: NativeLab) -> None:
    """Isolated, a reaches nobody and nobody reaches it; the others go on."""
    done = _do(partition(isolate(name("a"))), running)
    assert _holds(done, running)
    assert not _reaches(running, "a", "b")
    assert not _reaches(running, "b", "a")
    assert _reaches(running, "b", "phoenix")
    _undo_twice(done, running)
    assert _reaches(running, "a", "b")
    assert all(nft.tables(host_.netns()) == () for host_ in running.hosts.values())


def test_a_partition_survives_the_death_of_the_daemon(running: NativeLab) -> None:
    """The network outlives it, and so do the rules."""
    done = _do(partition(one_way(name("b"), to=name("a"))), running)
    killed = _do(crash(name("a")), running)
    assert until(lambda: _holds(killed, running))
    _undo_twice(killed, running)
    assert _holds(done, running)
    assert not _reaches(running, "b", "a")
    _undo_twice(done, running)
    assert _reaches(running, "b", "a")


def test_a_partition_of_a_host_with_a_new_network_is_done_again_and_undone(running: NativeLab) -> None:
    """After a power cycle the step finds a network without its table, and puts it there once more."""
    ((step, prior),) = _do(partition(one_way(name("b"), to=name("a"))), running)
    running.hosts["a"].power_off()
    step.undo(running, prior)
    running.hosts["a"].start()
    assert not step.confirm(running, prior).holds
    step.do(running, prior)
    assert step.confirm(running, prior).holds
    step.undo(running, prior)
    assert nft.tables(running.hosts["a"].netns()) == ()


def test_a_delay_goes_with_a_power_cycle_and_comes_back(running: NativeLab) -> None:
    """Nothing keeps the network of a host that is off; the new one has the delay when it is done again."""
    ((step, prior),) = _do(delay(name("a"), "20ms", towards=name("b")), running)
    assert until(lambda: step.confirm(running, prior).holds)
    running.hosts["a"].power_off()
    assert not _reaches(running, "b", "a")
    running.hosts["a"].start()
    assert not step.confirm(running, prior).holds
    step.do(running, prior)
    assert until(lambda: step.confirm(running, prior).holds)
    assert _reaches(running, "a", "b")
    assert until(lambda: " 0 hit" not in step.confirm(running, prior).what)
    _undo_twice([(step, prior)], running)
    assert nft.tables(running.hosts["a"].netns()) == ()


def test_a_link_goes_down_and_comes_back_with_its_default_route(running: NativeLab) -> None:
    """What the driver configured is there again."""
    before = _network(running, "a")
    assert "default via" in before
    done = _do(link_down(name("a/lan")), running)
    assert _holds(done, running)
    assert not _reaches(running, "b", "a")
    _undo_twice(done, running)
    assert _network(running, "a") == before
    assert until(lambda: _reaches(running, "b", "a"))
