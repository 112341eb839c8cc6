"""What is running now, and which run a word means."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.engine import facts
from chaoskit.engine.order import FACTS
from chaoskit.engine.paths import runtime
from chaoskit.kernel.identity import Identity

FIRST, SECOND = "20260131T101500Z-gslb.pool_death-3fa2", "20260131T101600Z-gslb.drain-9b01"


def _write(run: str, title: str, keeper: Identity | None, runner: Identity | None) -> None:
    folder = runtime() / run
    folder.mkdir()
    identities = {"keeper": keeper and asdict(keeper), "runner": runner and asdict(runner)}
    (folder / FACTS).write_text(json.dumps({"run": run, "title": title, "directory": "/nowhere", **identities}))


@pytest.fixture
def me(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Identity:
    """A process that lives, in whose name two runs are going on."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    me = Identity.of(os.getpid())
    _write(FIRST, "gslb.pool_death", me, me)
    _write(SECOND, "gslb.drain", me, me)
    return me


@pytest.mark.usefixtures("me")
@pytest.mark.parametrize("word", [FIRST, "gslb.pool_death", "3fa2", "20260131T1015"])
def test_a_run_is_meant_by_its_id_its_title_or_any_part_that_only_it_has(word: str) -> None:
    """People type the four letters at the end of an id as often as its beginning."""
    assert facts.find(word).run == FIRST


@pytest.mark.usefixtures("me")
@pytest.mark.parametrize(("word", "said"), [("gslb", "may be any of"), ("dns", "nothing called 'dns' is running")])
def test_a_word_that_means_none_or_several_is_an_error(word: str, said: str) -> None:
    """The error lists what there is."""
    with pytest.raises(UsageError, match=said) as caught:
        facts.find(word)
    assert FIRST in str(caught.value)


def test_a_run_is_abandoned_when_nobody_will_take_it_down(me: Identity) -> None:
    """Not while its keeper lives, and not while its runner is just starting one."""
    with subprocess.Popen(["true"]) as child:
        gone = Identity(me.boot, child.pid, 1)
    _write("starting", "a", None, me)
    _write("never-started", "b", None, gone)
    _write("killed", "c", gone, me)
    assert {one.run for one in facts.everything() if one.abandoned} == {"never-started", "killed"}
