"""The wheel: installed outside the checkout, chaoskit has its labs and experiments and runs them."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*argv: str | Path, cwd: Path, timeout: float = 60) -> str:
    """A program's output; it must succeed."""
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, f"{argv}: {done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout as it is."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder, cwd=ROOT)
    (built,) = folder.glob("chaoskit-*.whl")
    return built


def test_the_wheel_carries_labs_and_experiments_and_no_rubbish(wheel: Path) -> None:
    """Every file of compose/ and experiments/ that is in the repository, and none that is not."""
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = run("git", "ls-files", "compose", "experiments", "chaoskit", cwd=ROOT).splitlines()
    expected = {name if name.startswith("chaoskit/") else f"chaoskit/_shipped/{name}" for name in tracked}
    assert expected - names == set()
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    assert "chaoskit/py.typed" in names


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Path:
    """The command, in an environment of its own that has the wheel, and what it needs from this one."""
    environment = tmp_path / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", environment, cwd=tmp_path)
    python = environment / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", wheel, cwd=tmp_path)
    own = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip())
    # Found after the environment's own packages; an editable chaoskit in there is not followed.
    (own / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return environment / "bin" / "chaoskit"


def test_outside_a_checkout_it_lists_shows_and_plans(installed: Path, tmp_path: Path) -> None:
    """The same experiments, from the wheel's own files."""
    listed = json.loads(run(installed, "list", "--json", cwd=tmp_path))
    (gslb,) = [each for each in listed if each["id"] == "gslb.pool_death"]
    assert Path(gslb["source"]).is_relative_to(installed.parents[1])
    plan = json.loads(run(installed, "plan", "gslb.pool_death", "--arm", "plain-dns", "--json", cwd=tmp_path))
    assert all(Path(file).is_relative_to(installed.parents[1]) for file in plan["lab"]["files"])
    assert "native driver: can run it" in run(installed, "lab", "check", "gslb", cwd=tmp_path)
    run(installed, "new", cwd=tmp_path)
    assert "1 of 3 service in eu" in run(installed, "plan", "chaos/first.py", cwd=tmp_path)


@pytest.mark.lab
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_installed_as_users_do_it_runs(wheel: Path, tmp_path: Path) -> None:
    """By pip with everything it asks for, into an empty environment."""
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    pip = tmp_path / "venv" / "bin" / "pip"
    run(pip, "install", "--quiet", "--constraint", ROOT / "constraints.txt", wheel, cwd=tmp_path, timeout=240)
    out = run(tmp_path / "venv" / "bin" / "chaoskit", "run", "gslb.pool_death", "--json", cwd=tmp_path, timeout=100)
    assert json.loads(out)["verdict"] == "pass"
