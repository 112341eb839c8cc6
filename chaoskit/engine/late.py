"""Asking the lab for a late target, at the moment its action fires: one reading at every candidate, all at once."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait

from chaoskit.core.clock import Clock
from chaoskit.core.errors import ChaoskitError, LabError
from chaoskit.core.host import RunningLab
from chaoskit.core.late import Question
from chaoskit.core.selector import Answers
from chaoskit.core.step import Json
from chaoskit.core.topology import HostInfo
from chaoskit.core.units import NS, show_duration
from chaoskit.engine.probing import Site, close
from chaoskit.kernel.namespaces import enter_network

_AGAIN_AFTER = NS // 20


def answer(question: Question, candidates: Sequence[HostInfo], lab: RunningLab, clock: Clock) -> Answers:
    """Ask until exactly one candidate says yes.

    Raises:
        LabError: none did, or more than one, for as long as the question may take; the message has what each said.
    """
    deadline = clock.now() + question.within
    while True:
        said = _readings(question, candidates, lab)
        found = [
            host for host, value in said.items() if isinstance(value, Mapping) and value.get(question.field) is True
        ]
        if len(found) == 1:
            return {question.text: (found[0],)}
        if clock.now() >= deadline:
            words = "; ".join(f"{host}: {_shown(question, value)}" for host, value in said.items())
            raise LabError(
                f"{question.text}: {len(found) or 'none'} of {len(candidates)} hosts said so for "
                f"{show_duration(question.within)}, and it must be one ({words})"
            )
        clock.sleep(_AGAIN_AFTER)


def _shown(question: Question, value: Mapping[str, Json] | str) -> str:
    """What a candidate said, and why it is no answer where a reading is none."""
    if not isinstance(value, Mapping) or isinstance(value.get(question.field), bool):
        return str(value)
    if question.field not in value:
        return f"{question.probe.kind} has no field {question.field!r}, it read {value}"
    return f"{question.field} is {value[question.field]!r}, no truth"


def _readings(
    question: Question, candidates: Sequence[HostInfo], lab: RunningLab
) -> dict[str, Mapping[str, Json] | str]:
    """What each candidate said: its reading, or why there is none."""
    readings: dict[str, Future[Mapping[str, Json] | str]] = {host.name: Future() for host in candidates}
    for host in candidates:
        # A thread of its own: it enters the host's network for good.
        arguments = (question, host, lab, readings[host.name])
        threading.Thread(target=_read, args=arguments, name=f"ask {host.name}", daemon=True).start()
    wait(readings.values(), question.probe.timeout / NS + 1)
    return {name: future.result() if future.done() else "no answer" for name, future in readings.items()}


def _read(question: Question, host: HostInfo, lab: RunningLab, result: Future[Mapping[str, Json] | str]) -> None:
    probe = question.probe
    try:
        if probe.networked:
            enter_network(lab.hosts[host.name].netns())
        read = probe.open(Site(lab, host, probe.timeout / NS))
        try:
            result.set_result(read())
        finally:
            close(read)
    except (OSError, ChaoskitError) as error:
        result.set_result(str(error) or type(error).__name__)
    except Exception as error:  # noqa: BLE001  part of what is said when nobody answers
        result.set_result(f"{type(error).__name__}: {error}")
