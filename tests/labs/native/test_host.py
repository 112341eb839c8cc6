"""What can be done to a host of a native lab, and what its neighbours see of it."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chaoskit.core.errors import LabError
from chaoskit.core.host import Host, HostState
from chaoskit.core.units import NS
from chaoskit.kernel import procfs
from chaoskit.kernel.identity import Identity
from chaoskit.kernel.namespaces import in_network, run_in_network
from chaoskit.labs.change import HostChange
from chaoskit.labs.native import pausing
from chaoskit.labs.native.lab import NativeLab
from chaoskit.labs.spec import RestartPolicy
from tests.labs.native.build import host, lab, up

pytestmark = pytest.mark.lab

_SERVER = """
import socket
s = socket.create_server(('', 7), backlog=16)
while True:
    c, _ = s.accept()
    c.sendall(c.recv(100))
    c.close()
"""
ECHO = ("python3", "-c", _SERVER)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[NativeLab]:
    """An echo server `web` and a client `c`."""
    with up(lab(host("web", *ECHO, image="python"), host("c")), tmp_path) as it:
        _until(lambda: _answer(it) == "echo")
        yield it


def _answer(running: NativeLab, timeout: float = 0.4) -> str:
    """What the client gets from the server: `echo`, or the error's name."""
    address = running.topology.by_name["web"].addresses[0]

    def ask() -> str:
        try:
            with socket.create_connection((address, 7), timeout) as connection:
                connection.sendall(b"echo")
                return connection.recv(100).decode()
        except OSError as error:
            return type(error).__name__

    return in_network(running.hosts["c"].netns(), ask)


def _until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_after_a_crash_callers_are_refused(running: NativeLab) -> None:
    """The daemon is gone, the address is not: a RST answers. `start` brings the daemon back."""
    web = running.hosts["web"]
    web.kill(signal.SIGKILL)
    _until(lambda: web.status().state is HostState.EXITED)
    assert web.status().exit_code == -signal.SIGKILL
    assert web.status().pid is None
    assert _answer(running) == "ConnectionRefusedError"
    web.start()
    _until(lambda: _answer(running) == "echo")


def test_start_right_after_a_kill_starts_a_new_daemon(running: NativeLab) -> None:
    """No moment between the end of a daemon and the news of it loses a start."""
    web = running.hosts["web"]
    for _ in range(10):
        old = web.status().pid
        assert old is not None
        who = Identity.of(old)
        web.kill(signal.SIGKILL)
        while who.alive():
            time.sleep(0.0001)
        web.start()
        assert web.status().pid not in (None, old)
    _until(lambda: _answer(running) == "echo")


def test_after_a_power_off_nothing_answers(running: NativeLab) -> None:
    """No RST comes back; after `start` the host has its address and MAC again, reachable at once."""
    web, mac = running.hosts["web"], _mac(running)
    web.power_off()
    assert web.status().state is HostState.OFF
    assert _answer(running) == "TimeoutError"
    with pytest.raises(LabError, match="powered off"):
        web.netns()
    web.start()
    _until(lambda: _answer(running) == "echo", 3)
    assert _mac(running) == mac == running.topology.by_name["web"].links[0].mac


def _mac(running: NativeLab) -> str:
    return running.hosts["web"].run(["cat", "/sys/class/net/eth0/address"], timeout=5).stdout.strip()


def test_a_power_off_cuts_who_still_holds_the_namespace(running: NativeLab) -> None:
    """An open file of the network namespace keeps no link alive."""
    web = running.hosts["web"]
    with web.netns().open("rb") as held:
        web.power_off()
        assert "eth0" not in run_in_network(Path(f"/proc/self/fd/{held.fileno()}"), ["ip", "link"]).stdout
        assert _answer(running) == "TimeoutError"


