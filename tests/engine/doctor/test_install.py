"""Installing packages: no service starts meanwhile, and nothing stays behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chaoskit.core.errors import ChaoskitError, UsageError
from chaoskit.engine.doctor import install
from chaoskit.engine.doctor.install import command, forbidding_starts


def test_starts_are_forbidden_only_meanwhile(tmp_path: Path) -> None:
    """The policy answers 101, which invoke-rc.d takes for `do not`; afterwards it is gone."""
    policy = tmp_path / "policy-rc.d"
    with forbidding_starts(policy):
        assert subprocess.run([policy, "haproxy", "start"], check=False).returncode == 101
    assert not policy.exists()


def test_the_policy_goes_though_the_installation_fails(tmp_path: Path) -> None:
    """Left behind it would keep the user's own services from starting."""
    policy = tmp_path / "policy-rc.d"
    with pytest.raises(KeyboardInterrupt), forbidding_starts(policy):
        raise KeyboardInterrupt
    assert not policy.exists()


def test_a_policy_that_was_left_behind_is_removed(tmp_path: Path) -> None:
    """A killed chaoskit must not keep this machine's services from starting for ever."""
    policy = tmp_path / "policy-rc.d"
    killed = (
        "import os, sys; from pathlib import Path; from chaoskit.engine.doctor.install import forbidding_starts\n"
        "with forbidding_starts(Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", killed, policy], check=False).returncode == -9
    assert policy.exists()
    with forbidding_starts(policy):
        assert subprocess.run([policy, "haproxy", "start"], check=False).returncode == 101
    assert not policy.exists()


def test_two_who_install_at_once_take_turns(tmp_path: Path) -> None:
    """The end of the first one's must not let the second one's packages start services."""
    policy = tmp_path / "policy-rc.d"
    second = threading.Event()

    def install_too() -> bool:
        with forbidding_starts(policy):
            second.set()
            return policy.exists()

    with ThreadPoolExecutor(1) as pool:
        with forbidding_starts(policy):
            there = pool.submit(install_too)
            assert not second.wait(0.1)
        assert there.result(5)
    assert not policy.exists()


def test_a_policy_of_the_machines_own_stays(tmp_path: Path) -> None:
    """It belongs to somebody else."""
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n")
    with forbidding_starts(policy):
        assert policy.read_text() == "#!/bin/sh\nexit 0\n"
    assert policy.exists()


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An apt-get that writes down how it was called, on a machine of its own."""
    program = tmp_path / "bin" / "apt-get"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho "$@" "policy=$(test -e {tmp_path}/policy && echo there)" >> {tmp_path}/calls\n'
        f"mkdir -p {tmp_path}/units/multi-user.target.wants\n"
        f"mkdir -p {tmp_path}/units/sockets.target.wants\n"
        f"ln -s /lib/systemd/system/new.service {tmp_path}/units/multi-user.target.wants/new.service 2>/dev/null\n"
        f"ln -s /lib/systemd/system/new.socket {tmp_path}/units/sockets.target.wants/new.socket 2>/dev/null\n"
        f"exit $(cat {tmp_path}/status)\n"
    )
    program.chmod(0o755)
    (tmp_path / "status").write_text("0")
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(install, "_UNITS", tmp_path / "units")
    monkeypatch.setattr(install, "_LISTS", tmp_path / "lists")
    monkeypatch.setattr(install, "forbidding_starts", lambda: forbidding_starts(tmp_path / "policy"))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path


def test_lists_are_updated_first_and_units_do_not_start_at_boot(apt: Path) -> None:
    """A fresh machine has no lists; what a package enables is disabled, sockets too; what was before is not."""
    wants = apt / "units" / "multi-user.target.wants"
    wants.mkdir(parents=True)
    (wants / "mine.service").symlink_to("/lib/systemd/system/mine.service")
    assert install.install(["haproxy", "gdnsd"]) == ("new.service", "new.socket")
    update, call = (apt / "calls").read_text().splitlines()
    assert " update policy=there" in update
    assert call.endswith("install -y --no-install-recommends haproxy gdnsd policy=there")
    assert [link.name for link in (apt / "units").glob("*/*")] == ["mine.service"]
    assert not (apt / "policy").exists()


def test_a_failing_apt_is_an_error(apt: Path) -> None:
    """Its words are on stderr already; the error names the command."""
    (apt / "status").write_text("100")
    with pytest.raises(ChaoskitError, match=r"apt-get .* failed with status 100"):
        install.install(["haproxy"])
    assert not (apt / "policy").exists()


def test_without_root_the_command_to_type_is_said(apt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is tried that cannot work."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(UsageError, match="(?s)needs root.*sudo " + command(["haproxy"])):
        install.install(["haproxy"])
    assert not (apt / "calls").exists()


def test_without_apt_the_packages_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Other distributions have them under their own names."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"(?s)no apt-get.*haproxy, gdnsd"):
        install.install(["haproxy", "gdnsd"])
