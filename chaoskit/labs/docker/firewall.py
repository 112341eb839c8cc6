"""The engine's firewall, as far as it stands between hosts of one network.

Where bridge-nf-call-iptables is set, frames that only cross a bridge pass the machine's FORWARD chain, and there the
engine drops what comes from a source outside an internal network's subnet: client populations, routed and spoofed
packets. A lab accepts what stays on its own bridges, in the chain that is there for users' rules (docs.docker.com,
"Packet filtering and firewalls", DOCKER-USER). What leaves a bridge is dropped as before.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from chaoskit.core.errors import LabError

_CHAIN = "DOCKER-USER"
_BRIDGED = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
_VARIANTS = ("iptables", "iptables-nft", "iptables-legacy")
"""Programs for the two sets of tables a machine may have; the engine uses one of them."""
_WITHIN_S = 10.0
_WAIT = ("-w", "5")
_NO_CHAIN = ("No chain", "does a matching chain exist", "does not exist", "incompatible")


def accept(run: str, bridges: Sequence[str]) -> None:
    """Accept frames that stay on a bridge, on each of these; their devices need not be there yet.

    Raises:
        LabError: the engine's chain cannot be found or written.
    """
    if not bridges or not _is_asked():
        return
    program = _program()
    if program is None:
        raise LabError(
            f"frames on the engine's bridges pass a firewall that has no chain {_CHAIN}, and it drops packets whose "
            "source lies outside a network's subnet",
            remedy="Turn it off for bridges (sysctl net.bridge.bridge-nf-call-iptables=0), or use Docker's iptables.",
        )
    for bridge in bridges:
        _call(program, "-I", _CHAIN, "-i", bridge, "-o", bridge, *_comment(run), "-j", "ACCEPT")


def withdraw(run: str) -> None:
    """Delete the rules of a run; those of others stay.

    Raises:
        LabError: one could not be deleted.
    """
    for program in _found():
        for rule in _rules(program, run):
            _call(program, "-D", *rule)


def left(run: str) -> tuple[str, ...]:
    """The rules of a run that are there."""
    return tuple(f"firewall rule {' '.join(rule)}" for program in _found() for rule in _rules(program, run))


def _is_asked() -> bool:
    """Whether frames on a bridge pass iptables on this machine; without the kernel's module they do not."""
    return _BRIDGED.exists() and _BRIDGED.read_text().strip() != "0"


def _comment(run: str) -> tuple[str, ...]:
    return ("-m", "comment", "--comment", f"chaoskit {run}")


def _rules(program: str, run: str) -> list[list[str]]:
    """The words behind `-A` of a run's rules."""
    listed = _output(program, "-S", _CHAIN).splitlines()
    rules = [shlex.split(line)[1:] for line in listed if line.startswith("-A")]
    return [rule for rule in rules if f"chaoskit {run}" in rule]


def _program() -> str | None:
    """The program whose tables have the engine's chain."""
    return next(iter(_found()), None)


def _found() -> list[str]:
    """Every program here whose tables have the chain; `iptables` is one of the other two."""
    have: dict[str, str] = {}
    for name in _VARIANTS:
        path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
        if path is not None and _output(path, "-S", _CHAIN):
            have.setdefault(_kind(path), path)
    return list(have.values())


def _kind(path: str) -> str:
    """Two names of one program are one: `iptables -V` says which tables it writes."""
    return _output(path, "-V").strip()


def _output(program: str, *arguments: str) -> str:
    """What it prints; nothing where it has no such chain.

    Raises:
        LabError: it fails for another reason.
    """
    done = subprocess.run([program, *_WAIT, *arguments], capture_output=True, text=True, timeout=_WITHIN_S, check=False)
    if done.returncode and not any(word in done.stderr for word in _NO_CHAIN):
        raise LabError(f"{program} {' '.join(arguments)}: {done.stderr.strip()}")
    return "" if done.returncode else done.stdout


def _call(program: str, *arguments: str) -> None:
    done = subprocess.run([program, *_WAIT, *arguments], capture_output=True, text=True, timeout=_WITHIN_S, check=False)
    if done.returncode:
        raise LabError(f"{program} {' '.join(arguments)}: {done.stderr.strip()}")
