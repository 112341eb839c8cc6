"""Capabilities by name, the set Docker leaves a container, and dropping the rest. See capabilities(7)."""

from __future__ import annotations

from collections.abc import Iterable

from chaoskit.kernel import syscalls

NAMES = (
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
)
"""In the order of their numbers in linux/capability.h."""

NUMBERS = {name: number for number, name in enumerate(NAMES)}

DOCKER_DEFAULT = frozenset(
    NUMBERS[name]
    for name in (
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "NET_RAW",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    )
)
"""What a container has without `cap_add` and `cap_drop` (Docker Engine's documentation, "Runtime privilege")."""


OF_THE_MACHINE = frozenset(
    NUMBERS[name]
    for name in (
        "MKNOD",
        "SYS_MODULE",
        "SYS_RAWIO",
        "SYS_TIME",
        "SYSLOG",
        "MAC_OVERRIDE",
        "MAC_ADMIN",
        "AUDIT_CONTROL",
        "WAKE_ALARM",
        "BLOCK_SUSPEND",
        "DAC_READ_SEARCH",
    )
)
"""What no namespace contains: the machine's disks (a container has a devices cgroup before it), clock and kernel."""


def machine_wide(names: Iterable[str]) -> list[str]:
    """Those of the names, as written, that would reach the machine; `ALL` is taken to mean all others.

    Raises:
        ValueError: a name that no capability has.
    """
    return [name for name in names if name.upper() != "ALL" and _numbers([name]) & OF_THE_MACHINE]


def allowed(add: Iterable[str], drop: Iterable[str]) -> frozenset[int]:
    """Docker's default set with `cap_add` and `cap_drop` applied, without those that reach the machine.

    Raises:
        ValueError: a name that no capability has.
    """
    added, dropped = _numbers(add), _numbers(drop)
    everything = frozenset(range(len(NAMES)))
    if added == everything:
        chosen = everything if dropped == everything else everything - dropped
    else:
        chosen = (DOCKER_DEFAULT - dropped) | added
    return chosen - OF_THE_MACHINE


def _numbers(names: Iterable[str]) -> frozenset[int]:
    chosen: set[int] = set()
    for name in names:
        word = name.upper().removeprefix("CAP_")
        if word == "ALL":
            chosen.update(range(len(NAMES)))
        elif word in NUMBERS:
            chosen.add(NUMBERS[word])
        else:
            raise ValueError(f"there is no capability {name!r}")
    return frozenset(chosen)


def bounding() -> frozenset[int]:
    """The bounding set of this process: what it or a program it executes can have at most."""
    with open("/proc/self/status", encoding="utf-8") as lines:
        mask = int(next(line for line in lines if line.startswith("CapBnd:")).split()[1], 16)
    return frozenset(number for number in range(64) if mask >> number & 1)


def keep_only(keep: frozenset[int]) -> None:
    """Drop the rest from the bounding set: root's next program has the kept ones, another user's none."""
    for number in bounding() - keep:
        syscalls.drop_bounding(number)
