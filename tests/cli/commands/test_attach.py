"""`chaoskit plan|run|prove --attach`: what would happen to whom, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support.webshop import Webshop

pytestmark = pytest.mark.docker
EXPERIMENTS = Path(__file__).parents[2] / "engine" / "attached" / "webshop.py"


def test_the_plan_names_engine_containers_and_shares(cli: Cli, webshop: Webshop) -> None:
    """In the engine's own words, and in those of who runs the project."""
    here = ("--attach", webshop.project)
    out = cli("plan", f"{EXPERIMENTS}::every_kind", *here, "--allow-every-instance").out
    known, one = webshop.api.info(), webshop.inspect("app-2")
    assert f"project {webshop.project}, which is up: 7 hosts and a client, 1 networks; engine {known['Name']} " in out
    assert f"(Docker {webshop.api.version()['Version']}, local, unix:///" in out
    assert f"  app-2: {one['Id'][:12]} {webshop.container('app-2')}, hit by deaf, death\n" in out
    assert "death: crash(name('app-2')) for 3 s: 1 of 3 replicas of app\n" in out
    assert "unplugged: link_down(name('gate/default')) for 500 ms: the only gate\n" in out
    plan = cli("plan", f"{EXPERIMENTS}::every_kind", *here, "--allow-every-instance", "--json").json
    assert isinstance(plan, dict)
    assert plan["lab"]["attached"]["containers"]["app-2"]["id"] == one["Id"]
    assert plan["lab"]["attached"]["allowed"] == ["every-instance"]
    assert webshop.clients() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "{file}::every_kind"], "unplugged would hit the only instance of gate at once"),
        (["run", "{file}::unguarded"], "needs a guard that stops it, and this has none"),
        (["run", "{file}::killed", "--longest", "30s"], "it takes 45 s, and a run on somebody's project may take 30 s"),
        (["prove", "{file}::every_kind", "--allow-every-instance"], "the twin 'another file' is another Compose file"),
        (["prove", "{file}::killed", "--jobs", "2"], "its runs come one after the other"),
        (["run", "{file}::killed", "--client-network", "bck"], "the project has no network 'bck'"),
    ],
)
def test_what_may_not_be_done_is_refused_before_anything_is_done(
    cli: Cli, webshop: Webshop, words: list[str], said: str
) -> None:
    """Exit status 3, and no container was added."""
    done = cli(*(word.format(file=EXPERIMENTS) for word in words), "--attach", webshop.project)
    assert done.status == 3
    assert said in done.err
    assert webshop.clients() == []
