"""What a run may do to somebody's project, and which flag allows more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from chaoskit import Experiment, Lab, Twin, at, stop_unless
from chaoskit.actions.pause import pause
from chaoskit.checks.availability import availability
from chaoskit.core.action import Action
from chaoskit.core.errors import UsageError
from chaoskit.core.load import load
from chaoskit.core.request import get
from chaoskit.core.selector import name
from chaoskit.core.step import Step
from chaoskit.core.topology import HostInfo, Link, Network, Topology
from chaoskit.core.units import NS
from chaoskit.core.where import Where
from chaoskit.engine.entries import Choice, PlannedEntry
from chaoskit.engine.permits import refuse_together, refuse_unpermitted, refuse_unsuited
from chaoskit.labs.attachment import Attachment, Client, EngineFacts, Permit, Standing
from chaoskit.labs.spec import LabSpec
from chaoskit.loads.arrivals import constant
from chaoskit.steps.command import CommandOnce
from chaoskit.steps.link import SetLink
from chaoskit.steps.pause import Pause
from chaoskit.steps.stop import Stop


def _host(host: str, service: str, number: int, **labels: str) -> HostInfo:
    link = Link(host, "default", "eth0", f"198.19.0.{number}", 24, "", (), labels)
    return HostInfo(host, service, labels, (link,))


TOPOLOGY = Topology(
    "shop",
    (
        *(_host(f"web-{n}", "web", n) for n in (1, 2, 3)),
        _host("db", "db", 4, **{"chaoskit.protected": "true"}),
        _host("cache-1", "cache", 5),
        _host("cache-2", "cache", 6),
        _host("client", "client", 9),
    ),
    (Network("default", "198.19.0.0/24"),),
)
STANDING = Standing(EngineFacts("here", "1", "unix://", True), {}, Client("client", "n", "198.19.0.9", "", 60))


def _attached(*permits: Permit) -> LabSpec:
    attachment = Attachment("shop", permits=frozenset(permits))
    return LabSpec("shop", (), TOPOLOGY, (), attachment=attachment, standing=STANDING)


OURS = LabSpec("shop", (), TOPOLOGY, ())


def _entry(named: str, start: int, lasting: int | None, *steps: Step) -> PlannedEntry:
    action = Action("x", {}, lambda _planning: steps, 600 * NS, False, Where("x.py", 7), named)
    targets = tuple(step.target for step in steps)
    return PlannedEntry(named, action, steps, start * NS, None if lasting is None else lasting * NS, targets)


def _late(named: str, start: int, lasting: int, *answers: Sequence[Step]) -> PlannedEntry:
    """An entry that hits one of several, as the lab says."""
    choices = tuple(Choice({"who?": (str(number),)}, tuple(steps)) for number, steps in enumerate(answers))
    return replace(_entry(named, start, lasting, *(step for steps in answers for step in steps)), choices=choices)


WEB_1, WEB_2, WEB_3 = Pause("web-1"), Stop("web-2"), SetLink("web-3", "default", "eth0")


@pytest.mark.parametrize(
    "entries",
    [
        [_entry("a", 1, 5, WEB_1, WEB_2, WEB_3)],
        [_entry("a", 1, 5, WEB_1, WEB_2), _entry("b", 5, 5, WEB_3)],
        [_entry("a", 1, 5, WEB_1), _entry("b", 2, 5, WEB_2), _entry("c", 3, 1, WEB_3)],
        [_entry("a", 1, None, WEB_1, WEB_2), _entry("b", 60, 5, WEB_3)],
        [_late("a", 1, 5, [WEB_1], [WEB_3]), _entry("b", 3, 5, WEB_1, WEB_2)],
        [_late("a", 1, 5, [WEB_1, WEB_2, WEB_3], [WEB_1])],
        [_entry("a", 1, 5, Pause("cache-1")), _late("b", 1, 5, [Pause("web-1")], [Pause("cache-2")])],
        [_entry("a", 1, 5, SetLink("cache-1", "default", "eth0"), Pause("cache-2"))],
    ],
    ids=["one", "two that meet", "three", "never undone", "late and fixed", "one answer", "either service", "a link"],
)
def test_the_last_instance_of_a_service_is_spared(entries: list[PlannedEntry]) -> None:
    """Actions that overlap add up, and every answer of the lab counts; a flag allows it; on labs of ours all may."""
    with pytest.raises(UsageError, match=r"x\.py:7: .* instances of (web|cache) at once\n.*--allow-every-instance"):
        refuse_unpermitted(entries, _attached())
    refuse_unpermitted(entries, _attached(Permit.EVERY_INSTANCE))
    refuse_unpermitted(entries, OURS)


@pytest.mark.parametrize(
    "entries",
    [
        [_entry("a", 1, 5, WEB_1, WEB_2)],
        [_entry("a", 1, 5, WEB_1, WEB_2), _entry("b", 6, 5, WEB_3)],
        [_late("a", 1, 5, [WEB_1], [WEB_2], [WEB_3])],
        [_late("a", 1, 5, [WEB_1], [WEB_2], [WEB_3]), _late("b", 2, 5, [WEB_1], [WEB_2], [WEB_3])],
        [_entry("a", 1, 5, Pause("client"))],
    ],
    ids=["two of three", "one after the other", "any one", "any two", "the client of our own"],
)
def test_what_leaves_an_instance_is_allowed(entries: list[PlannedEntry]) -> None:
    """Without any flag."""
    refuse_unpermitted(entries, _attached())


def test_a_late_target_is_looked_at_again_with_what_is_in_force_then() -> None:
    """Whatever the plan foresaw: actions may come later than planned."""
    with pytest.raises(UsageError, match="a and b and c would hit every one of the 3 instances of web"):
        refuse_together([_entry("a", 1, 1, WEB_1), _entry("b", 5, 1, WEB_2), _entry("c", 9, 1, WEB_3)], _attached())


def test_the_only_instance_is_every_instance() -> None:
    """A service without replicas needs the flag as well; a network hits all who are on it."""
    with pytest.raises(UsageError, match="the only instance of db") as refused:
        refuse_unpermitted([_entry("a", 1, 1, Pause("db"))], _attached(Permit.PROTECTED))
    assert refused.value.remedy == "Allow it: --allow-every-instance."


def test_a_protected_host_is_hit_only_with_a_flag_of_its_own() -> None:
    """On a lab of ours never: its file is the place to allow it."""
    entries = [_late("a", 1, 1, [Pause("web-1")], [Pause("db")])]
    with pytest.raises(UsageError, match=r"would hit db, which is protected\n.*--allow-protected"):
        refuse_unpermitted(entries, _attached(Permit.EVERY_INSTANCE))
    refuse_unpermitted(entries, _attached(Permit.EVERY_INSTANCE, Permit.PROTECTED))
    with pytest.raises(UsageError, match="would hit db, which is protected") as refusal:
        refuse_unpermitted(entries, OURS)
    assert "--allow" not in str(refusal.value)


def test_a_step_that_cannot_be_undone_needs_a_flag() -> None:
    """On a lab of ours it ends with the lab."""
    entries = [_entry("a", 1, None, CommandOnce("web-1", ("true",), ("true",)))]
    with pytest.raises(UsageError, match=r"cannot be undone \(.*\)\n.*--allow-one-shot"):
        refuse_unpermitted(entries, _attached())
    refuse_unpermitted(entries, _attached(Permit.ONE_SHOT))
    refuse_unpermitted(entries, OURS)


visitors = load(get("http://web/"), constant("1/s"), clients=name("client"))
GUARD = stop_unless(availability(visitors, at_least=0.5))
FREEZE = pause(name("web-1"))


def _experiment(**changes: object) -> Experiment:
    given: dict[str, object] = {"claim": "c", "lab": Lab("x.yaml"), "duration": "10s", "guards": [GUARD]}
    return Experiment(**{**given, "loads": [visitors], **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"guards": []}, r".* needs a guard that stops it, and this has none\n.*stop_unless"),
        ({"duration": "11min"}, r"it takes 11 min, and .* may take 10 min\n.*--longest"),
        ({"boot": [FREEZE], "duration": "1min"}, r"pause\(name\('web-1'\)\) is for a lab that is about to come up"),
    ],
)
def test_an_experiment_has_to_suit_a_project_that_is_up(changes: dict[str, object], said: str) -> None:
    """A guard, an end, and nothing that must come before the lab."""
    with pytest.raises(UsageError, match=rf"test_permits\.py:\d+: {said}"):
        refuse_unsuited(_experiment(**changes), None, Attachment("shop"))
    refuse_unsuited(_experiment(), None, Attachment("shop"))


def test_who_watches_needs_no_guard_and_who_says_so_may_take_longer() -> None:
    """A person at the terminal ends it; the bound is the user's to move."""
    refuse_unsuited(_experiment(guards=[]), None, Attachment("shop", watched=True))
    refuse_unsuited(_experiment(duration="11min"), None, Attachment("shop", longest=660 * NS))


def test_a_twin_that_is_another_file_cannot_be_proved_on_a_running_project() -> None:
    """One that replaces a load can."""
    served = availability(visitors, at_least=0.5)
    other = Twin("another file", must_fail=[served], compose="slow.yaml")
    others = load(get("http://x/"), constant("1/s"), clients=name("client"))
    same = Twin("other visitors", must_fail=[served], instead={visitors: others})
    with pytest.raises(UsageError, match=r"another Compose file \(slow\.yaml\), and the running project shop is not"):
        refuse_unsuited(_experiment(), other, Attachment("shop"))
    refuse_unsuited(_experiment(timeline=[at("1s", FREEZE, lasting="1s")]), same, Attachment("shop"))
