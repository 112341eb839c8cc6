"""How a project differs from how it was found. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from chaoskit.kernel.network_state import State
from chaoskit.labs.attached.snapshot import Seen, Snapshot
from chaoskit.labs.attached.volatile import (
    HEALTH,
    RUNS,
    WHEN_IT_ENDS_OR_BEGINS,
    WHEN_IT_KEEPS_RESTARTING,
    WHEN_STARTED_AGAIN,
    Fields,
    listed,
)

_SHOWN, _LINE_SHOWN = 60, 300
"""Characters of a field's value, and of a line of a namespace's configuration, whose telling part may be its last."""
_ABSENT = "absent"
_UNHEALTHY = json.dumps("unhealthy")
_RESOLVER = "127.0.0.11"
"""Where the engine answers a container's look-ups; it leads there by rules with ports that it draws at each start."""
_PORT = re.compile(r"\b\d{4,5}\b")
_LOOPBACK = "lo"


def differences(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    """What is not as it was, a line each; nothing where the project is as it was found.

    One that has ended since, or runs now and did not, is a line and not the twenty that follow from it. A container
    whose daemon was started again may have anew what `volatile.WHEN_STARTED_AGAIN` lists; its network
    namespace is another one then, and has to be configured as the old one was, but for its own addresses. Its health
    is asked for again then; only one that has been found ill since counts. Of one that kept restarting when it was
    found only what the user configured is compared.
    """
    return (*_of_containers(before, after), *_of_networks(before, after))


def _of_containers(before: Snapshot, after: Snapshot) -> Iterator[str]:
    for key, was in before.containers.items():
        now = after.containers.get(key)
        if now is None:
            yield f"{was.name} is gone"
            continue
        if was.restarting:
            lines = _of_fields(was.inspected, now.inspected, WHEN_IT_KEEPS_RESTARTING)
            yield from (f"{now.name}: {line}" for line in lines)
            continue
        if was.inspected.get(RUNS) != now.inspected.get(RUNS):
            yield f"{now.name} {_ended_or_began(now.inspected)}"
            yield from (
                f"{now.name}: {line}" for line in _of_fields(was.inspected, now.inspected, WHEN_IT_ENDS_OR_BEGINS)
            )
            continue
        again = was.started != now.started
        yield from (
            f"{now.name}: {line}"
            for line in _of_fields(was.inspected, now.inspected, WHEN_STARTED_AGAIN if again else {})
        )
        yield from (f"{now.name}: {line}" for line in _of_state(was, now, again=again))
    yield from (f"{now.name} is new" for key, now in after.containers.items() if key not in before.containers)


def _of_networks(before: Snapshot, after: Snapshot) -> Iterator[str]:
    told = set(_ending_or_beginning(before, after))
    for key, was in before.networks.items():
        now = after.networks.get(key)
        if now is None:
            yield f"network {was.name} is gone"
            continue
        yield from (f"network {now.name}: {line}" for line in _of_fields(was.inspected, now.inspected, {}))
        left, joined = set(was.members) - told - set(now.members), set(now.members) - told - set(was.members)
        yield from (f"network {now.name}: {name} has left it" for name in sorted(left))
        yield from (f"network {now.name}: {name} has joined it" for name in sorted(joined))


def _ending_or_beginning(before: Snapshot, after: Snapshot) -> Iterator[str]:
    """Containers that run now and did not, or the other way: they have left or joined their networks with it."""
    for key, was in before.containers.items():
        now = after.containers.get(key)
        if now is not None and (was.restarting or was.inspected.get(RUNS) != now.inspected.get(RUNS)):
            yield now.name


def _ended_or_began(now: Fields) -> str:
    if now.get(RUNS) == "true":
        return "did not run and does now"
    return f"ran and has ended, exit code {now.get('State.ExitCode', 'unknown')}"


def _of_fields(was: Fields, now: Fields, follows: Mapping[str, str]) -> Iterator[str]:
    for path in dict.fromkeys((*was, *now)):
        old, new = was.get(path, _ABSENT), now.get(path, _ABSENT)
        by_itself = listed(path, follows) or (path == HEALTH and new not in (_UNHEALTHY, _ABSENT))
        if old == new or by_itself:
            continue
        yield f"{path} was {_short(old)} and is {_short(new)}"


def _of_state(was: Seen, now: Seen, *, again: bool) -> Iterator[str]:
    if was.network is None or now.network is None:
        return  # not running, or not to be entered
    old, new = (_without_own(was.network), _without_own(now.network)) if again else (was.network, now.network)
    for section in dict.fromkeys((*old, *new)):
        lines, others = old.get(section, ()), new.get(section, ())
        yield from (f"its {section} lack: {_short(line, _LINE_SHOWN)}" for line in lines if line not in others)
        yield from (f"its {section} have beside: {_short(line, _LINE_SHOWN)}" for line in others if line not in lines)


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


def _short(text: str, shown: int = _SHOWN) -> str:
    return text if len(text) <= shown else f"{text[: shown - 3]}..."
