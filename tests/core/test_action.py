import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, cast

import pytest

from chaoskit.core.action import Action, Planning, action
from chaoskit.core.errors import UsageError
from chaoskit.core.load import Load, load
from chaoskit.core.request import get
from chaoskit.core.selector import Selector, name, role
from chaoskit.core.step import Step
from chaoskit.core.units import NS
from chaoskit.loads.arrivals import constant
from chaoskit.testing import two_regions


@dataclass(frozen=True)
class Touch:
    """What a step needs for planning."""

    target: str
    for_ns: int
    kind: ClassVar[str] = "touch"


@action(longest="10m")
def touch(plan: Planning, hosts: Selector, *, twice: bool = False) -> Iterable[Step]:
    """Touch hosts."""
    steps = [Touch(host.name, plan.lasting) for host in plan.hosts(hosts)]
    return cast("list[Step]", steps * (2 if twice else 1))


def planning(seed: int = 1) -> Planning:
    """Planning on a lab of two regions, for five seconds."""
    return Planning(two_regions(), random.Random(seed), 5 * NS, seed=seed)


def test_an_action_plans_steps_when_it_is_asked_to() -> None:
    """Calling it binds arguments; steps come from the topology and the length it will be in force."""
    bound = touch(name("lb-*"))
    assert (bound.kind, bound.longest, bound.one_shot, bound.arguments["twice"]) == ("touch", 600 * NS, False, False)
    assert bound.steps(planning()) == (Touch("lb-eu", 5 * NS), Touch("lb-na", 5 * NS))
    assert str(bound) == "touch(name('lb-*'), twice=False)"
    assert bound.where.file == __file__


def test_planning_with_picks_repeats_for_a_seed() -> None:
    """The same seed hits the same hosts; other seeds hit others."""
    bound = touch(role("service").pick(2))
    assert bound.steps(planning(3)) == bound.steps(planning(3))
    assert len({bound.steps(planning(seed)) for seed in range(20)}) > 1


def test_an_action_on_nothing_is_an_error_before_anything_starts() -> None:
    """Hosts, networks and links alike."""
    plan = planning()
    for resolve in (plan.hosts, plan.networks, plan.links):
        with pytest.raises(UsageError, match="matches no"):
            resolve(name("nowhere"))
    assert [net.name for net in plan.networks(name("eu"))] == ["eu"]
    assert [link.name for link in plan.links(name("lb-eu/eu"))] == ["lb-eu/eu"]


def test_arguments_that_do_not_exist_are_refused_when_they_are_bound() -> None:
    """Not when the run is under way."""
    with pytest.raises(TypeError, match="twcie"):
        touch(name("lb-*"), twcie=True)  # type: ignore[call-arg]


@action(longest="1m")
def bring(plan: Planning, surge: Load, *, why: str = "", undo: Iterable[str] = ()) -> Iterable[Step]:
    """Bring a load."""
    return ()


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (bring(load(get("http://shop/"), constant("9/s"), clients=name("a"))), "bring(GET http://shop/, why='')"),
        (bring(load(get("http://shop/"), constant("9/s"), clients=name("a")).named("sale")), "bring(sale, why='')"),
        (bring(cast(Load, "x"), why="now", undo=["rm"]), "bring('x', why='now', undo=['rm'])"),
    ],
)
def test_an_action_reads_as_it_was_written(bound: Action, text: str) -> None:
    """A load by its name, or what it asks for: never the whole of it."""
    assert str(bound) == text
