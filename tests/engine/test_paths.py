"""Where running things are found: a folder that nobody else can put anything into."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.engine.paths import runtime


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the runtime folder is made in."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def test_it_is_made_for_this_user_alone_and_found_again(base: Path) -> None:
    """The second time it is there, and still closed to others."""
    assert runtime() == runtime() == base / "chaoskit"
    assert runtime().stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("trap", ["link", "open", "file"])
def test_a_folder_that_others_could_have_prepared_is_refused(base: Path, trap: str) -> None:
    """In a folder such as /tmp anybody can make something of that name first."""
    folder = base / "chaoskit"
    (base / "elsewhere").mkdir(mode=0o700)
    if trap == "link":
        folder.symlink_to(base / "elsewhere")
    elif trap == "file":
        folder.touch(mode=0o600)
    else:
        folder.mkdir()
        folder.chmod(0o777)
    with pytest.raises(UsageError, match="closed to others"):
        runtime()
