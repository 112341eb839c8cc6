"""An experiment run by a `chaoskit run` of its own, for a caller that is not root and has to stay what it is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chaoskit.cli.status import ERROR
from chaoskit.core.errors import ChaoskitError

if TYPE_CHECKING:
    from chaoskit.core.result import ExperimentResult
    from chaoskit.engine.found import Found
    from chaoskit.engine.prove import Choice

_ERROR = "error: "


def run_in_child(found: Found, choice: Choice, runs: Path, project: Path) -> ExperimentResult:
    """Run one arm in a process that may enter a user namespace, and judge what it recorded.

    Args:
        found: the experiment, which the child finds again by the same name.
        choice: seed, driver and arm.
        runs: where run directories are made.
        project: the folder whose `pyproject.toml` says where experiments are.

    Raises:
        ChaoskitError: what kept it from running, in the child's words.
    """
    argv = [sys.executable, "-m", "chaoskit", "run", found.operand, "--runs", str(runs.absolute()), "--json"]
    argv += ["--arm", choice.arm, "--driver", choice.driver, "--seed", str(choice.seed)]
    done = subprocess.run(argv, cwd=project, capture_output=True, text=True, check=False)
    if done.returncode == ERROR or not done.stdout:
        raise ChaoskitError(done.stderr.rpartition(_ERROR)[2].strip() or f"chaoskit run ended with {done.returncode}")

    from chaoskit.engine.rejudge import judge_directory  # noqa: PLC0415  numpy, which only a judge needs

    return judge_directory(Path(json.loads(done.stdout)["directory"]))
