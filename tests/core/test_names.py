from dataclasses import dataclass

import pytest

from chaoskit.core.errors import DefinitionError
from chaoskit.core.names import Names, assign
from chaoskit.core.where import Where

HERE = Where("x.py", 1)


@dataclass(frozen=True, eq=False)
class Thing:
    """Something nameable, of no kind."""

    label: str | None = None
    where: Where = HERE


@dataclass(frozen=True, eq=False)
class Kinded(Thing):
    """Something nameable that is of a kind."""

    kind: str = "availability"


def test_a_thing_is_called_what_it_says_else_by_its_variable() -> None:
    """A name of its own comes before the variable that holds it."""
    own, held = Thing("mine"), Thing()
    names = assign({"load": [own, held]}, {"ignored": own, "shoppers": held})
    assert (names.of(own), names.of(held)) == ("mine", "shoppers")


def test_a_nameless_thing_is_called_by_its_kind_or_group_and_number() -> None:
    """Variables that start with an underscore do not name; numbers skip names that are taken."""
    things = [Thing(), Thing(), Thing("load-1")]
    names = assign({"load": things}, {"_private": things[0]})
    assert [names.of(thing) for thing in things] == ["load-2", "load-3", "load-1"]
    kinded = [Kinded(), Kinded(), Kinded("availability-2")]
    names = assign({"check": kinded}, {})
    assert [names.of(thing) for thing in kinded] == ["availability", "availability-3", "availability-2"]


def test_two_things_of_one_group_may_not_share_a_name() -> None:
    """The error has file and line of both."""
    first, second = Thing("same", Where("a.py", 3)), Thing("same", Where("b.py", 7))
    with pytest.raises(DefinitionError, match=r"b\.py:7: a second load is called 'same', the first is at a\.py:3"):
        assign({"load": [first, second]}, {})


def test_groups_have_names_apart() -> None:
    """A load and a check may be called the same."""
    load, check = Thing("price"), Thing("price")
    names = assign({"load": [load], "check": [check]}, {})
    assert names.of(load) == names.of(check) == "price"


def test_one_thing_listed_twice_has_one_name() -> None:
    """A check that is also a steady state is one check."""
    thing = Thing()
    assert assign({"check": [thing, thing]}, {"home": thing}).of(thing) == "home"


def test_a_stranger_is_an_error_with_file_and_line() -> None:
    """An object that is no part of the experiment has no name."""
    with pytest.raises(DefinitionError, match=r"x\.py:1: thing .* is not part of this experiment"):
        Names().of(Thing())
    with pytest.raises(DefinitionError, match="int 3 is not part"):
        Names().of(3)


def test_substitutes_answer_to_the_name_of_what_they_stand_for() -> None:
    """A twin's load has the name of the load it replaces, and the original keeps it."""
    load, instead = Thing("shoppers"), Thing()
    names = assign({"load": [load]}, {}).alias({load: instead})
    assert names.of(instead) == names.of(load) == "shoppers"
