"""Everything that is configured in a network namespace, as lines of text: for a comparison of before and after.

Read from outside with ip(8), tc(8), nft(8) and below /proc/sys/net, which shows the values of the reader's own
namespace (sysctl(5), network_namespaces(7)). Numbers that the kernel counts up by itself are left out.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from chaoskit.core.errors import LabError
from chaoskit.kernel.namespaces import in_network, run_in_network
from chaoskit.kernel.tools import find_tool

State = Mapping[str, tuple[str, ...]]
"""What is configured, by section: `links`, `addresses`, `routes`, `rules`, `neighbours`, `nft`, `qdiscs`, `sysctls`."""

_SYSCTLS = Path("/proc/sys/net")

_SECTIONS: Mapping[str, tuple[str, str, tuple[tuple[str, ...], ...]]] = {
    "links": ("ip", "iproute2", (("-details", "link", "show"),)),
    "addresses": ("ip", "iproute2", (("address", "show"),)),
    "routes": ("ip", "iproute2", (("-4", "route", "show", "table", "all"), ("-6", "route", "show", "table", "all"))),
    "rules": ("ip", "iproute2", (("-4", "rule", "show"), ("-6", "rule", "show"))),
    "neighbours": ("ip", "iproute2", (("neighbour", "show", "nud", "permanent"),)),
    "qdiscs": ("tc", "iproute2", (("qdisc", "show"),)),
}
"""Section to program, its Debian package, and the arguments behind `-json` of each call."""

_OF_THE_MOMENT: Mapping[str, str] = {
    "ifindex": "a number the kernel gives out",
    "link_index": "the number of the other end",
    "link_netnsid": "a number of the other end's namespace",
    "master": "belongs to the other end",
    "tentative": "an IPv6 address that was just added (RFC 4862)",
    "expires": "counts down",
    "valid_life_time": "counts down",
    "preferred_life_time": "counts down",
}
"""Fields of `ip -json` that change with nobody configuring anything, and why."""

_UNSTEADY: Mapping[str, str] = {
    "netfilter/nf_conntrack_count": "counts connections",
    "ipv4/tcp_fastopen_key": "a secret that the kernel draws at its first use",
}
"""Files below /proc/sys/net that are left out, and why."""


def read_state(netns: Path) -> State:
    """What is configured in a namespace now.

    Raises:
        LabError: it cannot be entered, or a program failed.
        MissingTool: this machine lacks ip, tc or nft.
    """
    state = {name: tuple(sorted(_lines(netns, *how))) for name, how in _SECTIONS.items()}
    return {**state, "nft": tuple(_ruleset(netns)), "sysctls": in_network(netns, lambda: tuple(_sysctls(_SYSCTLS)))}


def _lines(netns: Path, program: str, package: str, calls: Sequence[Sequence[str]]) -> Iterator[str]:
    for arguments in calls:
        text = _said(netns, [find_tool(program, package), "-json", *arguments])
        yield from (settled(item) for item in json.loads(text or "[]") if item)


def settled(item: Mapping[str, Any]) -> str:
    """An object of `ip -json` as a line, without what changes by itself."""
    return json.dumps(_without_moment(item), sort_keys=True)


def _without_moment(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_moment(each) for key, each in value.items() if key not in _OF_THE_MOMENT}
    if isinstance(value, list):
        return [_without_moment(each) for each in value if each != {}]
    return value


def _ruleset(netns: Path) -> Iterator[str]:
    """The rules without their counters, which is what `--stateless` leaves out."""
    text = _said(netns, [find_tool("nft", "nftables"), "--stateless", "list", "ruleset"])
    yield from (line for line in text.splitlines() if line.strip() and not line.startswith("#"))


def _sysctls(root: Path) -> Iterator[str]:
    for folder, _, names in sorted(os.walk(root)):
        for name in sorted(names):
            path = Path(folder, name)
            known = path.relative_to(root).as_posix()
            if known not in _UNSTEADY and (value := _value(path)) is not None:
                yield f"{known} = {value}"


def _value(path: Path) -> str | None:
    """A sysctl's value; None for one that cannot be read, such as those that only take commands."""
    try:
        return " ".join(path.read_text().split())
    except OSError:
        return None


def _said(netns: Path, argv: Sequence[str]) -> str:
    try:
        done = run_in_network(netns, argv)
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{' '.join(argv)} did not end within {error.timeout:g} s") from error
    if done.returncode != 0:
        raise LabError(f"{' '.join(argv)}: {done.stderr.strip() or f'exit status {done.returncode}'}")
    return done.stdout
