"""The images that a lab needs of an engine, as facts."""

from __future__ import annotations

from collections.abc import Iterator

from chaoskit.core.errors import LabError
from chaoskit.engine.doctor.daemons import with_twins
from chaoskit.engine.doctor.fact import MISSING, OK, Fact, Standing
from chaoskit.engine.images.ensure import State, states
from chaoskit.engine.images.recipe import made_here
from chaoskit.labs.find import lab_argument
from chaoskit.labs.load import load_lab

GROUP = "image"


def needed_by(lab: str) -> tuple[str, ...]:
    """The images of ours that a lab and its twins are made of.

    Raises:
        UsageError: there is no such lab.
        LabError: its files cannot be read.
    """
    return made_here(host.image for each in with_twins(lab_argument(lab)) for host in load_lab(each).hosts)


def image_facts(lab: str) -> Iterator[Fact]:
    """Each image that a lab needs and chaoskit makes: whether the engine has it, and as it would be made today."""
    wanted = needed_by(lab)
    try:
        found = states(wanted)
    except LabError:  # the engine has a fact of its own, which says why
        found = tuple(State(image, "unknown") for image in wanted)
    for state in found:
        yield _fact(state)


def _fact(state: State) -> Fact:
    if state.is_ready:
        return Fact(state.image, GROUP, OK, state.found, needed=True)
    remedy = "chaoskit doctor --fix --driver docker --for LAB, or make images"
    if state.found == "outdated":  # it runs, if not as the lab's files of today expect
        return Fact(state.image, GROUP, Standing.SUBSTITUTE, state.found, "the one of before", remedy, needed=True)
    return Fact(state.image, GROUP, MISSING, state.found, "the lab does not come up", remedy, needed=True)
