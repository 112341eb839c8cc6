"""What discovery finds: an experiment with its id, its names and where it came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.experiment import Experiment
from chaoskit.core.names import Nameable, Names, assign
from chaoskit.core.window import Window
from chaoskit.engine.sources import Source


@dataclass(frozen=True)
class Found:
    """One experiment, as the command line, pytest and the runner know it.

    Attributes:
        id: `module.name` or `module.name[case]`.
        names: of its loads, actions, probes, windows, checks, comparisons and guards.
        params: every `param` its module asked for, with the value that was used.
        origin: the file it is written in, and the module name that gives it.
        variables: the module's globals, which names come from.
        doc: the string that stands right below it in the file.
    """

    id: str
    experiment: Experiment
    names: Names
    params: Mapping[str, str | int | float | bool]
    origin: Source
    variables: Mapping[str, object]
    doc: str = ""

    @property
    def source(self) -> Path:
        """The file it is written in."""
        return self.origin.path

    @property
    def name(self) -> str:
        """The id without the module: `pool_death`, `ejects_dead[nginx]`."""
        return self.id.removeprefix(f"{self.origin.module}.")

    @property
    def operand(self) -> str:
        """What to type to mean it again: its id, or `FILE::NAME` where the file was named by hand."""
        return f"{self.source}::{self.name}" if self.origin.by_hand else self.id


def name_parts(experiment: Experiment, variables: Mapping[str, object]) -> Names:
    """Names of everything an experiment refers to as an object.

    Raises:
        DefinitionError: two objects of one kind have the same name.
    """
    groups: dict[str, Iterable[Nameable]] = {
        "load": experiment.every_load,
        "action": experiment.actions,
        "probe": experiment.probes,
        "window": windows(experiment),
        "check": (
            *experiment.checks,
            *(check for twin in experiment.twins for check in twin.checks),
            *experiment.compares,
        ),
        "steady": [experiment.steady] if experiment.steady else [],
        "guard": experiment.guards,
        "condition": [guard.check for guard in experiment.guards],
    }
    return assign(groups, variables)


def windows(experiment: Experiment) -> tuple[Window, ...]:
    """Every window a check of the experiment refers to, once, in the order of the checks."""
    arguments = [check.arguments for check in experiment.every_check]
    arguments += [comparison.arguments for comparison in experiment.compares]
    used = [value for named in arguments for value in named.values() if isinstance(value, Window)]
    return tuple(dict.fromkeys(used))
