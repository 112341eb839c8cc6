"""Labels, roles and regions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chaoskit.labs.spec import LabSpec

Load = Callable[..., LabSpec]

TEXT = """
services:
  web-1: {image: n, labels: [a=1, b]}
  web-2: {image: n, labels: {chaoskit.role: front, a: 2, c: true, d: }}
  db: {image: p, label_file: db.labels, labels: {b: own}}
"""


def test_labels_of_every_spelling(load: Load) -> None:
    """Lists, mappings and files of labels; a label without a value is empty."""
    hosts = load(TEXT, files={"db.labels": "a=file\nb=file\n"}).topology.hosts
    assert [host.labels for host in hosts] == [
        {"a": "1", "b": ""},
        {"chaoskit.role": "front", "a": "2", "c": "true", "d": ""},
        {"a": "file", "b": "own"},
    ]


def test_an_experiment_gives_roles_and_regions_by_name_or_glob(load: Load) -> None:
    """An exact name wins over a glob, and what the experiment says over the file's own label."""
    roles, regions = {"web-*": "service", "web-2": "spare"}, {"*": "eu"}
    spec = load(TEXT, files={"db.labels": ""}, roles=roles, regions=regions)
    assert [(host.role, host.region) for host in spec.topology.hosts] == [
        ("service", "eu"),
        ("spare", "eu"),
        (None, "eu"),
    ]
    assert [link.labels.get("chaoskit.role") for link in spec.topology.links] == ["service", "spare", None]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"roles": {"wbe-1": "x"}}, "roles: 'wbe-1' matches no service"),
        ({"regions": {"x*": "eu"}}, "regions: 'x*' matches no service"),
    ],
)
def test_an_entry_that_matches_nothing_is_an_error(
    error: Callable[..., str], given: dict[str, dict[str, str]], words: str
) -> None:
    """A mistyped service would leave a role empty, so it is refused, with the nearest name."""
    message = error(TEXT, files={"db.labels": ""}, **given)
    assert words in message
    assert "Did you mean 'web-1'?" in message or "There are: db, web-1, web-2." in message
