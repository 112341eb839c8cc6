"""Labs of a user who is not root: in a process of `nobody`, who becomes root of a user namespace."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaoskit.labs.native import rootless
from tests.labs.native import machine

pytestmark = [pytest.mark.lab, pytest.mark.alone]
_NOBODY = 65534
_ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that nobody may write to and reach."""
    made = Path(tempfile.mkdtemp(prefix="chaoskit-rootless-"))
    os.chown(made, _NOBODY, _NOBODY)
    yield made
    shutil.rmtree(made)


def _as_nobody(folder: Path, script: str, mounted: str = "true") -> subprocess.CompletedProcess[str]:
    """Run a script with the system's Python as a user without root and without subordinate ids.

    Args:
        folder: where the script lies.
        script: what to run.
        mounted: what root does before, in a mount namespace of the script's own.
    """
    if os.geteuid() != 0:
        pytest.skip("only root can become nobody")
    if rootless.forbidden():
        pytest.skip(rootless.forbidden())
    file = folder / "script.py"
    file.write_text(
        f"import sys; sys.path.insert(0, {str(_ROOT)!r}); sys.dont_write_bytecode = True\n"
        "from pathlib import Path\n"
        "from chaoskit.labs.native import rootless\n"
        "rootless.ensure_privileges([sys.executable, *sys.argv])\n"
        "from chaoskit.labs.native.lab import NativeLab\n"
        "from tests.labs.native.build import host, lab\n"
        f"folder = Path({str(folder)!r})\n{script}"
    )
    argv = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "/usr/bin/python3", str(file)]
    prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", f'{mounted}; exec "$@"', "sh"]
    return subprocess.run([*prefix, *argv], capture_output=True, text=True, timeout=60, check=False)


def test_mounts_below_mounts_of_the_machine_are_seen_and_not_changed(folder: Path) -> None:
    """A disk mounted below another is there in a user's hosts, where neither can be written to by its owner."""
    for name in ("outer/inner", "deep"):
        (folder / name).mkdir(parents=True)
        os.chown(folder / name, _NOBODY, _NOBODY)
    os.chown(folder / "outer", _NOBODY, _NOBODY)
    (folder / "deep" / "file").write_text("seen")
    binds = f"mount --bind {folder}/outer /var/local; mount --bind {folder}/deep /var/local/inner"
    done = _as_nobody(
        folder,
        "it = NativeLab(lab(host('c')), folder, run_id='test-run', notify=lambda _: None)\n"
        "it.up(20)\n"
        "script = 'cat /var/local/inner/file; for here in /var/local /var/local/inner; do '\n"
        "script += 'echo 1 > $here/new || echo \" $here is read-only\"; done'\n"
        "print(it.hosts['c'].run(['sh', '-c', script], timeout=20).stdout)\n"
        "it.down()\n",
        mounted=binds,
    )
    said = done.stdout.split("\n")[:2]
    assert said == ["seen /var/local is read-only", " /var/local/inner is read-only"], done.stderr


def test_a_user_s_lab_runs_and_leaves_nothing(folder: Path) -> None:
    """Hosts reach each other, write to their own files, may not write the machine's sysctls, and are gone after."""
    before = machine.read()
    done = _as_nobody(
        folder,
        "it = NativeLab(lab(host('web', 'python3', '-m', 'http.server', '80', image='python'), host('c')),\n"
        "               folder, run_id='test-run', notify=lambda _: None)\n"
        "it.up(20)\n"
        "c = it.hosts['c']\n"
        "script = 'echo own > /etc/own && echo own > /usr/local/bin/own && echo own > /var/lib/own && cat /etc/own; '\n"
        "script += 'echo 1 > /proc/sys/kernel/panic || echo read-only; '\n"
        "script += 'for i in $(seq 50); do python3 -c \"import socket; socket.create_connection((\\'web\\', 80))\" '\n"
        "script += '&& echo reached && break; sleep 0.1; done'\n"
        "print(c.run(['sh', '-c', script], timeout=20).stdout.split())\n"
        "it.hosts['web'].power_off(); it.hosts['web'].start(); it.hosts['web'].pause(); it.hosts['web'].resume()\n"
        "print(it.hosts['web'].status().state)\n"
        "it.down()\n",
    )
    assert done.stdout.splitlines() == ["['own', 'read-only', 'reached']", "running"], done.stderr
    assert machine.wait_empty(folder) == []
    assert machine.read() == before


def test_a_daemon_that_changes_its_user_says_what_it_needs(folder: Path) -> None:
    """Without subordinate ids the error names the daemon and the command that helps, before anything is made."""
    done = _as_nobody(
        folder,
        "try: NativeLab(lab(host('web', image='nginx')), folder / 'x', run_id='r', notify=lambda _: None).up(5)\n"
        "except Exception as error: print(type(error).__name__, error)\n",
    )
    assert "MissingTool" in done.stdout, done.stderr
    assert "nginx changes to another user" in done.stdout
    assert "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 nobody" in done.stdout
    assert not (folder / "x").exists()


def test_root_needs_nothing() -> None:
    """As root of the machine nothing is executed again, and all users are there."""
    if os.geteuid() == 0 and not rootless.is_rootless():
        rootless.ensure_privileges(["/no/such/program"])
        assert not rootless.has_one_user()


def test_a_user_s_host_makes_a_tunnel_and_its_packets_can_be_captured(folder: Path) -> None:
    """The TUN device is the user's to use in a network of the user's own, and so is a packet socket."""
    if not Path("/dev/net/tun").stat().st_mode & 0o002:
        pytest.skip("/dev/net/tun is not everybody's on this machine; udev makes it so")
    if shutil.which("wireguard-go") is None or shutil.which("wg") is None:
        pytest.skip("wireguard-go or wg is not installed: apt-get install wireguard-go wireguard-tools")
    done = _as_nobody(
        folder,
        "from chaoskit.kernel.namespaces import in_network\n"
        "from chaoskit.kernel.packets import Sniffer\n"
        "it = NativeLab(lab(host('w', cap_add=('NET_ADMIN',)), host('v')), folder, run_id='r', notify=lambda _: None)\n"
        "it.up(20)\n"
        "sniffer = in_network(it.hosts['w'].netns(), lambda: Sniffer('eth0', b''))\n"
        "script = 'wireguard-go wg0 && ip address add 198.18.85.1/30 dev wg0 && ip link set wg0 up && wg show wg0'\n"
        "print(it.hosts['w'].run(['sh', '-c', script], timeout=20).stdout.splitlines()[0])\n"
        "it.hosts['v'].run(['ping', '-c', '1', '-W', '2', 'w'], timeout=20)\n"
        "print(len(list(sniffer.packets(9))) > 1, sniffer.lost())\n"
        "sniffer.close()\n"
        "it.down()\n",
    )
    assert done.stdout.splitlines() == ["interface: wg0", "True 0"], done.stderr
