"""Services that extend others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chaoskit.labs.spec import LabSpec

Load = Callable[..., LabSpec]

BASE = """
services:
  base:
    image: app
    environment: {A: base, B: base}
    volumes: ["./src:/src"]
    env_file: app.env
  middle:
    extends: base
    environment: {B: middle, C: middle}
"""


def test_a_chain_through_another_file(load: Load) -> None:
    """Each link of the chain wins over what it extends; the extended service itself does not run."""
    text = "services: {web: {extends: {file: common/base.yaml, service: middle}, environment: {C: web}}}"
    spec = load(text, files={"common/base.yaml": BASE, "common/app.env": "FROM_FILE=1\n"})
    [host] = spec.hosts
    assert host.image == "app"
    assert host.environment == {"FROM_FILE": "1", "A": "base", "B": "middle", "C": "web"}


def test_paths_of_an_extended_file_start_from_its_folder(load: Load) -> None:
    """A bind mount and an env_file stay where the extended file has them."""
    text = "services: {web: {extends: {file: common/base.yaml, service: base}, volumes: ['./own:/own']}}"
    spec = load(text, files={"common/base.yaml": BASE, "common/app.env": ""})
    folder = spec.files[0].parent
    assert {mount.target: Path(mount.source) for mount in spec.hosts[0].mounts} == {
        "/src": folder / "common" / "src",
        "/own": folder / "own",
    }


def test_a_service_of_the_same_file_runs_as_well(load: Load) -> None:
    """`extends: NAME` copies a service of this file, which stays one of the lab."""
    text = "services: {a: {image: one, labels: [x=1]}, b: {extends: a, image: two}}"
    spec = load(text)
    assert [(host.name, host.image) for host in spec.hosts] == [("a", "one"), ("b", "two")]
    assert spec.topology.by_name["b"].labels == {"x": "1"}


def test_an_overlay_may_extend_a_service_of_the_base(load: Load) -> None:
    """A service of an earlier file can be extended by its name."""
    spec = load("services: {a: {image: one}}", "services: {b: {extends: a, command: [x]}}")
    assert [(host.name, host.image, host.command) for host in spec.hosts] == [("a", "one", None), ("b", "one", ("x",))]


def test_tags_work_over_what_is_extended(load: Load) -> None:
    """`!reset` takes away what the extended service has, in later files too."""
    base = "services: {a: {image: one, labels: {x: 1}, dns: [192.0.2.1]}, b: {image: two, labels: {y: 1}}}"
    spec = load(base, "services: {b: {extends: {service: a}, labels: !reset {}, dns: !override [192.0.2.9]}}")
    assert spec.topology.by_name["b"].labels == {}
    assert spec.hosts[1].dns == ("192.0.2.9",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "services:\n  a:\n    extends: b\n  b:\n    extends: c\n  c: {extends: {service: a}}\n",
            "compose.yaml:3: service a: extends: the chain comes back to itself: a -> b -> c -> a",
        ),
        ("services:\n  a:\n    extends: a\n", "the chain comes back to itself: a -> a"),
        ("services:\n  web:\n    extends: wbe\n", "compose.yaml:3: service web: extends: there is no service 'wbe'"),
        ("services:\n  a:\n    extends: {file: no.yaml, service: x}\n", "service a: extends: there is no file"),
        ("services:\n  a:\n    extends: {file: base.yaml, service: bse}\n", "Did you mean 'base'?"),
    ],
)
def test_what_cannot_be_extended_is_named(error: Callable[..., str], text: str, words: str) -> None:
    """Cycles, unknown services and missing files are errors at the `extends` they come from."""
    assert words in error(text, files={"base.yaml": BASE})


def test_a_cycle_through_two_files_is_an_error(error: Callable[..., str]) -> None:
    """A file that extends back is noticed."""
    there = "services: {b: {extends: {file: compose.yaml, service: a}}}"
    message = error("services: {a: {extends: {file: b.yaml, service: b}}}", files={"b.yaml": there})
    assert "the chain comes back to itself: a -> b -> a" in message
