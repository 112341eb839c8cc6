"""Proving an experiment as a user does, and what each arm's checks said."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def proved(experiment: str, runs: Path, *, reruns: int = 1) -> dict[str, dict[str, str]]:
    """Verdicts by arm and check of a proof that must succeed; runs that come out unknown are repeated."""
    argv = ["prove", experiment, "--json", "--rerun-unknown", str(reruns), "--runs", str(runs)]
    done = subprocess.run(
        [sys.executable, "-m", "chaoskit.cli.main", *argv], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["proved"] is True
    return {arm["arm"]: {check["name"]: check["verdict"] for check in arm["checks"]} for arm in result["arms"]}


def failed(verdicts: dict[str, dict[str, str]], arm: str) -> set[str]:
    """The checks of an arm that said fail."""
    return {name for name, verdict in verdicts[arm].items() if verdict == "fail"}
