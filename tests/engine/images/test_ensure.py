"""Images on an engine: what is missing or outdated is made, what is up to date is left alone."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chaoskit.core.errors import ChaoskitError
from chaoskit.engine.images import ensure as module
from chaoskit.engine.images import recipe as recipes
from chaoskit.engine.images.ensure import ensure, states

if TYPE_CHECKING:
    from docker import DockerClient

pytestmark = pytest.mark.docker

TARGET = "chaoskit-test-only"
IMAGE = f"chaoskit/{TARGET}"


@pytest.fixture
def folder(docker_engine: DockerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A context with one target, of a file alone: it is built in a moment and needs no registry."""
    (tmp_path / "Dockerfile").write_text(f'FROM scratch AS {TARGET}\nCOPY word /word\nCMD ["/word"]\n')
    (tmp_path / "word").write_text("one")
    for each in (module, recipes):
        monkeypatch.setattr(each, "context", lambda: tmp_path)
    yield tmp_path
    subprocess.run(["docker", "rmi", "--force", IMAGE], capture_output=True, check=False, timeout=60)


def found() -> str:
    """How the image stands."""
    (state,) = states([IMAGE])
    return state.found


def test_an_image_is_built_when_it_is_missing_or_outdated_and_only_then(folder: Path) -> None:
    """Each turn says what it did."""
    said: list[str] = []
    assert found() == "missing"
    ensure([IMAGE], said.append)
    assert found() == "up to date"
    ensure([IMAGE], said.append)
    (folder / "word").write_text("two")
    assert found() == "outdated"
    ensure([IMAGE], said.append)
    assert found() == "up to date"
    assert [line.partition(" in ")[0] for line in said] == [
        f"{IMAGE}: built",
        f"Up to date: {IMAGE}.",
        f"{IMAGE}: built",
    ]


def test_an_image_of_somebody_else_by_the_same_name_is_outdated(folder: Path) -> None:
    """Without the digest nobody knows what is in it."""
    subprocess.run(["docker", "build", "--tag", IMAGE, str(folder)], check=True, capture_output=True, timeout=100)
    assert found() == "outdated"


def test_a_build_that_fails_says_why(folder: Path) -> None:
    """With the end of what the engine said."""
    (folder / "word").unlink()
    (folder / "Dockerfile").write_text(f"FROM scratch AS {TARGET}\nCMD nonesense [\nHEALTHCHECK WHAT\n")
    with pytest.raises(ChaoskitError, match=r"(?s)docker build failed with status 1.*HEALTHCHECK"):
        ensure([IMAGE], lambda _line: None)


def test_what_has_no_base_and_no_registry_says_how_to_bring_it(folder: Path) -> None:
    """Only Debian's slim images are made here."""
    (folder / "Dockerfile").write_text(f"FROM 127.0.0.1:9/nobody/nothing:1 AS {TARGET}\n")
    with pytest.raises(ChaoskitError, match=r"(?s)no image 127\.0\.0\.1:9/nobody/nothing:1.*docker save"):
        ensure([IMAGE], lambda _line: None)


def test_the_built_image_carries_its_recipe(folder: Path, docker_engine: DockerClient) -> None:
    """The label is the digest; entry and command are the Dockerfile's."""
    ensure([IMAGE], lambda _line: None)
    config = docker_engine.api.inspect_image(IMAGE)["Config"]
    assert config["Labels"] == {"chaoskit.digest": recipes.recipe(TARGET).digest}
    assert json.dumps(config["Cmd"]) == '["/word"]'
