from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from chaoskit.core.action import Action, Planning, action, at
from chaoskit.core.arm import GUARDED, Twin
from chaoskit.core.check import Check, check, compare
from chaoskit.core.errors import DefinitionError
from chaoskit.core.experiment import Experiment
from chaoskit.core.guard import stop_unless
from chaoskit.core.history import History
from chaoskit.core.lab import Lab
from chaoskit.core.load import Load
from chaoskit.core.step import Step
from chaoskit.core.units import NS
from chaoskit.core.verdict import Verdict, passed
from chaoskit.core.window import Window, begin, window
from tests.checks.world import a_load, answers, others, outage, shoppers


@check
def well(history: History, *, of: object = None, during: Window | None = None) -> Verdict:
    """Pass, whatever it is about."""
    del history, of, during
    return passed("well")


@compare
def alike(histories: Mapping[str, History], load: Load, *, of: Twin | None) -> Verdict:
    """Pass, whatever it compares."""
    del histories, load, of
    return passed("alike")


@action(longest="10s")
def brief(plan: Planning) -> Iterable[Step]:
    """Plan nothing, for ten seconds at most."""
    del plan
    return ()


@action(longest="1m", one_shot=True)
def shot(plan: Planning) -> Iterable[Step]:
    """Plan nothing that could be undone."""
    del plan
    return ()


good: Check = well(of=shoppers)


def experiment(**parts: Any) -> Experiment:
    """Thirty seconds with an outage from 5 s to 17 s, and whatever else."""
    whole: dict[str, Any] = {
        "claim": "it holds",
        "lab": Lab("gslb"),
        "duration": "30s",
        "loads": [shoppers],
        "timeline": [at("5s", outage, lasting="12s")],
        "checks": [good],
    }
    return Experiment(**(whole | parts))


def test_a_sound_experiment_is_a_value() -> None:
    """Nothing runs; it knows its length, its arms and its actions."""
    twin = Twin("plain DNS", must_fail=[good], compose="plain.yaml")
    boot = brief()
    whole = experiment(twins=[twin], boot=[boot])
    assert whole.length == 30 * NS
    assert whole.arms == (GUARDED, "plain-dns")
    assert (whole.twin("plain-dns"), whole.twin(GUARDED)) == (twin, None)
    assert whole.actions == (boot, outage)
    assert twin.overlays == ("plain.yaml",)
    assert whole.where.file == __file__
    with pytest.raises(KeyError):
        whole.twin("other")


def test_every_check_is_known_wherever_it_stands() -> None:
    """Those of checks, twins, steady state and guards."""
    own, steady, guarded = well(), well(), well()
    whole = experiment(
        twins=[Twin("x", must_fail=[good], checks=[own])], steady=steady, guards=[stop_unless(guarded, over="3s")]
    )
    assert whole.every_check == (good, own, steady, guarded)
    assert whole.guards[0].over == 3 * NS


