"""Random texts beside `docker compose config`: commands, variables and env files, a few hundred in one call each."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from chaoskit.core.errors import LabError
from chaoskit.labs.compose import words
from chaoskit.labs.compose.dotenv import read_env_file
from chaoskit.labs.compose.interpolate import substitute
from tests.labs.compose import oracle

VARIABLES = {"A": "one", "B": "", "C_1": "th ree"}

pytestmark = pytest.mark.skipif(oracle.plugin() is None, reason="the plugin `docker compose` is not installed")


def texts(parts: Sequence[str], count: int) -> list[str]:
    """Random texts of these parts, the same in every run."""
    source = random.Random(5)
    return ["".join(source.choices(parts, k=source.randrange(1, 9))) for _ in range(count)]


def read(candidates: Sequence[str], ours: Callable[[str], object]) -> dict[str, object]:
    """What we make of those texts that we can read; Compose refuses a whole file for one that it cannot."""
    found = {}
    for text in candidates:
        try:
            found[text] = ours(text)
        except (ValueError, LabError):
            continue
    return found


def composed(file: Path, services: Mapping[str, Mapping[str, object]]) -> Mapping[str, Mapping[str, object]]:
    """Services as Compose reads them from a file."""
    file.write_text(json.dumps({"services": {name: {"image": "n", **said} for name, said in services.items()}}))
    whole: Mapping[str, Mapping[str, Mapping[str, object]]] = oracle.config([file], (), VARIABLES)
    return whole["services"]


def test_commands_are_split_into_the_same_words(tmp_path: Path) -> None:
    """Quotes, escapes, substitutions and operators in any order."""
    parts = [
        "a",
        "b2",
        " ",
        "  ",
        "\t",
        "'",
        '"',
        "\\",
        "\\ ",
        "$$(",
        ")",
        "#",
        "|",
        "2>",
        "=",
        "*",
        "é",
        "'x y'",
        '"z"',
    ]
    ours = read(texts(parts, 3000), lambda text: words.split(text.replace("$$", "$")))
    services = composed(tmp_path / "compose.yaml", {f"s{n}": {"command": text} for n, text in enumerate(ours)})
    assert len(ours) > 300
    assert {text: services[f"s{n}"]["command"] or [] for n, text in enumerate(ours)} == ours


def test_variables_are_replaced_the_same_way(tmp_path: Path) -> None:
    """Operators, nesting, braces and dollar signs in any order."""
    parts = [
        "$",
        "$$",
        "${",
        "}",
        "A",
        "B",
        "C_1",
        "D",
        "${A}",
        "$B",
        ":-",
        "-",
        ":+",
        "+",
        ":",
        "x",
        " ",
        "{",
        "${D:-",
        "${A:+",
    ]
    ours = read(texts(parts, 3000), lambda text: substitute(text, VARIABLES.get))
    services = composed(tmp_path / "compose.yaml", {"web": {"labels": {f"l{n}": text for n, text in enumerate(ours)}}})
    labels = services["web"]["labels"]
    assert isinstance(labels, Mapping)
    assert len(ours) > 300
    assert {text: labels[f"l{n}"] for n, text in enumerate(ours)} == ours


def test_env_files_are_read_the_same_way(tmp_path: Path) -> None:
    """Quotes, comments, escapes, references and lines in any order."""
    parts = [
        "x",
        "y z",
        " ",
        "\n",
        "\nK=",
        "\nL = ",
        "\nexport M=",
        "'",
        '"',
        "\\",
        "\\n",
        "#",
        " #",
        "$A",
        "${B:-d}",
        "$$",
        "=",
        "'q q'",
        '"r r"',
    ]
    (tmp_path / "e").mkdir()
    files = {f"K={text}\n": tmp_path / "e" / str(n) for n, text in enumerate(texts(parts, 1500))}
    for text, file in files.items():
        file.write_text(text)
    ours = read(list(files), lambda text: read_env_file(files[text], VARIABLES.get))
    services = composed(
        tmp_path / "compose.yaml", {f"s{n}": {"env_file": str(files[text])} for n, text in enumerate(ours)}
    )
    assert len(ours) > 300
    assert {text: services[f"s{n}"].get("environment", {}) for n, text in enumerate(ours)} == ours
