"""`chaoskit run` and `prove` as processes, on the smallest lab."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.samples import write
from tests.support.machine import look

pytestmark = pytest.mark.lab
SMALL = Path(__file__).parents[2] / "engine" / "small" / "small.py"


def start(folder: Path, *argv: str, **environment: str) -> subprocess.Popen[str]:
    """The command in a folder."""
    command = [sys.executable, "-m", "chaoskit.cli.main", *argv]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, stdout=pipe, stderr=pipe, text=True, env={**os.environ, **environment})


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Status, stdout and stderr."""
    out, err = process.communicate(timeout=100)
    return process.returncode, out, err


def test_json_is_alone_on_stdout_and_has_what_a_machine_needs(tmp_path: Path) -> None:
    """Progress is on stderr; the run directory is where it was asked for."""
    status, out, err = finish(start(tmp_path, "run", f"{SMALL}::unharmed", "--json", "--runs", "records"))
    assert status == 0, err
    result = json.loads(out)
    assert (result["id"], result["arm"], result["verdict"]) == ("small.unharmed", "guarded", "pass")
    assert (tmp_path / "records" / result["run"] / "report.html").is_file()
    assert {gate["verdict"] for gate in result["gates"]} == {"pass"}
    assert {"name", "verdict", "measured", "bound", "reason"} <= set(result["checks"][0])
    assert "T+" in err


def test_a_twin_that_fails_exits_1_and_says_where_the_report_is(tmp_path: Path) -> None:
    """A table on stdout, without colours where nobody looks."""
    arm = ["--arm", "clients-of-the-dead-one"]
    status, out, _ = finish(start(tmp_path, "run", f"{SMALL}::unharmed", *arm))
    assert status == 1
    assert "fail" in out
    assert "report.html" in out
    assert "\x1b" not in out


def test_a_proof_that_does_not_hold_exits_2(tmp_path: Path) -> None:
    """One of its twins has no mistake, another does not come up: neither is proved."""
    status, out, _ = finish(start(tmp_path, "prove", f"{SMALL}::unharmed", "--json", "--jobs", "3"))
    result = json.loads(out)
    assert status == 2
    assert result["proved"] is False
    assert {proof["twin"]: proof["proved"] for proof in result["proofs"]} == {
        "clients-of-the-dead-one": True,
        "nothing-is-wrong-here": False,
        "does-not-come-up": False,
    }


@pytest.mark.alone
def test_a_full_disk_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    """The run directory lies on a file system without room."""
    full = tmp_path / "full"
    full.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", full], check=True)
    try:
        before = look()
        status, _, err = finish(start(tmp_path, "run", f"{SMALL}::unharmed", "--runs", str(full)))
        assert look() == before
    finally:
        subprocess.run(["umount", full], check=True)
    assert status == 3
    assert "No space left on device" in err
    assert "Traceback" not in err


CACHE = """
from chaoskit import *
from chaoskit.actions.crash import crash

dies = Experiment("c", Lab("cache.yaml"), "9s", timeline=[at("1s", crash(name("cache")), lasting="1s")])
"""


def test_a_missing_daemon_is_named_with_its_package(tmp_path: Path) -> None:
    """Before anything is created; where this machine has the daemon, it is hidden from the command."""
    write(tmp_path / "cache.yaml", "services:\n  cache:\n    image: redis:7\n")
    write(tmp_path / "cache.py", CACHE)
    hide = 'for p in $(command -v redis-server); do mount --bind /dev/null $(readlink -f $p); done; exec "$@"'
    command = [sys.executable, "-m", "chaoskit.cli.main", "run", "cache.py"]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", hide, "sh", *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "redis-server" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_two_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    """The same experiment twice, on the same addresses, in labs of their own."""
    both = [start(tmp_path, "run", f"{SMALL}::unharmed", "--json") for _ in range(2)]
    for status, out, err in [finish(each) for each in both]:
        assert status == 0, err
        assert json.loads(out)["verdict"] == "pass"
