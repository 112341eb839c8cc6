"""Which run a word means."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.cli.run_directory import find, find_summary
from chaoskit.core.errors import UsageError


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two runs, the newer one the latest."""
    folder = tmp_path / "runs"
    for name in ("20260101T000000Z-gslb.pool_death-aaaa", "20260102T000000Z-gslb.pool_death-bbbb"):
        (folder / name).mkdir(parents=True)
    (folder / "latest").symlink_to(folder / "20260102T000000Z-gslb.pool_death-bbbb")
    return folder


@pytest.mark.parametrize("word", ["latest", "bbbb", "20260102", "20260102T000000Z-gslb.pool_death-bbbb"])
def test_a_name_or_enough_of_it_means_one_run(runs: Path, word: str) -> None:
    """What is short enough to type and long enough to be the only one."""
    assert find(word, runs).name.endswith("bbbb")


def test_a_path_means_itself(runs: Path) -> None:
    """A run directory may be anywhere."""
    path = runs / "20260101T000000Z-gslb.pool_death-aaaa"
    assert find(str(path), Path("elsewhere")) == path


def test_a_word_that_means_several_or_none_is_an_error(runs: Path) -> None:
    """The candidates are named."""
    with pytest.raises(UsageError, match=r"means 2 runs\n  They are: .*aaaa, .*bbbb"):
        find("pool_death", runs)
    with pytest.raises(UsageError, match="there is no run 'cccc'"):
        find("cccc", runs)
    with pytest.raises(UsageError, match="there is no run"):
        find("latest", runs / "none")


def test_the_latest_proof_is_found_behind_single_runs(runs: Path) -> None:
    """A run that followed it is nothing to resume; the newest of several proofs is, and none is an error."""
    with pytest.raises(UsageError, match=r"no proof of several experiments\n  `chaoskit prove --all`"):
        find_summary("latest", runs)
    for name in ("20260101T010000Z-prove-cccc", "20260101T020000Z-prove-dddd"):
        (runs / name).mkdir()
        (runs / name / "summary.json").write_text("{}")
    assert find_summary("latest", runs).name.endswith("dddd")
    assert find_summary("cccc", runs).name.endswith("cccc")
    (runs / "latest").unlink()
    (runs / "latest").symlink_to(runs / "20260101T010000Z-prove-cccc")
    assert find_summary("latest", runs).name.endswith("cccc")
