import signal
from pathlib import Path

import pytest

from chaoskit.core.errors import LabError
from chaoskit.core.host import Completed, HostState, RunningLab
from chaoskit.testing import FakeLab, two_regions


def lab() -> FakeLab:
    """Two regions, all hosts running."""
    return FakeLab(two_regions(), log_folder=Path("somewhere"))


def test_it_is_a_running_lab() -> None:
    """Every host of the topology runs under a pid of its own."""
    running: RunningLab = lab()
    assert set(running.hosts) == set(running.topology.by_name)
    assert len({host.status().pid for host in running.hosts.values()}) == len(running.hosts)
    assert running.logs("lb-eu") == Path("somewhere/lb-eu.log")
    with pytest.raises(LabError, match="no host mars"):
        running.logs("mars")


def test_a_host_goes_through_its_life() -> None:
    """Killed, started with a new pid, stopped, paused and resumed, powered off."""
    host = lab().hosts["web-eu-1"]
    first = host.status().pid
    host.kill(signal.SIGKILL)
    assert (host.status().state, host.status().pid, host.status().exit_code) == (HostState.EXITED, None, -9)
    host.start()
    assert host.status().state is HostState.RUNNING
    assert host.status().pid != first
    host.pause()
    assert host.status().state is HostState.PAUSED
    host.resume()
    host.stop()
    assert (host.status().state, host.status().exit_code) == (HostState.EXITED, 0)
    host.power_off()
    assert host.status().state is HostState.OFF
    assert [call[0] for call in host.calls] == ["kill", "start", "pause", "resume", "stop", "power_off"]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGSTOP, signal.SIGCHLD])
def test_signals_that_end_no_daemon_leave_it_running(number: int) -> None:
    """They are remembered, and nothing else."""
    running = lab()
    running.hosts["lb-eu"].kill(number)
    assert running.state["lb-eu"] is HostState.RUNNING
    assert running.calls == [("lb-eu", "kill", number)]


def test_it_refuses_what_a_real_host_cannot_do() -> None:
    """Commands on a host that does not run, signals and pauses without a process, the namespace of one that is off."""
    host = lab().hosts["lb-eu"]
    host.stop()
    with pytest.raises(LabError, match="no process"):
        host.kill(9)
    with pytest.raises(LabError, match="cannot be paused"):
        host.pause()
    with pytest.raises(LabError, match="is exited and cannot run true"):
        host.run(["true"], timeout=1)
    host.power_off()
    with pytest.raises(LabError, match="is off"):
        host.netns()


def test_namespaces_are_those_it_was_given() -> None:
    """A path a host; one without says how to give it one. It outlives the daemon."""
    running = FakeLab(two_regions(), networks={"lb-eu": Path("/proc/self/ns/net")})
    running.hosts["lb-eu"].stop()
    assert running.hosts["lb-eu"].netns() == Path("/proc/self/ns/net")
    with pytest.raises(LabError, match="networks="):
        running.hosts["lb-na"].netns()


def test_commands_are_answered_as_a_test_wants() -> None:
    """By default they succeed in silence."""
    host = lab().hosts["lb-eu"]
    assert host.run(["true"], timeout=1) == Completed(("true",), 0, "", "")
    host.answer = lambda argv, stdin: Completed(tuple(argv), 1, stdin.upper(), "no")
    assert host.run(["cat"], timeout=1, stdin="x").stdout == "X"
