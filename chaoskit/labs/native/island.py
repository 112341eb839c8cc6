"""The island: one process in namespaces of its own that makes a lab's hosts and dies with the keeper.

    keeper (main thread) --exec--> outer --fork--> island (pid 1 of the lab) --fork--> hosts' inits

Three things end it, whichever comes first: the parent's death (PR_SET_PDEATHSIG, along the whole
chain), the end of the keeper's socket, and a SIGKILL. With pid 1 of its pid namespace every process
of the lab dies, and with the last process every mount, link and namespace: nothing needs undoing.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import signal
import socket
import sys
from _pickle import load  # see `messages`

from chaoskit.kernel import syscalls
from chaoskit.kernel.netlink import Netlink, address, alias, bridge, set_up
from chaoskit.labs.native import messages, sysctls, volumes
from chaoskit.labs.native.hosts import Hosts
from chaoskit.labs.native.plan import IslandPlan

_NAMESPACES = (
    syscalls.CLONE_NEWNET | syscalls.CLONE_NEWNS | syscalls.CLONE_NEWPID | syscalls.CLONE_NEWIPC | syscalls.CLONE_NEWUTS
)


def main(plan_fd: int, control_fd: int) -> None:
    """Body of the process: never returns.

    The collector of cycles is off: it would touch, and so copy, memory that forked hosts share.
    """
    syscalls.die_with_parent()
    control = socket.socket(fileno=control_fd)
    control.set_inheritable(False)
    with open(plan_fd, "rb") as file:
        plan = load(file)
    _raise_open_files()
    try:
        _enter_namespaces()
        hosts = _make(plan)
    except OSError as error:
        messages.send(control, messages.Ready(str(error)))
        sys.exit(1)
    gc.freeze()
    gc.disable()
    messages.send(control, messages.Ready())
    hosts.serve(control)


def _enter_namespaces() -> None:
    """Fork into new namespaces; the parent only waits, and both die with their parents."""
    syscalls.unshare(_NAMESPACES)
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    syscalls.die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _raise_open_files() -> None:
    """Every host costs a few open files; take what the machine allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _make(plan: IslandPlan) -> Hosts:
    syscalls.mount("", "/", "", syscalls.MS_REC | syscalls.MS_PRIVATE)
    disk = syscalls.MS_NODEV
    syscalls.mount("chaoskit", plan.disk, "tmpfs", disk, "mode=755,size=75%,nr_inodes=0")
    syscalls.mount("proc", "/proc", "proc", syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC)
    syscalls.set_hostname(f"chaoskit-{plan.lab}"[:63])
    sysctls.apply(sysctls.table(sysctls.ISLAND))
    volumes.make(plan)
    if plan.rootless:
        from chaoskit.labs.native import rootless_base  # noqa: PLC0415  root has no use for it

        rootless_base.make_skeleton(plan)
    netlink = Netlink()
    hosts = Hosts(plan, netlink, _bridges(plan, netlink))
    _detach_needless(plan)
    return hosts


def _detach_needless(plan: IslandPlan) -> None:
    """Detach what no host needs: every host copies and drops the island's mounts once."""
    needed = {"/", "/proc", "/dev", plan.disk, *plan.submounts}
    with open("/proc/self/mountinfo", encoding="utf-8") as lines:
        points = [line.split(" ")[4] for line in lines]
    for point in reversed(points):
        # The run directory may lie on a tmpfs of the machine: hosts open their logs in it when they start.
        if point not in needed and not f"{plan.disk}/".startswith(f"{point}/"):
            with contextlib.suppress(OSError):  # one that is locked, or named with escapes, costs time only
                syscalls.unmount(point)


def _bridges(plan: IslandPlan, netlink: Netlink) -> dict[str, int]:
    """Make the networks; the index of each bridge by its device name."""
    netlink.do([bridge(each.device, each.mac) for each in plan.bridges])
    indexes = {each.device: socket.if_nametoindex(each.device) for each in plan.bridges}
    gateways = [
        address(indexes[each.device], each.gateway, each.prefix) for each in plan.bridges if each.gateway is not None
    ]
    aliases = [alias(indexes[each.device], f"chaoskit {plan.run_id} {each.name}") for each in plan.bridges]
    netlink.do([set_up(1), *gateways, *aliases])
    return indexes
