"""Our reading of Compose files beside that of `docker compose config`, service by service and key by key."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chaoskit.core.lab import Lab
from chaoskit.engine.discovery import discover
from chaoskit.labs.compose.environment import Environment
from chaoskit.labs.compose.project import read_project
from chaoskit.labs.find import lab_files, shipped_labs
from chaoskit.labs.load import load_lab
from chaoskit.labs.spec import LabSpec
from tests.labs.compose import oracle, reading, test_strangers

FILES = Path(__file__).parent / "files"
VARIABLES = {
    "TAG": "t1", "EMPTY": "", "COUNT": "3", "FLAG": "true", "SIZE": "64m", "CPUS": "0.5", "WAIT": "1m5s",
    "SHELL_WINS": "shell",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """Files, and what they show."""

    files: tuple[Path, ...]
    shows: str
    profiles: tuple[str, ...] = ("*",)
    variables: Mapping[str, str] = field(default_factory=lambda: VARIABLES)

    def __str__(self) -> str:
        return "+".join(file.stem for file in self.files) + "".join(f"@{name}" for name in self.profiles if name != "*")


def strange(folder: str, *names: str, **given: object) -> Case:
    """Files of the kind that public projects have."""
    return Case(tuple(FILES / folder / name for name in names), "what strangers write", **given)  # type: ignore[arg-type]


def awkward(shows: str, *names: str, **given: object) -> Case:
    """Files written for this comparison."""
    return Case(tuple(FILES / "awkward" / name for name in names), shows, **given)  # type: ignore[arg-type]


# `format: raw` of the monitor's env file is younger than the oldest Compose that is compared with.
STRANGERS = [strange(folder, *files) for folder, files, _, _ in test_strangers.CASES if folder != "monitor"]

AWKWARD = [
    awkward("anchors, aliases, merge keys of one and several sources, an anchor given anew", "anchors.yaml"),
    awkward("extends: chains, other files, what merges and what is replaced, whose folder paths are of",
            "extends/compose.yaml"),
    awkward("profiles: none chosen", "profiles.yaml", profiles=()),
    awkward("profiles: one of several chosen", "profiles.yaml", profiles=("trace",)),
    awkward("profiles: chosen by the environment", "profiles.yaml", profiles=(),
            variables={"COMPOSE_PROFILES": "debug, test"}),
    awkward("short and long spellings of everything that has both", "short-and-long.yaml"),
    awkward("every operator of interpolation, nested, in numbers, flags, sizes, durations and keys",
            "interpolation.yaml"),
    awkward(".env: quotes, comments, escapes, several lines, references", "dotenv.yaml"),
    awkward("a base for resets", "resets.yaml"),
    awkward("!reset of every kind of value", "resets.yaml", "resets.reset.yaml"),
    awkward("!override of every kind of value", "resets.yaml", "resets.override.yaml"),
    awkward("!override after !reset", "resets.yaml", "resets.reset.yaml", "resets.override.yaml"),
    awkward("what merges key by key, what appends, what is replaced", "merges.yaml", "merges.over.yaml"),
    awkward("a third file", "merges.yaml", "merges.over.yaml", "merges.third.yaml"),
    awkward("env_file: order, required, quotes, escapes, references", "env-files.yaml"),
    awkward("depends_on as list and mapping, links", "depends.yaml"),
    awkward("healthchecks: forms, disabled, durations", "health.yaml"),
    awkward("sizes, cores, waits, limits", "quantities.yaml"),
    awkward("YAML's scalars where Compose wants texts", "yaml-types.yaml"),
    awkward("x- fields everywhere, the old version field", "extensions.yaml"),
    awkward("include: short, long, nested, with their own folders and variables", "include.yaml"),
    awkward("secrets and configs from files, variables and contents", "grants.yaml"),
    awkward("networks: pools, fixed addresses, aliases, priorities, none", "networks.yaml"),
    awkward("volumes: names, drivers, options", "volumes.yaml"),
    awkward("commands: shell words, quotes, escapes, dollars, nothing", "commands.yaml"),
    awkward("deploy: replicas, restart policies, what is for clusters", "deploy.yaml"),
    awkward("restart policies, names, users, signals, capabilities, hosts", "settings.yaml"),
    awkward("what the native driver refuses or leaves out is named", "unlike.yaml"),
    awkward("a project's name from its folder", "names/My.Shop_1/compose.yaml"),
    awkward("a project's name from the file, with a variable", "named.yaml"),
    awkward("several documents in one file", "documents.yaml"),
]  # fmt: skip

MISTAKEN = {
    ("shop", "api: environment"): "Compose forgot a !reset among variables for some time (docker/compose#11816)"
}
"""Where Compose's older versions are wrong by their maintainers' own word."""

pytestmark = pytest.mark.skipif(oracle.plugin() is None, reason="the plugin `docker compose` is not installed")


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, "COMPOSE_PROFILES", "COMPOSE_PROJECT_NAME", "NONE", "UNSET", "OTHER"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("case", [*STRANGERS, *AWKWARD], ids=str)
def test_compose_reads_the_same(case: Case) -> None:
    """Every service has the same values; whatever we do not carry out is named as refused or as changing nothing."""
    lab = Lab(str(case.files[0]), tuple(map(str, case.files[1:])), environment=case.variables, profiles=case.profiles)
    found = [
        said for said in differences(lab) if (case.files[-1].parent.name, said.partition(": ours")[0]) not in MISTAKEN
    ]
    assert found == [], case.shows


def test_every_lab_and_every_twin_is_read_the_same() -> None:
    """The shipped files alone, and merged as the arms of the experiments merge them."""
    arms = [each.experiment for each in discover(Path(__file__).parents[3]).found]
    labs = [Lab(name) for name in shipped_labs()]
    labs += [each.lab.over(*twin) for each in arms for twin in ((), *(twin.overlays for twin in each.twins))]
    merges = {lab_files(lab).files: lab for lab in labs}
    assert len(merges) >= len(shipped_labs()) + 10
    assert [said for lab in merges.values() for said in differences(lab)] == []


def differences(lab: Lab) -> Iterator[str]:
    """Where our reading of a lab's files is another than Compose's."""
    found = lab_files(lab)
    whole = oracle.config(found.files, lab.profiles, lab.environment)
    spec = load_lab(lab)
    project = read_project(
        found.files, Environment({**os.environ, **lab.environment, "COMPOSE_PROJECT_NAME": spec.name})
    )
    yield from _unlike("name", spec.name, whole["name"])
    hosts = {host.service: host for host in spec.hosts}
    idle = {name for name, said in whole["services"].items() if (said.get("deploy") or {}).get("replicas") == 0}
    yield from _unlike("services", set(hosts), set(whole["services"]) - idle)
    for name in sorted(set(hosts) & set(whole["services"])):
        theirs = oracle.service(whole, name, lab.environment)
        ours = reading.service(hosts[name], spec, project.fields.at("services").at(name))
        for key, value in theirs.items():
            yield from _unlike(f"{name}: {key}", ours[key], value)
        yield from _unnamed(spec, name, whole["services"][name])
    used = {network for said in whole["services"].values() for network in said.get("networks") or {}}
    theirs = {name: said for name, said in oracle.networks(whole).items() if name in used}
    yield from _unlike("networks", reading.networks(spec, project.fields), theirs)


def _unlike(what: str, ours: object, theirs: object) -> Iterator[str]:
    if ours != theirs:
        yield f"{what}: ours is {ours!r}, Compose's {theirs!r}"


def _unnamed(spec: LabSpec, name: str, said: Mapping[str, object]) -> Iterator[str]:
    named = [note.key for note in (*spec.notes, *spec.refused) if note.service == name]
    for key in oracle.unspoken(said):
        if not any(key == each or each.startswith(f"{key}.") for each in named):
            yield f"{name}: {key} is neither compared nor named; named are {named}"
