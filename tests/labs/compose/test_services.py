"""Replicas, dependencies and the order of interfaces."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chaoskit.labs.spec import Condition, Dependency, LabSpec

Load = Callable[..., LabSpec]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("deploy: {replicas: 3}", ["web-1", "web-2", "web-3"]),
        ("scale: '2'", ["web-1", "web-2"]),
        ("deploy: {replicas: 2}\nscale: 2", ["web-1", "web-2"]),
        ("deploy: {replicas: 1}", ["web"]),
        ("deploy: {replicas: 0}", []),
        ("scale: ${N:-2}", ["web-1", "web-2"]),
    ],
)
def test_replicas_are_hosts(load: Load, body: str, names: list[str]) -> None:
    """A service with several replicas is hosts NAME-1 to NAME-N, all of the one service."""
    text = "services:\n  db: {image: p}\n  web:\n    image: n\n    " + body.replace("\n", "\n    ")
    spec = load(text)
    assert [host.name for host in spec.topology.hosts if host.service == "web"] == names
    assert [host.name for host in spec.hosts] == ["db", *names]


def test_dependencies_are_on_services(load: Load) -> None:
    """Conditions, `restart` and `required` are kept; `links` ask for a start as well."""
    text = """
    services:
      web:
        image: n
        depends_on:
          db: {condition: service_healthy, restart: true}
          job: {condition: service_completed_successfully, required: false}
        links: [cache, db:database]
      db: {image: n}
      job: {image: n}
      cache: {image: n}
    """
    assert load(text).hosts[0].depends_on == (
        Dependency("db", Condition.HEALTHY, restart=True),
        Dependency("job", Condition.COMPLETED, required=False),
        Dependency("cache", Condition.STARTED, restart=True),
    )


def test_nobody_waits_for_a_service_that_has_no_host(load: Load) -> None:
    """A dependency scaled to nothing, or optional and in a profile not chosen, is dropped."""
    text = """
    services:
      web: {image: n, depends_on: {none: {}, tool: {condition: service_started, required: false}}}
      none: {image: n, scale: 0}
      tool: {image: n, profiles: [p]}
    """
    assert load(text).hosts[0].depends_on == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("services: {}", "there is no service to run"),
        ("services: {a: {image: n, profiles: [p]}}", "Choose profiles among p."),
        (
            "services:\n  web:\n    image: n\n    depends_on: [dbb]\n  db: {image: n}",
            "compose.yaml:4: service web: depends_on",
        ),
        (
            "services: {web: {image: n, depends_on: [t]}, t: {image: n, profiles: [p]}}",
            "in a profile that is not chosen (p)",
        ),
        (
            "services: {a: {image: n, depends_on: [b]}, b: {image: n, links: [a]}}",
            "come back to themselves: a -> b -> a",
        ),
        (
            "services: {a: {image: n, depends_on: {b: {condition: healthy}}}, b: {image: n}}",
            "'healthy' is no condition",
        ),
        ("services: {a: {image: n, scale: 2}, a-1: {image: n}}", "its replica a-1 has the name of another service"),
        ("services: {a: {command: x}}", "it has neither an image nor a build"),
        ("services: {a: {image: n, scale: many}}", "service a: scale: 'many' is no whole number"),
        ("services: {a: {image: n, network_mode: none, networks: [x]}}", "cannot stand beside networks"),
    ],
)
def test_what_cannot_run_is_named(error: Callable[..., str], text: str, words: str) -> None:
    """Unknown or circular dependencies and doubled names are errors before anything starts."""
    assert words in error(text)
