"""What a driver owes of its hosts' lives: each demand is made of a lab that is up, and leaves it as it was."""

from __future__ import annotations

import signal
import time

from chaoskit.core.errors import LabError
from chaoskit.core.host import Host, HostState
from chaoskit.kernel.identity import Identity
from chaoskit.testing.driver.bench import Bench, demand, until

_SILENCES = ("TimeoutError",)


def comes_up_as_planned(on: Bench) -> None:
    """Every host runs with the links of its plan, in the order of dependencies, and names of neighbours resolve."""
    for name, host in on.lab.hosts.items():
        status = host.status()
        demand(status.state is HostState.RUNNING and status.pid is not None, f"{name} is {status.state}")
        for link in host.info.links:
            shown = host.run(["cat", f"/sys/class/net/{link.device}/address"], timeout=5).stdout.strip()
            demand(shown == link.mac, f"{link.name} has the MAC {shown} on {link.device}, planned was {link.mac}")
    turns = [(change.host, change.reason) for change in on.changes]
    demand(("db", "healthy") in turns, "nobody was told that db is healthy")
    demand(turns.index(("web", "started")) > turns.index(("db", "healthy")), "web did not wait for db's health")
    times = on.timings
    demand(0 < times.created_s <= times.started_s <= times.ready_s, f"the times of the start are out of order: {times}")
    found = on.host("client").run(["getent", "hosts", "web"], timeout=5).stdout.split()
    demand(found[:1] == [on.link("web", "upper").address], f"the client finds web at {found}")
    on.await_answer("echo")


def runs_commands(on: Bench) -> None:
    """Text goes in, stdout and stderr come back apart, a signal is a negative exit code, and time is kept."""
    client = on.host("client")
    done = client.run(["sh", "-c", "cat; echo oops >&2; exit 4"], timeout=10, stdin="x" * 300_000)
    demand((done.exit_code, len(done.stdout), done.stderr) == (4, 300_000, "oops\n"), f"it says {done.exit_code}")
    killed = client.run(["sh", "-c", "kill -9 $$"], timeout=10).exit_code
    demand(killed == -signal.SIGKILL, f"a command that was killed has the exit code {killed}")
    missing = client.run(["no-such-program"], timeout=10)
    demand(missing.exit_code == 126 and "cannot execute" in missing.stderr, f"a missing program: {missing}")
    began = time.monotonic()
    try:
        client.run(["sh", "-c", "sleep 50; true"], timeout=0.3)
    except LabError as error:
        demand("longer than 0.3 s" in str(error), f"the error does not say how long it was given: {error}")
    demand(time.monotonic() - began < 3, "a command ran longer than it was given")
    count = ["sh", "-c", "cat /proc/[0-9]*/comm | grep -c '^sleep$'"]
    until(lambda: client.run(count, timeout=5).stdout == "1\n", "a command that took too long has ended")


def a_crash_is_a_reset(on: Bench) -> None:
    """From the first moment of a crash callers are refused, never met by silence; `start` brings the daemon back."""
    web = on.host("web")
    macs = _macs(web)
    web.kill(signal.SIGKILL)
    try:
        _answers_with(on, ("ConnectionRefusedError", "ConnectionResetError", "closed"), seconds=0.7)
        until(lambda: web.status().state is HostState.EXITED, "the crash is told")
        status = web.status()
        demand((status.pid, status.exit_code) == (None, -signal.SIGKILL), f"after a crash: {status}")
        demand(web.netns().exists(), "the network namespace went with the daemon")
        on.await_answer("ConnectionRefusedError", 1)
    finally:  # whatever it was, the next demand finds the daemon up
        web.start()
        on.await_answer("echo")
    demand(_macs(web) == macs, f"it came back with the MACs {_macs(web)} in place of {macs}")


def start_finds_a_crash_untold(on: Bench) -> None:
    """No moment between the end of a daemon and the news of it loses a start."""
    web = on.host("web")
    old = Identity.of(web.status().pid or 0)
    web.kill(signal.SIGKILL)
    until(lambda: not old.alive(), "the process ends")
    web.start()
    pid = web.status().pid
    demand(pid not in (None, old.pid), f"the pid is {pid} after a start")
    on.await_answer("echo")


def a_restart_policy_applies(on: Bench) -> None:
    """A crash is followed by a restart, which is counted; a stop by hand is not."""
    loop = on.host("loop")
    before = loop.status()
    loop.kill(signal.SIGKILL)
    until(
        lambda: loop.status().pid not in (None, before.pid) and loop.status().restarts > before.restarts,
        "the restart policy starts the daemon again, and it is counted",
    )
    loop.stop()
    demand(loop.status().state is HostState.EXITED, f"after a stop it is {loop.status().state}")
    time.sleep(0.5)
    demand(loop.status().state is HostState.EXITED, "the restart policy started what was stopped by hand")
    loop.start()
    demand(loop.status().state is HostState.RUNNING, f"after a start it is {loop.status().state}")


