"""A fault by hand as an experiment: one action on a running project, what it hits and the rest of it watched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chaoskit.core.units import NS, show_duration

FILE = "fault.py"
"""What its file is called in the run's directory, where `chaoskit judge` and `report` find it again."""

_BEFORE = 1 * NS
_AFTER = 3 * NS
_READ_EVERY_MS, _READ_A_HOST_MS, _READ_OTHERS_MS = 20, 4, 200
_OTHERS_DOWN = "1s"
_NAMED = 3


@dataclass(frozen=True)
class Fault:
    """What is to be done, and to whom.

    Attributes:
        action: the name of the action.
        module: where to import it from.
        call: the Python of it, `pause(hosts=name('app-*'))`.
        lasting: ns it is in force; of a one-shot action, ns it is watched.
        one_shot: it cannot be undone.
        project: the running project.
        hit: the hosts it changes.
        others: the hosts it does not, which have to go on running.
    """

    action: str
    module: str
    call: str
    lasting: int
    one_shot: bool
    project: str
    hit: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """The experiment's name in its file."""
        return f"{self.action}_on_{re.sub(r'[^a-z0-9]+', '_', self.project.lower()).strip('_')}"

    @property
    def text(self) -> str:
        """The file: an experiment, to be run once more or made more of."""
        parts = (self._head(), self._imports(), self._objects(), self._experiment())
        return "\n\n".join("\n".join(part) for part in parts) + "\n"

    @property
    def _whom(self) -> str:
        """The hosts it hits, in words; a few by name."""
        if not self.hit:
            return ""
        more = len(self.hit) - _NAMED
        return f" at {', '.join(self.hit[:_NAMED])}" + (f" and {more} more" if more > 0 else "")

    def _head(self) -> Iterable[str]:
        yield f'"""{self.action} on project {self.project}, by hand.'
        yield ""
        yield f"chaoskit run FILE --attach {self.project}     does it again"
        yield '"""'

    def _imports(self) -> Iterable[str]:
        words = {"Experiment", "Lab", "at", *_called(self.call, ("everything", "label", "name", "region", "role"))}
        words |= {"name"} if self.hit or self.others else set()
        words |= {"stop_unless"} if self.others else set()
        yield f"from chaoskit import {', '.join(sorted(words, key=lambda word: (word[:1].islower(), word)))}"
        if grudges := _called(self.call, ("halves", "isolate", "one_way")):
            yield f"from chaoskit.actions.grudges import {', '.join(grudges)}"
        yield f"from {self.module} import {self.action}"
        if self.hit or self.others:
            yield f"from chaoskit.checks.reading import {'Take, ' if self.hit else ''}reading"
            yield "from chaoskit.probes.alive import alive"

    def _objects(self) -> Iterable[str]:
        yield f"fault = {self.call}"
        if self.hit:
            yield ""
            yield "# What it hits runs again at the end; a restart policy may revive it in a moment, so many readings."
            yield f"hit = {_alive(self.hit, max(_READ_EVERY_MS, _READ_A_HOST_MS * len(self.hit)))}"
            yield "back = reading(hit, 'state', equals='running', take=Take.LAST)"
        if self.others:
            yield ""
            yield "# When anything else goes down the fault is undone at once."
            yield f"others = {_alive(self.others, _READ_OTHERS_MS)}"
            yield "unharmed = reading(others, 'state', equals='running')"

    def _experiment(self) -> Iterable[str]:
        claim = f"{self.project} is as it was after {self.action}{self._whom} for {show_duration(self.lasting)}"
        watched = [name for name, hosts in (("hit", self.hit), ("others", self.others)) if hosts]
        checks = [name for name, hosts in (("back", self.hit), ("unharmed", self.others)) if hosts]
        lasting = "" if self.one_shot else f", lasting={_seconds(self.lasting)!r}"
        yield f"{self.variable} = Experiment("
        yield f"    claim={claim!r},"
        yield f"    lab=Lab({self.project!r}),"
        yield f"    probes=[{', '.join(watched)}],"
        yield f"    timeline=[at({_seconds(_BEFORE)!r}, fault{lasting})],"
        yield f"    duration={_seconds(_BEFORE + self.lasting + _AFTER)!r},"
        if self.hit:
            yield "    steady=reading(hit, 'state', equals='running'),"
        yield f"    checks=[{', '.join(checks)}],"
        if self.others:
            yield f"    guards=[stop_unless(unharmed, over={_OTHERS_DOWN!r})],"
        yield ")"


def _called(call: str, words: Iterable[str]) -> list[str]:
    """Which of these functions a call is written with; what stands in quotes is none."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", call)
    return [word for word in words if re.search(rf"\b{word}\(", bare)]


def _alive(hosts: Sequence[str], every_ms: int) -> str:
    return f"alive().at({_these(hosts)}, every='{every_ms}ms')"


def _these(hosts: Sequence[str]) -> str:
    return f"name({', '.join(map(repr, hosts))})"


def _seconds(ns: int) -> str:
    return f"{ns / NS:g}s"
