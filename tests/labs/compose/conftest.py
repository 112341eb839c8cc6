"""Compose files written on the spot, and what becomes of them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from chaoskit.core.errors import ChaoskitError
from chaoskit.core.lab import Lab
from chaoskit.labs.load import load_lab
from chaoskit.labs.spec import HostSpec, LabSpec

Load = Callable[..., LabSpec]


@pytest.fixture(autouse=True)
def _no_compose_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES", "TAG", "NAME", "EMPTY", "UNSET"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Mapping[str, str]], Path]:
    """Write files by name below a folder of their own; returns the folder."""

    def write_all(files: Mapping[str, str]) -> Path:
        folder = tmp_path / "shop"
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(textwrap.dedent(text))
        return folder

    return write_all


@pytest.fixture
def load(write: Callable[[Mapping[str, str]], Path]) -> Load:
    """Load a lab: one text is `compose.yaml`, further ones are merged over it; `files` stand beside it."""

    def load_texts(*texts: str, files: Mapping[str, str] | None = None, **lab: object) -> LabSpec:
        names = ["compose.yaml", *(f"over-{number}.yaml" for number in range(1, len(texts)))]
        folder = write({**dict(zip(names, texts, strict=True)), **(files or {})})
        return load_lab(Lab(str(folder / "compose.yaml"), overlays=tuple(names[1:]), **lab))  # type: ignore[arg-type]

    return load_texts


@pytest.fixture
def service(load: Load) -> Callable[..., HostSpec]:
    """The only service of a lab, from the lines below its name; an image is added."""

    def one(body: str, rest: str = "", **lab: object) -> HostSpec:
        text = "services:\n  web:\n    image: nginx\n" + textwrap.indent(textwrap.dedent(body), "    ")
        return load(f"{text}\n{textwrap.dedent(rest)}", **lab).hosts[0]

    return one


@pytest.fixture
def error(load: Load) -> Callable[..., str]:
    """The message of the error that loading ends with."""

    def message(*texts: str, **lab: object) -> str:
        with pytest.raises(ChaoskitError) as caught:
            load(*texts, **lab)
        return str(caught.value)

    return message
