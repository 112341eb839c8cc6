"""Keys that do not exist, and values of the wrong kind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Error = Callable[..., str]


@pytest.mark.parametrize(
    ("text", "words", "near"),
    [
        ("servces:\n  web: {}\n", "compose.yaml:1: there is no key 'servces'", "'services'"),
        (
            "services:\n  web:\n    image: n\n    enviroment: {}\n",
            "compose.yaml:4: service web: there is",
            "'environment'",
        ),
        ("services:\n  web:\n    comand: x\n", "compose.yaml:3: service web: there is no key 'comand'", "'command'"),
        ("services:\n  web:\n    memLimit: 1\n", "service web: there is no key 'memLimit'", "'mem_limit'"),
        ("services:\n  web:\n    dependsOn: [a]\n", "service web: there is no key 'dependsOn'", "'depends_on'"),
        ("services:\n  web:\n    depends-on: [a]\n", "service web: there is no key 'depends-on'", "'depends_on'"),
        (
            "services:\n  web:\n    healthcheck:\n      test: x\n      intervall: 5s\n",
            "compose.yaml:5: service web: healthcheck: there is no key 'intervall'",
            "'interval'",
        ),
        (
            "services:\n  web:\n    networks:\n      lan: {ip4_address: 198.18.1.1}\n",
            "compose.yaml:4: service web: networks.lan: there is no key 'ip4_address'",
            "'ipv4_address'",
        ),
        ("networks:\n  lan:\n    drivr: bridge\n", "compose.yaml:3: network lan: there is no key 'drivr'", "'driver'"),
        (
            "services:\n  web:\n    deploy: {replica: 3}\n",
            "service web: deploy: there is no key 'replica'",
            "'replicas'",
        ),
        (
            "services:\n  web:\n    volumes:\n      - {type: bind, src: a, target: /b}\n",
            "compose.yaml:4: service web: volumes.0: there is no key 'src'",
            "'source'",
        ),
    ],
)
def test_a_mistyped_key_is_named_with_the_nearest_right_one(error: Error, text: str, words: str, near: str) -> None:
    """File, line, service and key are in the message, and what was probably meant."""
    message = error(text)
    assert words in message
    assert f"Did you mean {near}?" in message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("ports: 80", "compose.yaml:4: service web: ports: it is a single value, and must be a list"),
        ("image: [a]", "service web: image: it is a list, and must be a single value"),
        ("environment: x", "service web: environment: it is a single value, and must be a mapping or a list"),
        ("depends_on: {db: true}", "service web: depends_on.db: it is a single value, and must be a mapping"),
        ("volumes: [{target: /x}]", "service web: volumes.0: it needs the key 'type'"),
        ("env_file: [{required: true}]", "service web: env_file.0: it needs the key 'path'"),
        ("ulimits: {nofile: {soft: 1}}", "service web: ulimits.nofile: it needs the key 'hard'"),
        ("command: [[a]]", "service web: command.0: it is a list, and must be a single value"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(error: Error, body: str, words: str) -> None:
    """A list where a mapping belongs, or a missing part, is an error at its place."""
    assert words in error(f"services:\n  web:\n\n    {body}\n")


def test_extensions_may_stand_anywhere(load) -> None:  # type: ignore[no-untyped-def]
    """`x-*` is not looked into, at any level."""
    text = """
    x-top: {any: [thing]}
    services:
      web: {image: nginx, x-note: 1, healthcheck: {test: a, x-why: [b]}, deploy: {x-d: 1}}
    networks: {default: {x-net: 1}}
    """
    assert [host.name for host in load(text).hosts] == ["web"]


def test_a_name_with_a_space_is_an_error(error: Error) -> None:
    """Services are names of hosts, so they cannot hold just anything."""
    assert "'my web' is no name" in error("services: {my web: {image: n}}\n")
