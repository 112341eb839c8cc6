"""How a project differs from how it was found. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from chaoskit.kernel.network_state import State
from chaoskit.labs.attached.snapshot import Seen, Snapshot
from chaoskit.labs.attached.volatile import HEALTH, WHEN_STARTED_AGAIN, Fields, listed

_SHOWN = 60
_ABSENT = "absent"
_UNHEALTHY = json.dumps("unhealthy")
_RESOLVER = "127.0.0.11"
"""Where the engine answers a container's look-ups; it leads there by rules with ports that it draws at each start."""
_PORT = re.compile(r"\b\d{4,5}\b")
_LOOPBACK = "lo"


def differences(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    """What is not as it was, a line each; nothing where the project is as it was found.

    A container whose daemon was started again may have anew what `volatile.WHEN_STARTED_AGAIN` lists; its network
    namespace is another one then, and has to be configured as the old one was, but for its own addresses. Its health
    is asked for again then; only one that has been found ill since counts.
    """
    return (*_of_containers(before, after), *_of_networks(before, after))


def _of_containers(before: Snapshot, after: Snapshot) -> Iterator[str]:
    for key, was in before.containers.items():
        now = after.containers.get(key)
        if now is None:
            yield f"{was.name} is gone"
            continue
        again = was.started != now.started
        yield from (f"{now.name}: {line}" for line in _of_fields(was.inspected, now.inspected, again=again))
        yield from (f"{now.name}: {line}" for line in _of_state(was, now, again=again))
    yield from (f"{now.name} is new" for key, now in after.containers.items() if key not in before.containers)


def _of_networks(before: Snapshot, after: Snapshot) -> Iterator[str]:
    for key, was in before.networks.items():
        now = after.networks.get(key)
        if now is None:
            yield f"network {was.name} is gone"
            continue
        yield from (f"network {now.name}: {line}" for line in _of_fields(was.inspected, now.inspected, again=False))
        yield from (f"network {now.name}: {name} has left it" for name in was.members if name not in now.members)
        yield from (f"network {now.name}: {name} has joined it" for name in now.members if name not in was.members)


def _of_fields(was: Fields, now: Fields, *, again: bool) -> Iterator[str]:
    for path in dict.fromkeys((*was, *now)):
        old, new = was.get(path, _ABSENT), now.get(path, _ABSENT)
        by_itself = new not in (_UNHEALTHY, _ABSENT) if path == HEALTH else again and listed(path, WHEN_STARTED_AGAIN)
        if old == new or by_itself:
            continue
        yield f"{path} was {_short(old)} and is {_short(new)}"


def _of_state(was: Seen, now: Seen, *, again: bool) -> Iterator[str]:
    if was.network is None or now.network is None:
        return  # that it does not run any more, or does now, is told by its state
    old, new = (_without_own(was.network), _without_own(now.network)) if again else (was.network, now.network)
    for section in dict.fromkeys((*old, *new)):
        lines, others = old.get(section, ()), new.get(section, ())
        yield from (f"its {section} lack: {_short(line)}" for line in lines if line not in others)
        yield from (f"its {section} have beside: {_short(line)}" for line in others if line not in lines)


def _without_own(state: State) -> State:
    """The same with the namespace's own addresses, and the ports of the engine's resolver, by what they are."""
    own = dict(_own(state))
    pattern = re.compile("|".join(rf"(?<![\w.:]){re.escape(word)}(?![\w.:])" for word in own)) if own else None

    def named(line: str) -> str:
        if pattern is not None:
            line = pattern.sub(lambda match: own[match.group()], line)
        return _PORT.sub("PORT", line) if _RESOLVER in line else line

    return {
        section: lines if section == "sysctls" else tuple(sorted(map(named, lines))) for section, lines in state.items()
    }


def _own(state: State) -> Iterator[tuple[str, str]]:
    """The namespace's addresses, and what to call each: by its interface."""
    for link in _parsed(state.get("addresses", ())):
        device = str(link.get("ifname"))
        if device == _LOOPBACK:
            continue
        if "address" in link:
            yield str(link["address"]), f"<MAC of {device}>"
        for number, address in enumerate(_listed(link.get("addr_info"))):
            if "local" in address:
                yield str(address["local"]), f"<address {number} of {device}>"


def _parsed(lines: tuple[str, ...]) -> Iterator[Mapping[str, object]]:
    yield from map(json.loads, lines)


def _listed(value: object) -> list[Mapping[str, object]]:
    return value if isinstance(value, list) else []


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
