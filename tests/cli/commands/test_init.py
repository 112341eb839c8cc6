"""`chaoskit init`: first experiments for a running project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support.shop import shop_project, states

__all__ = ["shop_project"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "--attach PROJECT"),
        (["--attach", "x", "shop.txt"], "no Python file"),
        (["--attach", "x", "shop.py"], "shop.py exists already"),
    ],
)
def test_a_mistake_is_told_before_anything_is_asked(cli: Cli, project: Path, words: list[str], problem: str) -> None:
    """Nobody's file is written over, and no engine is needed to see that."""
    before = (project / "shop.py").read_text()
    done = cli("init", *words)
    assert done.status == 3
    assert problem in done.err
    assert (project / "shop.py").read_text() == before


@pytest.mark.docker
@pytest.mark.slow
def test_what_is_written_runs_and_passes(cli: Cli, shop_project: str) -> None:
    """Its entry is found, its steady state measured, and one of its instances dies without anybody's notice."""
    before = states()
    made = cli("init", "--attach", shop_project, "chaos/first.py")
    assert made.status == 0, made.err
    assert "entry      http://front/: " in made.out
    assert "instances  app 3" in made.out
    planned = cli("plan", "chaos/first.py", "--attach", shop_project, "--json")
    assert planned.status == 0, planned.err
    assert planned.err == ""
    done = cli("run", "chaos/first.py::dies[app]", "--attach", shop_project, "--json")
    verdicts = {check["name"]: check["verdict"] for check in json.loads(done.out)["checks"]}
    # How long requests take beside other tests says nothing of the file; that it can be said does.
    assert verdicts.pop("latency") in ("pass", "fail"), done.out + done.err
    assert verdicts == {"availability": "pass", "recovers": "pass", "clean": "pass"}, done.out + done.err
    assert states() == before


@pytest.mark.docker
def test_an_entry_that_is_none_is_refused(cli: Cli, shop_project: str) -> None:
    """It names a service; nothing is written."""
    done = cli("init", "--attach", shop_project, "--entry", "http://shop.example.com/")
    assert done.status == 3
    assert "shop.example.com is no service of the project" in done.err
    assert not Path("chaos").exists()
