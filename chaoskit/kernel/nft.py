"""nftables tables of our own in a network namespace: rendered, loaded, read and deleted as a whole.

A table is ours by its name, `chaoskit_<id>`; nothing here touches another one. Syntax and the atomicity of
`nft -f`: nft(8). JSON of `nft -j`: libnftables-json(5).
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chaoskit.core.errors import LabError
from chaoskit.kernel.namespaces import run_in_network
from chaoskit.kernel.tools import find_tool

FAMILY = "inet"
PREFIX = "chaoskit_"
"""What the name of every table of ours starts with; the audit looks for it."""

_OURS = re.compile(rf"{PREFIX}[0-9A-Za-z_]+")
_ABSENT = "No such file or directory"


@dataclass(frozen=True)
class Contents:
    """What the kernel holds of a table now.

    Attributes:
        elements: members of each set; those whose timeout is over are gone.
        rules: how many rules its chains hold.
        packets: matched so far, summed over the counters of its rules.
        counters: packets by the name of a counter that rules refer to.
    """

    elements: Mapping[str, frozenset[str]]
    rules: int
    packets: int
    counters: Mapping[str, int] = field(default_factory=dict)


def render(table: str, addresses: Mapping[str, Sequence[str]], chains: Sequence[str], timeout_ms: int) -> str:
    """The one transaction that puts a table in place, whether or not it was there.

    Args:
        table: its name.
        addresses: IPv4 addresses by the name of the set that holds them.
        chains: whole chains in nft's syntax.
        timeout_ms: after so many milliseconds the kernel itself empties the sets.
    """
    parts = [*(_render_set(name, members, timeout_ms) for name, members in addresses.items()), *chains]
    body = "\n".join(parts)
    return f"{removal(table)}table {FAMILY} {table} {{\n{body}\n}}\n"


def _render_set(name: str, members: Sequence[str], timeout_ms: int) -> str:
    elements = f" elements = {{ {', '.join(members)} }};" if members else ""
    return f"set {name} {{ type ipv4_addr; flags timeout; timeout {timeout_ms}ms;{elements} }}"


def removal(table: str, family: str = FAMILY) -> str:
    """The part of a ruleset that deletes a table, and is no error without it: `destroy` needs Linux 6.3."""
    return f"add table {family} {table}\ndelete table {family} {table}\n"


def load(netns: Path, ruleset: str) -> None:
    """Make the changes of a ruleset, all or none.

    Raises:
        LabError: nft or the kernel refuses it.
        MissingTool: there is no nft.
    """
    _accepted(_nft(netns, ["-f", "-"], ruleset))


def check(netns: Path, ruleset: str) -> None:
    """Have nft and the kernel look at a ruleset, which changes nothing.

    Raises:
        LabError: nft or the kernel would refuse it.
        MissingTool: there is no nft.
    """
    _accepted(_nft(netns, ["--check", "-f", "-"], ruleset))


def _accepted(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode != 0:
        raise LabError(f"nft refuses the ruleset: {_first_line(done.stderr)}")


def delete(netns: Path, table: str, *, family: str = FAMILY) -> None:
    """Delete that table of ours; nothing happens when it is gone already.

    Raises:
        LabError: the name is not one of ours, or nft refuses.
    """
    if not _OURS.fullmatch(table):
        raise LabError(f"{table!r} is no table of chaoskit and stays")
    load(netns, removal(table, family))


def read(netns: Path, table: str, *, family: str = FAMILY) -> Contents | None:
    """What the kernel holds of a table; None when there is no such table.

    Raises:
        LabError: it could not be listed.
    """
    done = _nft(netns, ["-j", "list", "table", family, table], "")
    if done.returncode != 0 and _ABSENT in done.stderr:
        return None
    if done.returncode != 0:
        raise LabError(f"nft cannot list table {family} {table}: {_first_line(done.stderr)}")
    return parse(done.stdout)


def tables(netns: Path, *, family: str = "") -> tuple[str, ...]:
    """Names of our tables in a namespace, of one family or of all.

    Raises:
        LabError: they could not be listed.
    """
    done = _nft(netns, ["-j", "list", "tables"], "")
    if done.returncode != 0:
        raise LabError(f"nft cannot list the tables: {_first_line(done.stderr)}")
    listed = [item["table"] for item in json.loads(done.stdout)["nftables"] if "table" in item]
    wanted = [table["name"] for table in listed if family in ("", table["family"])]
    return tuple(name for name in wanted if _OURS.fullmatch(name))


def parse(listing: str) -> Contents:
    """Read the JSON of `nft -j list table`."""
    items: list[dict[str, Any]] = json.loads(listing)["nftables"]
    sets = [item["set"] for item in items if "set" in item]
    rules = [item["rule"] for item in items if "rule" in item]
    return Contents(
        {each["name"]: frozenset(map(_member, each.get("elem", []))) for each in sets},
        len(rules),
        sum(_counts(rules)),
        {item["counter"]["name"]: int(item["counter"]["packets"]) for item in items if "counter" in item},
    )


def _member(element: Any) -> str:
    value = element["elem"]["val"] if isinstance(element, dict) and "elem" in element else element
    if isinstance(value, dict):
        return f"{value['prefix']['addr']}/{value['prefix']['len']}"
    return str(value)


def _counts(rules: Sequence[Mapping[str, Any]]) -> Iterator[int]:
    for rule in rules:
        for expression in rule["expr"]:
            if isinstance(expression.get("counter"), dict):
                yield int(expression["counter"]["packets"])


def _nft(netns: Path, arguments: Sequence[str], stdin: str) -> subprocess.CompletedProcess[str]:
    try:
        return run_in_network(netns, [find_tool("nft", "nftables"), *arguments], stdin=stdin)
    except subprocess.TimeoutExpired as error:
        raise LabError(f"nft {' '.join(arguments)} did not end within {error.timeout:g} s") from error


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0].partition("Error: ")[2] or text.strip() or "no reason given"