PROBLEMS: dict[str, tuple[dict[str, Any], str]] = {
    "an entry that outlasts the run": (
        {"timeline": [at("20s", outage, lasting="12s")]},
        r"_break\(\) ends at 32 s, but the run ends at 30 s with 2 s of quiet before",
    ),
    "an entry in the quiet at the end": (
        {"timeline": [at("5s", outage, lasting="24s")]},
        "ends at 29 s, but the run ends at 30 s with 2 s of quiet",
    ),
    "a quiet that is longer": (
        {"quiet": "14s"},
        "ends at 17 s, but the run ends at 30 s with 14 s of quiet",
    ),
    "an entry that does not say how long": (
        {"timeline": [at("5s", outage)]},
        "give lasting=, or it is in force for its longest",
    ),
    "an action beyond its longest duration": (
        {"timeline": [at("1s", brief(), lasting="12s")]},
        r"brief\(\) may be in force for 10 s at most, not 12 s",
    ),
    "no time for the steady state": (
        {"timeline": [at("0s", outage, lasting="1s")], "steady": well(of=shoppers)},
        "leaves no time before it in which the steady state could be seen",
    ),
    "an action that stands twice": (
        {"timeline": [at("5s", outage, lasting="1s"), at("8s", outage, lasting="1s")]},
        "one action stands twice in the timeline",
    ),
    "a probe without a place": (
        {"probes": [type(answers)(answers.kind, {}, answers.open)]},
        r"does not say where: add \.at\(hosts",
    ),
    "a check of a load that is not driven": (
        {"checks": [well(of=others)]},
        "well judges a load that the experiment does not drive",
    ),
    "a check of several loads of which one is not driven": (
        {"checks": [well(of=(shoppers, others))]},
        "well judges a load that the experiment does not drive",
    ),
    "a check of a probe that is not there": (
        {"checks": [well(of=answers)]},
        "well reads a probe that the experiment does not have",
    ),
    "a check of an action that is not there": (
        {"checks": [well(of=brief())]},
        r"well refers to an action that is not in the timeline: brief\(\)",
    ),
    "a window on an action that is not there": (
        {"checks": [well(during=window(after=begin(brief())))]},
        r"a window refers to an action that is not in the timeline: brief\(\)",
    ),
    "a guard's check of a load that is not driven": (
        {"guards": [stop_unless(well(of=others))]},
        "judges a load that the experiment does not drive",
    ),
    "a steady state of a load that is not driven": (
        {"steady": well(of=others)},
        "judges a load that the experiment does not drive",
    ),
    "a comparison of a load that is not driven": (
        {"compares": [alike(others, of=None)]},
        "alike judges a load that the experiment does not drive",
    ),
    "a comparison with a twin that is not there": (
        {"compares": [alike(shoppers, of=Twin("other", must_fail=[good]))]},
        "alike compares a twin that the experiment does not have: 'other'",
    ),
    "two twins of one name": (
        {"twins": [Twin("plain DNS", must_fail=[good]), Twin("Plain  dns!", must_fail=[good])]},
        "a twin's name must be its own, and 'plain-dns' is not",
    ),
    "a twin called as the guarded arm": (
        {"twins": [Twin("Guarded", must_fail=[good])]},
        "a twin's name must be its own, and 'guarded' is not",
    ),
    "a twin that proves nothing": (
        {"twins": [Twin("x", must_fail=[])]},
        "names no check that must fail, so it would prove nothing",
    ),
    "a twin that expects a stranger to fail": (
        {"twins": [Twin("x", must_fail=[well()])]},
        r"the twin 'x' expects well\(\) to fail, which is no check here",
    ),
    "a twin that forgives a stranger": (
        {"twins": [Twin("x", must_fail=[good], may_fail=[well()])]},
        "expects .* to fail, which is no check here",
    ),
    "a twin that replaces a stranger": (
        {"twins": [Twin("x", must_fail=[good], instead={others: a_load()})]},
        "the twin 'x' replaces something that is not in the experiment",
    ),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_a_contradiction_is_an_error_with_file_and_line(case: str) -> None:
    """Each is found when the experiment is defined, and its message starts with the place to look at."""
    parts, message = PROBLEMS[case]
    with pytest.raises(DefinitionError, match=rf"^{__file__}:\d+: .*{message}"):
        experiment(**parts)


def test_an_action_is_undone_after_its_longest_duration() -> None:
    """An entry asks for a length, or leaves it to what the action allows; a one-shot has none."""
    assert at("1s", brief(), lasting="5s").lasting == 5 * NS
    assert at("1s", brief()).lasting == 10 * NS
    assert at("1s", shot()).lasting is None
    with pytest.raises(
        DefinitionError, match=r"test_experiment.py:\d+: shot is one-shot and cannot be undone after 5s"
    ):
        at("1s", shot(), lasting="5s")


def test_an_action_keeps_everything_but_its_name() -> None:
    """`named` gives a new value under another name, whose arguments show in plans."""
    first = brief()
    renamed = first.named("hiccup")
    assert isinstance(renamed, Action)
    assert (renamed.label, renamed.longest, renamed.where) == ("hiccup", first.longest, first.where)
    assert renamed is not first


def test_a_lab_is_named_from_where_it_was_written() -> None:
    """A file is relative to the experiment's folder; a bare word is a lab that comes with chaoskit."""
    lab = Lab("../compose.yaml")
    assert lab.base == Path(__file__).resolve().parent
    assert not lab.is_shipped
    assert Lab("gslb").is_shipped
    assert lab.over("a.yaml").over("b.yaml").overlays == ("a.yaml", "b.yaml")
    assert lab.over("a.yaml").base == lab.base
