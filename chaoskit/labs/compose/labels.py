"""Labels of a service, and the roles and regions that an experiment adds to files without them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from chaoskit.core.errors import UsageError
from chaoskit.core.lab import Lab
from chaoskit.core.topology import REGION, ROLE
from chaoskit.labs.compose.dotenv import read_env_file
from chaoskit.labs.compose.environment import Environment
from chaoskit.labs.compose.fields import Fields
from chaoskit.labs.compose.mistake import nearest


def labels(name: str, service: Fields, lab: Lab, environment: Environment) -> dict[str, str]:
    """`label_file`, then `labels`, then what the experiment says of the service.

    Raises:
        LabError: a label file cannot be read.
    """
    found: dict[str, str] = {}
    for file in service.texts("label_file"):
        found.update(read_env_file(Path(file), environment.get))
    found.update(service.pairs("labels"))
    for key, given in ((ROLE, lab.roles), (REGION, lab.regions)):
        value = given_to(name, given)
        found.update({} if value is None else {key: value})
    return found


def check_given(lab: Lab, services: Iterable[str]) -> None:
    """See that each entry of a lab's roles and regions is about some service.

    Raises:
        UsageError: an entry matches none.
    """
    names = list(services)
    for what, given in (("roles", lab.roles), ("regions", lab.regions)):
        for glob in given:
            if not any(fnmatchcase(name, glob) for name in names):
                raise UsageError(f"{what}: {glob!r} matches no service of {lab.source}", remedy=nearest(glob, names))


def given_to(name: str, given: Mapping[str, str]) -> str | None:
    """The entry for exactly this name, else the first glob that matches it."""
    if name in given:
        return given[name]
    return next((value for glob, value in given.items() if fnmatchcase(name, glob)), None)
