"""A Dockerfile's stages, and the Dockerfile of one target alone.

An engine without BuildKit builds every stage above the target, needed or not. So it is given those that are needed,
which are also all that the target's digest depends on.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chaoskit.core.errors import ChaoskitError

_FROM = re.compile(r"FROM\s+(?P<base>\S+)(?:\s+AS\s+(?P<name>\S+))?\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Stage:
    """From one FROM to the next.

    Attributes:
        base: the stage above or the image that it starts from.
        text: its lines, comments that stand before the next FROM left out.
        sources: what it copies from the build's context.
        others: the stages or images that it copies from.
    """

    name: str
    base: str
    text: str
    sources: tuple[str, ...]
    others: tuple[str, ...]


def stages(text: str) -> Mapping[str, Stage]:
    """The stages of a Dockerfile by name; one without a name has its number, as COPY --from counts.

    Raises:
        ChaoskitError: an instruction stands before the first FROM.
    """
    found: dict[str, Stage] = {}
    name, base, body = "", "", list[str]()
    for line in _instructions(text):
        if match := _FROM.match(line):
            if body:
                found[name] = _stage(name, base, body)
            name, base, body = match["name"] or str(len(found)), match["base"], [line]
        elif not body:
            raise ChaoskitError(f"the Dockerfile has an instruction before its first FROM: {line}")
        else:
            body.append(line)
    if body:
        found[name] = _stage(name, base, body)
    return found


def needed(every: Mapping[str, Stage], target: str) -> tuple[Stage, ...]:
    """The stages that a target is built from, itself the last."""
    wanted, todo = set[str](), [target]
    while todo:
        stage = every[todo.pop()]
        wanted.add(stage.name)
        todo += [name for name in (stage.base, *stage.others) if name in every and name not in wanted]
    return tuple(stage for name, stage in every.items() if name in wanted)


def bases(some: tuple[Stage, ...]) -> tuple[str, ...]:
    """The images that stages start or copy from."""
    own = {stage.name for stage in some}
    named = (name for stage in some for name in (stage.base, *stage.others))
    return tuple(dict.fromkeys(name for name in named if name not in own and name != "scratch"))


def _instructions(text: str) -> Iterator[str]:
    """Instructions with their continuation lines; no comments, no empty lines."""
    pending: list[str] = []
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pending.append(line)
        if not line.rstrip().endswith("\\"):
            yield "\n".join(pending)
            pending = []
    if pending:
        yield "\n".join(pending)


def _stage(name: str, base: str, body: list[str]) -> Stage:
    sources: list[str] = []
    others: list[str] = []
    for line in body:
        words = shlex.split(line.replace("\\\n", " "))
        if words[0].upper() not in ("COPY", "ADD"):
            continue
        elsewhere = [word.removeprefix("--from=") for word in words if word.startswith("--from=")]
        others += elsewhere
        if not elsewhere:
            sources += [word for word in words[1:-1] if not word.startswith("--")]
    return Stage(name, base, "\n".join(body), tuple(sources), tuple(others))
