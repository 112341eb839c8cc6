"""Where running things are found: a folder that nobody else can put anything into."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.engine.paths import lasting, running, runtime, state


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


def test_the_refusal_names_the_variable_that_leads_elsewhere(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the two folders has its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(base / "state"))
    for folder in (base / "chaoskit", base / "state" / "chaoskit"):
        folder.mkdir(parents=True, mode=0o755)
    with pytest.raises(UsageError, match=f"set XDG_RUNTIME_DIR to another place than {base}"):
        runtime()
    with pytest.raises(UsageError, match=f"set XDG_STATE_HOME to another place than {base / 'state'}"):
        lasting()


def test_what_outlives_a_reboot_lies_among_the_users_state(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the XDG Base Directory Specification has it, made when it is needed and looked at when it is there."""
    monkeypatch.setenv("XDG_STATE_HOME", str(base / "not" / "yet"))
    assert running() == (base / "chaoskit",)
    assert lasting() == base / "not" / "yet" / "chaoskit"
    assert lasting().stat().st_mode & 0o777 == 0o700
    assert running() == (base / "chaoskit", lasting())


@pytest.mark.parametrize(("user", "writes", "where"), [(0, True, "/var/lib"), (0, False, ""), (1000, True, "")])
def test_root_has_the_machines_folder_if_it_may_write_there(
    base: Path, monkeypatch: pytest.MonkeyPatch, user: int, writes: bool, where: str
) -> None:
    """Who is root in a user namespace only may not, and has a home outside, as any user."""
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(base))
    monkeypatch.setattr("os.geteuid", lambda: user)
    monkeypatch.setattr("os.access", lambda *_: writes)
    assert state() == (Path(where) if where else base / ".local" / "state")
