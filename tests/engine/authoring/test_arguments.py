"""Actions as options of a command line."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import pytest

from chaoskit.actions.grudges import Grudge
from chaoskit.core.action import ActionKind, Planning, action
from chaoskit.core.errors import UsageError
from chaoskit.core.load import Load
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step
from chaoskit.core.units import Duration
from chaoskit.engine.authoring.arguments import arguments, call
from chaoskit.engine.registry import kinds


@action(longest="1m")
def upset(
    plan: Planning,
    hosts: Selector,
    amount: Duration,
    *,
    on: Selector | None = None,
    share: float = 0.1,
    times: int = 1,
    hard: bool = False,
    way: Literal["in", "out"] = "in",
    argv: Sequence[str] = (),
    grudge: Grudge | Mapping[str, Collection[str]] | None = None,
    word: str = "",
    surge: Load | None = None,
) -> list[Step]:
    """Take one of everything."""
    raise NotImplementedError


@action(longest="1m")
def loaded(plan: Planning, surge: Load) -> list[Step]:
    """Need what no text can say."""
    raise NotImplementedError


def test_every_parameter_that_a_text_can_mean_is_an_option() -> None:
    """The first selector is `on`; one that is called so itself gives way; a load cannot be written."""
    told = {each.option: (each.parameter, each.takes, each.default) for each in arguments(upset)}
    assert told == {
        "on": ("hosts", "SELECTOR", None),
        "amount": ("amount", "VALUE", None),
        "upset-on": ("on", "SELECTOR", "None"),
        "share": ("share", "NUMBER", "0.1"),
        "times": ("times", "NUMBER", "1"),
        "hard": ("hard", "YES|NO", "False"),
        "way": ("way", "WORD", "'in'"),
        "argv": ("argv", "COMMAND", "()"),
        "grudge": ("grudge", "PARTITION", "None"),
        "word": ("word", "TEXT", "''"),
    }


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ({}, ""),
        ({"amount": "1.5"}, "amount=1.5"),
        ({"share": ".25", "times": "3"}, "share=0.25, times=3"),
        ({"hard": "yes"}, "hard=True"),
        ({"argv": "sh -c 'echo a b'"}, "argv=['sh', '-c', 'echo a b']"),
        ({"grudge": "web"}, "grudge=isolate(name('web'))"),
        ({"grudge": "web-1 | web-2,web-3"}, "grudge=halves(name('web-1'), (name('web-2') | name('web-3')))"),
        ({"grudge": "role:a>db"}, "grudge=one_way(role('a'), to=name('db'))"),
        ({"word": "it's"}, 'word="it\'s"'),
        ({"way": "out"}, "way='out'"),
    ],
)
def test_texts_become_python(given: Mapping[str, str], written: str) -> None:
    """As an experiment writes it."""
    every = {"on": "web-*@1", "amount": "5ms", **given}
    amount = "" if "amount" in given else ", amount='5ms'"
    rest = ", ".join(part for part in [written] if part)
    assert call(upset, every) == f"upset(hosts=(name('web-*')).pick(1){amount}{', ' if rest else ''}{rest})"


@pytest.mark.parametrize(
    ("kind", "given", "problem"),
    [
        (upset, {"on": "web"}, "upset needs --amount"),
        (upset, {}, "upset needs --on and --amount"),
        (upset, {"on": "web", "amount": "1s", "colour": "red"}, "takes no --colour"),
        (upset, {"on": "a b", "amount": "1s"}, "no selector"),
        (upset, {"on": "web", "amount": "1s", "times": "x"}, "no whole number"),
        (upset, {"on": "web", "amount": "1s", "share": "nan"}, "no number"),
        (upset, {"on": "web", "amount": "1s", "hard": "maybe"}, "neither yes nor no"),
        (upset, {"on": "web", "amount": "1s", "argv": "'"}, "no command"),
        (loaded, {}, "loaded needs a load, which no option can say"),
    ],
)
def test_what_means_nothing_is_refused(kind: ActionKind[...], given: Mapping[str, str], problem: str) -> None:
    """In the words of the command line."""
    with pytest.raises(UsageError, match=problem):
        call(kind, given)


WITHOUT = ("overload",)
"""Actions that take what no text can say."""


@pytest.mark.parametrize("name", [each.name for each in kinds("actions") if each.name not in WITHOUT])
def test_every_action_there_is_has_options(name: str) -> None:
    """No two options of one action have the same name, and each required parameter has one."""
    (kind,) = [each.kind for each in kinds("actions") if each.name == name]
    assert isinstance(kind, ActionKind)
    found = arguments(kind)
    options = [each.option for each in found]
    assert len(set(options)) == len(options)
    needed = {each.name for each in kind.signature.parameters.values() if each.default is each.empty}
    assert needed == {each.parameter for each in found if each.required}
