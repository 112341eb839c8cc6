"""Which files a lab is."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.core.errors import LabError, UsageError
from chaoskit.core.lab import Lab
from chaoskit.labs.find import lab_argument, lab_files, shipped_folder, shipped_labs

COMPOSE = "services: {web: {image: nginx}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with Compose files in it."""
    for name in ("lab.yaml", "lab.twin.yaml", "project/compose.yml", "project/compose.override.yml", "project/x.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(COMPOSE)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_shipped_labs_are_those_of_the_compose_folder() -> None:
    """Every file without a second dot is a lab; one with it is an overlay."""
    assert "gslb" in shipped_labs()
    assert not [name for name in shipped_labs() if "." in name or not (shipped_folder() / f"{name}.yaml").is_file()]


def test_a_shipped_lab_is_found_by_its_name() -> None:
    """The name is the file's, and overlays stand beside it."""
    found = lab_files(Lab("gslb", overlays=["gslb.plain-dns.yaml"]))
    assert found.name == "gslb"
    assert found.files == (shipped_folder() / "gslb.yaml", shipped_folder() / "gslb.plain-dns.yaml")


def test_a_file_is_relative_to_where_the_lab_is_written(folder: Path) -> None:
    """The experiment's folder is the base, whatever the working directory."""
    lab = Lab("../lab.yaml", overlays=["lab.twin.yaml"], base=folder / "project")
    assert lab_files(lab).files == (folder / "lab.yaml", folder / "lab.twin.yaml")


@pytest.mark.parametrize("text", ["project", "./project", "project/"])
def test_a_folder_is_its_compose_file_with_the_override(folder: Path, text: str) -> None:
    """As `docker compose` without `-f`: the first of the usual names, and its override."""
    found = lab_files(lab_argument(text))
    assert found.files == (folder / "project/compose.yml", folder / "project/compose.override.yml")
    assert found.name == "project"


def test_an_argument_is_a_file_or_a_shipped_name(folder: Path) -> None:
    """A file with a suffix is a file; a bare word is a shipped lab."""
    assert lab_files(lab_argument("lab.yaml")).files == (folder / "lab.yaml",)
    assert lab_files(lab_argument("gslb")).files == (shipped_folder() / "gslb.yaml",)


def test_overlays_of_an_argument_are_found_here_or_beside_the_lab(folder: Path) -> None:
    """What stands in the working directory is taken first, then what stands beside the lab's file."""
    found = lab_files(lab_argument("project/compose.yml", ["lab.twin.yaml", "x.yaml"]))
    assert found.files[1:] == (folder / "lab.twin.yaml", folder / "project/x.yaml")


@pytest.mark.parametrize(
    ("text", "overlays", "words"),
    [
        ("gslbb", [], "there is no shipped lab 'gslbb'"),
        ("gslb.plain-dns", [], "there is no Compose file gslb.plain-dns"),
        ("none.yaml", [], "there is no Compose file none.yaml"),
        ("./empty", [], "empty holds no Compose file"),
        ("lab.yaml", ["none.yaml"], "there is no overlay none.yaml"),
    ],
)
def test_what_is_not_there_is_named(folder: Path, text: str, overlays: list[str], words: str) -> None:
    """A mistyped name or file is an error, with the nearest lab."""
    assert folder.is_dir()
    with pytest.raises((LabError, UsageError)) as caught:
        lab_argument(text, overlays)
    assert words in str(caught.value)
    assert "gslbb" not in text or "Did you mean 'gslb'?" in str(caught.value)
    assert "gslbb" not in text or "--attach gslbb" in str(caught.value)
