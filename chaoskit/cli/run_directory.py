"""Which run directory a word means: a path, `latest`, a run's name, or enough of it to be the only one."""

from __future__ import annotations

from pathlib import Path

from chaoskit.core.errors import UsageError
from chaoskit.core.suggest import did_you_mean
from chaoskit.report.write import SUMMARY


def find(text: str, runs: Path) -> Path:
    """The directory of a run.

    Raises:
        UsageError: no run is meant, or several.
    """
    for path in (runs / text, Path(text)):
        if path.is_dir():
            return path.resolve()
    names = sorted(path.name for path in runs.iterdir() if path.is_dir()) if runs.is_dir() else []
    meant = [name for name in names if text in name and name != "latest"]
    if len(meant) == 1:
        return (runs / meant[0]).resolve()
    if meant:
        raise UsageError(f"{text!r} means {len(meant)} runs", remedy=f"They are: {', '.join(meant[:8])}.")
    remedy = f"{did_you_mean(text, names)}Runs are looked for in {runs}/; --runs DIR names another folder."
    raise UsageError(f"there is no run {text!r}", remedy=remedy)


def find_summary(text: str, runs: Path) -> Path:
    """The directory of a proof of several experiments; `latest` is the latest of these, whatever was run since.

    Raises:
        UsageError: no run is meant, or several.
    """
    if text == "latest" and not (runs / text / SUMMARY).is_file():
        # Names begin with the moment of their run, so that the last one by name is the newest.
        proofs = sorted(path.parent for path in runs.glob(f"*/{SUMMARY}") if not path.parent.is_symlink())
        if proofs:
            return proofs[-1].resolve()
        raise UsageError(
            f"{runs}/ holds no proof of several experiments", remedy="`chaoskit prove --all` makes one to resume."
        )
    return find(text, runs)
