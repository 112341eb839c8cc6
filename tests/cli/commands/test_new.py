"""`chaoskit new`: a first experiment that is right as it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli


@pytest.mark.parametrize("name", [[], ["mine/shop_front.py"]])
def test_what_is_written_can_be_planned_as_it_is(cli: Cli, name: list[str]) -> None:
    """Against a shipped lab; one instance of three is hit, and every check would get its samples."""
    file = name[0] if name else "chaos/first.py"
    made = cli("new", *name)
    assert made.status == 0
    assert f"chaoskit plan {file}::one_of_three" in made.out
    planned = cli("plan", f"{file}::one_of_three", "--json")
    assert planned.status == 0
    assert planned.err == ""
    assert planned.json["timeline"][0]["hit"] == ["1 of 3 service in eu"]  # type: ignore[index]
    assert f"chaoskit run {file}::one_of_three" in Path(file).read_text()


def test_a_file_of_yours_is_left_alone(cli: Cli, project: Path) -> None:
    """Writing over somebody's experiment would be a loss."""
    before = (project / "shop.py").read_text()
    assert cli("new", "shop.py").status == 3
    assert (project / "shop.py").read_text() == before


@pytest.mark.lab
@pytest.mark.slow
def test_it_passes_when_it_is_run(cli: Cli) -> None:
    """Its guarantee holds on the shipped lab."""
    cli("new")
    done = cli("run", "chaos/first.py::one_of_three", "--json")
    assert done.status == 0, done.out + done.err
