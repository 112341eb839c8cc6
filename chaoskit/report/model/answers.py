"""What late targets turned out to be: the lab's answers as a person reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chaoskit.core.history import Event
from chaoskit.core.late import recorded

_QUESTION = re.compile(r"(?P<label>\w+)\(.*, '(?P<field>[^']+)'\)", re.DOTALL)
"""A question as `found_by` words it: its label, the probe and where it is read, and the field that is true there."""

_PLAIN = "found_by"


def answers(events: Iterable[Event]) -> tuple[str, ...]:
    """`leader: etcd-a` for each question that these events hold an answer to."""
    return tuple(_said(text, ", ".join(hosts)) for text, hosts in recorded(events).items())


def _said(text: str, hosts: str) -> str:
    """The field and who it was; with the question's label, where it has one, and all its words, where they are odd."""
    question = _QUESTION.fullmatch(text)
    if question is None:
        return f"{text}: {hosts}"
    label = "" if question["label"] == _PLAIN else f" ({question['label']})"
    return f"{question['field']}{label}: {hosts}"