def test_a_paused_host_accepts_but_does_not_answer(running: NativeLab) -> None:
    """The kernel completes handshakes, the daemon says nothing; after `resume` it answers again."""
    web = running.hosts["web"]
    web.pause()
    assert web.status().state is HostState.PAUSED
    address = running.topology.by_name["web"].addresses[0]

    def connects() -> bool:
        with socket.create_connection((address, 7), 1):
            return True

    assert in_network(running.hosts["c"].netns(), connects)
    assert _answer(running) == "TimeoutError"
    with pytest.raises(LabError, match="paused"):
        web.run(["true"], timeout=1)
    web.resume()
    _until(lambda: _answer(running) == "echo")


def test_pause_stops_every_process_even_while_they_fork(tmp_path: Path) -> None:
    """A host that forks all the time is stopped whole: nothing of it runs, and SIGKILL still ends it."""
    forking = "while true; do (sleep 0.01 & sleep 0.01); done"
    with up(lab(host("a", "sh", "-c", f"({forking}) & ({forking}) & {forking}")), tmp_path) as running:
        a = running.hosts["a"]
        pid = a.status().pid
        assert pid is not None
        for _ in range(5):
            a.pause()
            namespace = procfs.pid_namespace(pid)
            assert namespace is not None
            assert {procfs.state(each) for each in procfs.members(namespace)} <= {"T", "Z"}
            a.resume()
        a.pause()
        a.kill(signal.SIGKILL)
        _until(lambda: a.status().state is HostState.EXITED)


