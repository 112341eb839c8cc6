"""What is said to vtysh, run by a real shell with a vtysh that answers, or fails, as it is told."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from chaoskit.actions import bgp
from chaoskit.actions.advertise_route import advertise_route
from chaoskit.actions.withdraw_route import withdraw_route
from chaoskit.core.action import Action, Planning
from chaoskit.core.errors import StepError
from chaoskit.core.host import Completed
from chaoskit.core.selector import name
from chaoskit.core.step import Step
from chaoskit.testing import FakeLab, host, topology_of

PREFIX = "198.18.40.0/24"
NET = bgp.prefix(PREFIX)
LINE = f"  network {PREFIX}"
_VTYSH = """\
#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/asked"
[ -e "$here/broken" ] && { echo "bgpd is not running" >&2; exit 1; }
case "$*" in
  *running-config*|*json*) cat "$here/said";;
esac
"""


class Router:
    """A host whose shell finds a vtysh of ours."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        vtysh = folder / "vtysh"
        vtysh.write_text(_VTYSH)
        vtysh.chmod(0o755)
        self.says("")
        self.lab = FakeLab(topology_of([host("near", "198.18.1.1")]))
        self.lab.hosts["near"].answer = self.run

    def says(self, text: str) -> None:
        """What vtysh answers from now on."""
        (self._folder / "said").write_text(text)

    def breaks(self) -> None:
        """From now on vtysh fails."""
        (self._folder / "broken").touch()

    def run(self, argv: Sequence[str], _stdin: str = "") -> Completed:
        """Run a command where `vtysh` is ours."""
        path = {**os.environ, "PATH": f"{self._folder}:{os.environ['PATH']}"}
        done = subprocess.run(argv, env=path, capture_output=True, text=True, check=False, timeout=5)
        return Completed(tuple(argv), done.returncode, done.stdout, done.stderr)

    @property
    def told_to_remove(self) -> bool:
        """Whether it was told to remove the line."""
        return f"no network {PREFIX}" in (self._folder / "asked").read_text()

    def step(self, action: Action) -> Step:
        """The one step of an action here."""
        (step,) = action.steps(Planning(self.lab.topology, Random(1), 1))
        return step


@pytest.fixture
def router(tmp_path: Path) -> Router:
    """A router that has no line."""
    return Router(tmp_path)


@pytest.mark.parametrize(
    ("said", "there"),
    [
        ("", False),
        (f"router bgp 1\n{LINE}\n exit\n", True),
        (LINE, True),
        (f"{LINE}\nend\n", True),
        (f"{LINE} route-map x\n", False),
        (f" {LINE}\n", False),
    ],
)
def test_a_line_is_there_when_it_is_a_line_of_its_own(router: Router, said: str, there: bool) -> None:
    """The first, the last or any other; never a part of one."""
    router.says(said)
    assert router.run(bgp.configured(NET)).exit_code == (0 if there else 1)
    assert router.run(bgp.configured(NET, no=True)).exit_code == (1 if there else 0)
    assert router.run(bgp.no_network(NET)).exit_code == 0
    assert router.told_to_remove is there


@pytest.mark.parametrize(("said", "sent"), [("{}", False), ('{\n "advertisedTo":{}}\n', True)])
def test_a_prefix_is_advertised_when_somebody_was_sent_it(router: Router, said: str, sent: bool) -> None:
    """As bgpd's own JSON has it."""
    router.says(said)
    assert router.run(bgp.advertised(NET)).exit_code == (0 if sent else 1)
    assert router.run(bgp.advertised(NET, no=True)).exit_code == (1 if sent else 0)


@pytest.mark.parametrize("no", [False, True])
def test_a_vtysh_that_fails_says_neither_yes_nor_no(router: Router, no: bool) -> None:
    """Whatever is asked, and whether or not something is to be absent."""
    router.breaks()
    assert router.run(bgp.configured(NET, no=no)).exit_code == 2
    assert router.run(bgp.advertised(NET, no=no)).exit_code == 2


def test_an_undo_that_cannot_see_the_line_is_an_error(router: Router) -> None:
    """And so the action stays in force, to be undone later."""
    step = router.step(advertise_route(PREFIX, at=name("near")))
    prior = step.prepare(router.lab)
    step.do(router.lab, prior)
    router.breaks()
    with pytest.raises(StepError, match="exits with 2: bgpd is not running"):
        step.undo(router.lab, prior)


@pytest.mark.parametrize("kind", [advertise_route, withdraw_route])
def test_a_router_that_cannot_be_asked_is_not_taken_for_done_already(router: Router, kind: type[Action]) -> None:
    """Nothing is done there, and the run is told; nothing that cannot be seen is confirmed."""
    step = router.step(kind(PREFIX, at=name("near")))  # type: ignore[call-arg]
    router.breaks()
    with pytest.raises(StepError, match="exits with 2, and cannot tell: bgpd is not running"):
        step.prepare(router.lab)
    assert not step.confirm(router.lab, {"already": False}).holds