def a_stop_may_be_begun(on: Bench) -> None:
    """A stop that is not waited for is told by the status, and whoever starts the daemon meanwhile does not wait."""
    web = on.host("web")
    before, began = web.status().pid, time.monotonic()
    web.stop(wait=False)  # an init without a handler of SIGTERM does not get it (pid_namespaces(7))
    demand(time.monotonic() - began < 0.5, "a stop that nobody waits for was waited for")
    demand(web.status().ending, "the status does not say that it is ending")
    web.start()
    status = web.status()
    demand(status.pid not in (None, before) and not status.ending, f"after a start in its grace period: {status}")
    on.await_answer("echo")


def a_pause_is_silence_behind_a_handshake(on: Bench) -> None:
    """A paused host's kernel accepts, its daemon says nothing; it goes on where it was, and SIGKILL ends it."""
    web = on.host("web")
    pid = web.status().pid
    web.pause()
    demand(web.status().state is HostState.PAUSED, f"after a pause it is {web.status().state}")
    demand(on.answer() in _SILENCES, "a paused daemon answers")
    try:
        web.run(["true"], timeout=1)
    except LabError:
        pass
    else:
        demand(False, "a command runs in a paused host")
    web.resume()
    on.await_answer("echo")
    demand(web.status().pid == pid, "it is another process than before the pause")
    web.pause()
    web.kill(signal.SIGKILL)
    until(lambda: web.status().state is HostState.EXITED, "a paused host that is killed ends")
    web.start()
    on.await_answer("echo")


def a_power_off_is_silence(on: Bench) -> None:
    """No FIN, no RST, no ARP, no namespace; after `start` the host has its addresses and MACs again, at once."""
    web = on.host("web")
    macs = _macs(web)
    web.power_off()
    demand(web.status().state is HostState.OFF, f"after a power-off it is {web.status().state}")
    demand(on.answer(0.3) in (*_SILENCES, "OSError"), f"somebody answers: {on.answer(0.3)}")
    try:
        web.netns()
    except LabError:
        pass
    else:
        demand(False, "the network namespace outlives a power-off")
    web.power_off()
    web.start()
    on.await_answer("echo", 5)
    demand(_macs(web) == macs, f"it came back with the MACs {_macs(web)} in place of {macs}")


def a_crash_may_be_followed_by_a_power_off(on: Bench) -> None:
    """What answers for a dead daemon is silenced by a power-off as well."""
    web = on.host("web")
    web.kill(signal.SIGKILL)
    until(lambda: web.status().state is HostState.EXITED, "the crash is told")
    on.await_answer("ConnectionRefusedError", 1)
    web.power_off()
    demand(on.answer(0.3) in (*_SILENCES, "OSError"), "somebody answers for a host that is off")
    web.start()
    on.await_answer("echo", 5)


def logs_are_kept(on: Bench) -> None:
    """What a daemon writes is in its host's log, its last words before a crash and its first after it too."""
    web = on.host("web")

    def said() -> int:
        return on.lab.logs("web").read_text().count("serving")

    until(lambda: said() >= 1, "the log has what the daemon wrote")
    before = said()
    web.kill(signal.SIGKILL)
    until(lambda: web.status().state is HostState.EXITED, "the crash is told")
    web.start()
    until(lambda: said() == before + 1, "the log goes on after a restart, without a line twice")
    on.await_answer("echo")


def _answers_with(on: Bench, allowed: tuple[str, ...], seconds: float) -> None:
    """The client is answered so, again and again; what was served before the end does not count."""
    until_ = time.monotonic() + seconds
    while time.monotonic() < until_:
        got = on.answer(0.3)
        demand(got in (*allowed, "echo"), f"after a crash the client gets {got}")


def _macs(host: Host) -> dict[str, str]:
    return {
        link.device: host.run(["cat", f"/sys/class/net/{link.device}/address"], timeout=5).stdout.strip()
        for link in host.info.links
    }


DEMANDS = (
    comes_up_as_planned,
    runs_commands,
    a_crash_is_a_reset,
    start_finds_a_crash_untold,
    a_restart_policy_applies,
    a_stop_may_be_begun,
    a_pause_is_silence_behind_a_handshake,
    a_power_off_is_silence,
    a_crash_may_be_followed_by_a_power_off,
    logs_are_kept,
)