def test_a_host_that_cannot_be_paused_goes_on(running: NativeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where not every process stops, those that did are continued: an undo would find nothing that is paused."""
    web = running.hosts["web"]

    def never(_name: object, _stopped: object) -> None:
        raise LabError("not every process of it stops")

    with monkeypatch.context() as patch:
        patch.setattr(pausing, "wait_until", never)
        with pytest.raises(LabError, match="not every process"):
            web.pause()
    assert web.status().state is HostState.RUNNING
    _until(lambda: _answer(running) == "echo")


def test_stop_asks_first_and_kills_after_the_grace_period(tmp_path: Path) -> None:
    """A daemon that handles the stop signal ends by itself; one that does not is killed. Neither is restarted."""
    polite = "trap 'exit 7' TERM; while true; do sleep 0.05; done"
    always = RestartPolicy("always")
    spec = lab(host("polite", "sh", "-c", polite, restart=always), host("deaf", restart=always))
    with up(spec, tmp_path) as running:
        running.hosts["polite"].stop()
        running.hosts["deaf"].stop()
        assert running.hosts["polite"].status().exit_code in (7, -signal.SIGKILL)
        assert running.hosts["deaf"].status().exit_code == -signal.SIGKILL
        time.sleep(0.3)
        assert {each.status().state for each in running.hosts.values()} == {HostState.EXITED}


def test_a_stop_that_nobody_waits_for_is_told_by_the_status(tmp_path: Path) -> None:
    """Ending until its grace period is over, then killed, and not restarted; who starts it meanwhile does not wait."""
    always = RestartPolicy("always")
    deaf = host("deaf", "sh", "-c", "trap '' TERM; while true; do sleep 0.05; done", restart=always, stop_grace=NS)
    with up(lab(deaf, replace(deaf, name="slow", service="slow", stop_grace=60 * NS)), tmp_path) as running:
        deaf_, slow = running.hosts["deaf"], running.hosts["slow"]
        before = slow.status().pid
        _until(lambda: _ignores_term(slow) and _ignores_term(deaf_))
        began = time.monotonic()
        for each in (deaf_, slow):
            each.stop(wait=False)
        assert time.monotonic() - began < 0.5
        assert [each.status().ending for each in (deaf_, slow)] == [True, True]
        _until(lambda: deaf_.status().state is HostState.EXITED)
        assert 0.9 < time.monotonic() - began < 5
        assert (deaf_.status().exit_code, deaf_.status().ending) == (-signal.SIGKILL, False)
        slow.start()
        assert time.monotonic() - began < 10
        status = slow.status()
        assert (status.state, status.ending) == (HostState.RUNNING, False)
        assert status.pid not in (None, before)


def _ignores_term(each: Host) -> bool:
    """Whether the daemon has set its trap (proc(5), SigIgn)."""
    pid = each.status().pid
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return bool(int(fields["SigIgn"], 16) & 1 << (signal.SIGTERM - 1))


def test_restart_policies_apply_to_crashes(tmp_path: Path) -> None:
    """`always` starts a killed daemon again after 100 ms; `on-failure:2` gives up after two restarts."""
    changes: list[HostChange] = []
    spec = lab(
        host("always", restart=RestartPolicy("always")),
        host("twice", "sh", "-c", "sleep 0.05; exit 1", restart=RestartPolicy("on-failure", 2)),
        host("never"),
    )
    with up(spec, tmp_path, notify=changes.append) as running:
        first = running.hosts["always"].status().pid
        for name in ("always", "never"):
            running.hosts[name].kill(signal.SIGKILL)
        _until(
            lambda: running.hosts["always"].status().restarts == 1 and running.hosts["always"].status().pid is not None
        )
        assert running.hosts["always"].status().pid != first
        _until(lambda: sum(change.host == "twice" and change.reason == "exited" for change in changes) == 3)
        assert running.hosts["never"].status().state is HostState.EXITED
        assert running.hosts["twice"].status().restarts == 2


def test_run_gives_output_and_exit_code(running: NativeLab) -> None:
    """Text goes in, stdout and stderr come back apart, a signal is a negative exit code."""
    c = running.hosts["c"]
    done = c.run(["sh", "-c", "cat; echo oops >&2; exit 4"], timeout=5, stdin="x" * 300_000)
    assert (done.exit_code, len(done.stdout), done.stderr) == (4, 300_000, "oops\n")
    assert c.run(["sh", "-c", "kill -9 $$"], timeout=5).exit_code == -signal.SIGKILL
    missing = c.run(["no-such-program"], timeout=5)
    assert missing.exit_code == 126
    assert "cannot execute no-such-program" in missing.stderr


def test_run_ends_in_time(running: NativeLab) -> None:
    """A command that takes too long is killed with its children, and the error says how long it was given."""
    c = running.hosts["c"]
    with pytest.raises(LabError, match=r"took longer than 0\.2 s"):
        c.run(["sh", "-c", "sleep 50; true"], timeout=0.2)
    _until(lambda: "sleep 50" not in c.run(["ps", "ax"], timeout=5).stdout)


def test_a_child_that_writes_for_ever_does_not_keep_a_command_from_ending(running: NativeLab) -> None:
    """The command has ended; what it left behind in the host writes into a pipe that nobody holds any more."""
    began = time.monotonic()
    done = running.hosts["c"].run(["sh", "-c", "yes & exec sleep 0.05"], timeout=0.5)
    assert done.exit_code == 0
    assert time.monotonic() - began < 2
    left = ["sh", "-c", "ps -o stat=,comm= ax | grep -v ^Z | grep -c yes"]
    _until(lambda: running.hosts["c"].run(left, timeout=5).stdout == "0\n")


def test_many_threads_may_use_one_host(running: NativeLab) -> None:
    """Sixteen threads run commands while another crashes and starts the neighbour."""
    results: list[int] = []

    def work() -> None:
        results.extend(running.hosts["c"].run(["true"], timeout=10).exit_code for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    web: Host = running.hosts["web"]
    for _ in range(3):
        web.stop()
        web.start()
    for thread in threads:
        thread.join()
    assert results == [0] * 80


def test_the_namespace_path_works_for_other_programs(running: NativeLab) -> None:
    """nsenter, in another process, opens the path; the pid is the machine's own number for the init."""
    web = running.hosts["web"]
    shown = subprocess.run(
        ["nsenter", f"--net={web.netns()}", "ip", "-4", "-o", "addr"], capture_output=True, text=True, check=True
    )
    assert web.info.addresses[0] in shown.stdout
    pid = web.status().pid
    assert str(Path(f"/proc/{pid}/ns/net").readlink()) == f"net:[{web.netns().stat().st_ino}]"
