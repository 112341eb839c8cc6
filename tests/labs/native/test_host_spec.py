"""What a Compose file asks of a host, as a process inside it finds it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chaoskit.core.errors import LabError
from chaoskit.labs.native.lab import NativeLab
from chaoskit.labs.spec import HostSpec, Mount, MountKind, Ulimit
from tests.labs.native.build import host, lab, up

pytestmark = pytest.mark.lab


def says(running: NativeLab, name: str, script: str) -> str:
    """What a shell inside a host prints."""
    done = running.hosts[name].run(["sh", "-c", script], timeout=5)
    return (done.stdout + done.stderr).strip()


def one(tmp_path: Path, spec: HostSpec, script: str) -> str:
    """What a shell prints inside the only host of a lab."""
    with up(lab(spec), tmp_path) as running:
        return says(running, spec.name, script)


def test_binds_are_copies_that_hosts_share(tmp_path: Path) -> None:
    """A host may write into what it binds; the source never changes, the other host sees it."""
    source = tmp_path / "conf"
    (source / "sub").mkdir(parents=True)
    (source / "sub" / "file").write_text("original\n")
    (source / "link").symlink_to("sub/file")
    single = tmp_path / "single.txt"
    single.write_text("one file\n")
    bind = Mount(MountKind.BIND, "/etc/thing", str(source))
    fixed = Mount(MountKind.BIND, "/data/single.txt", str(single), read_only=True)
    with up(lab(host("a", mounts=(bind, fixed)), host("b", mounts=(bind,))), tmp_path / "run") as running:
        assert says(running, "a", "cat /etc/thing/link /data/single.txt") == "original\none file"
        assert says(running, "a", "echo changed > /etc/thing/sub/file") == ""
        assert says(running, "b", "cat /etc/thing/sub/file") == "changed"
        assert "Read-only" in says(running, "a", "echo x > /data/single.txt")
    assert (source / "sub" / "file").read_text() == "original\n"


def test_named_volumes_tmpfs_and_secrets(tmp_path: Path) -> None:
    """A named volume is one for the lab and survives a power-off; a tmpfs is sized; a secret has mode and owner."""
    volume = Mount(MountKind.VOLUME, "/data", "db")
    mounts = (
        volume,
        Mount(MountKind.TMPFS, "/scratch", size=1 << 20),
        Mount(MountKind.CONTENT, "/run/secrets/key", content=b"s3cret", mode=0o400, uid=33, gid=33, read_only=True),
    )
    with up(lab(host("a", mounts=mounts), host("b", mounts=(volume,))), tmp_path) as running:
        assert says(running, "a", "stat -c '%a %u' /run/secrets/key; cat /run/secrets/key") == "400 33\ns3cret"
        assert "No space" in says(running, "a", "head -c 2000000 /dev/zero > /scratch/big")
        says(running, "a", "echo kept > /data/x; echo lost > /run/x; echo disk > /etc/x")
        running.hosts["a"].power_off()
        running.hosts["a"].start()
        assert says(running, "b", "cat /data/x") == "kept"
        assert (
            says(running, "a", "cat /etc/x; ls /run/x") == "disk\nls: cannot access '/run/x': No such file or directory"
        )


def test_a_named_volume_takes_over_what_it_is_mounted_on(tmp_path: Path) -> None:
    """Content, owner and mode of a package's folder, once for all hosts that share it; /var gives no content."""
    doc = Mount(MountKind.VOLUME, "/etc/skel", "doc")
    mail = Mount(MountKind.VOLUME, "/var/mail", "mail")
    mine = Mount(MountKind.VOLUME, "/var/lib/dpkg", "state")
    hosts = [host(name, mounts=(doc, mail, mine)) for name in ("a", "b", "c")]
    with up(lab(*hosts), tmp_path) as running:
        names = sorted(path.name for path in Path("/etc/skel").iterdir())
        assert says(running, "a", "ls -A /etc/skel | LC_ALL=C sort").split() == names
        assert names
        expected = Path("/var/mail").stat()
        assert says(running, "b", "stat -c '%a %g' /var/mail") == f"{expected.st_mode & 0o7777:o} {expected.st_gid}"
        assert says(running, "c", "ls -A /var/lib/dpkg") == ""
        says(running, "a", f"rm -r /etc/skel/{names[0]}; echo own > /etc/skel/own")
        running.hosts["b"].power_off()
        running.hosts["b"].start()
        assert says(running, "b", "ls -A /etc/skel | LC_ALL=C sort").split() == sorted([*names[1:], "own"])


def test_a_missing_bind_is_an_error_before_anything_starts(tmp_path: Path) -> None:
    """The message names file, line, service and path."""
    spec = lab(host("a", mounts=(Mount(MountKind.BIND, "/x", "/no/such/folder"),)))
    with pytest.raises(LabError, match=r"lab\.yaml:1: service a mounts /no/such/folder, which does not exist"):
        NativeLab(spec, tmp_path, run_id="test-run", notify=lambda _: None).up(5)


def test_a_host_has_containers_capabilities(tmp_path: Path) -> None:
    """Root of a host lacks NET_ADMIN unless added, and has nothing at all with ALL dropped."""
    plain, admin, none = host("p"), host("n", cap_add=("NET_ADMIN",)), host("z", cap_drop=("ALL",))
    with up(lab(plain, admin, none), tmp_path) as running:
        assert "not permitted" in says(running, "p", "ip link set eth0 down")
        assert "denied" in says(running, "p", "mount -t tmpfs none /mnt")
        assert "not permitted" in says(running, "p", "mknod /dev/disk b 254 0")
        assert says(running, "n", "ip link set eth0 down && ip link set eth0 up") == ""
        assert says(running, "z", "grep CapEff /proc/self/status").split()[1] == "0" * 16


def test_only_net_sysctls_are_writable(tmp_path: Path) -> None:
    """kernel.* is the machine's and read-only; net.* is the host's; the file's sysctls are applied."""
    spec = host(
        "a", cap_add=("NET_ADMIN",), sysctls={"net.ipv4.tcp_fin_timeout": "7", "net.ipv4.conf.eth0.rp_filter": "1"}
    )
    script = (
        "cat /proc/sys/net/ipv4/tcp_fin_timeout /proc/sys/net/ipv4/conf/eth0/rp_filter;"
        "echo 1 > /proc/sys/net/ipv4/tcp_tw_reuse; cat /proc/sys/net/ipv4/tcp_tw_reuse;"
        "echo 1 > /proc/sys/kernel/panic"
    )
    machine = Path("/proc/sys/kernel/panic").read_text()
    shown = one(tmp_path, spec, script)
    assert shown.splitlines()[:3] == ["7", "1", "1"]
    assert "Read-only" in shown
    assert Path("/proc/sys/kernel/panic").read_text() == machine


@pytest.mark.alone
def test_the_machine_s_own_values_do_not_reach_a_host(tmp_path: Path) -> None:
    """Sysctls a lab relies on have the table's values; IPv6 is on the loopback device alone."""
    script = (
        "cd /proc/sys/net; cat ipv4/conf/eth0/rp_filter ipv4/ip_forward ipv4/conf/all/accept_redirects; ip -6 -o addr"
    )
    shown = one(tmp_path, host("a"), script).splitlines()
    assert shown[:3] == ["0", "0", "0"]
    assert [line.split()[1] for line in shown[3:]] == ["lo"]


def test_names_of_shared_networks_are_known(tmp_path: Path) -> None:
    """Names and aliases of a shared network resolve, those of other networks do not; resolv.conf is the file's."""
    spec = lab(
        host(
            "a",
            dns=("198.18.0.53",),
            dns_search=("lab.example",),
            dns_opt=("ndots:2",),
            extra_hosts={"ext": "198.18.9.9"},
        ),
        host("b"),
        host("far"),
        networks={"x": ["a", "b"], "y": ["far"]},
        aliases={"b": ("bee",)},
    )
    with up(spec, tmp_path) as running:
        assert says(
            running, "a", "for n in b bee ext; do getent ahostsv4 $n | head -n 1 | cut -d' ' -f1; done"
        ).split() == [
            "198.18.0.11",
            "198.18.0.11",
            "198.18.9.9",
        ]
        assert says(running, "b", "getent hosts far") == ""
        assert says(running, "a", "cat /etc/resolv.conf").splitlines() == [
            "nameserver 198.18.0.53",
            "search lab.example",
            "options ndots:2",
        ]
        assert says(running, "b", "cat /etc/resolv.conf; hostname") == "b"


def test_user_folder_environment_and_limits(tmp_path: Path) -> None:
    """The daemon and commands run as the file says; the log is the daemon's to reopen."""
    spec = host(
        "a",
        "sh",
        "-c",
        "id -un; pwd; echo $COLOR $HOME; ulimit -n; echo again >> /dev/stderr; exec sleep 100",
        user="daemon",
        working_dir="/srv/work",
        environment={"COLOR": "green"},
        ulimits={"nofile": Ulimit(512, 1024)},
    )
    with up(lab(spec), tmp_path) as running:
        assert says(running, "a", "id -u; pwd; ulimit -n") == "1\n/srv/work\n512"
        assert running.logs("a").read_text().splitlines()[:4] == ["daemon", "/srv/work", "green /usr/sbin", "512"]


def test_a_read_only_root_is_read_only(tmp_path: Path) -> None:
    """`read_only: true` leaves /dev and volumes writable only."""
    shown = one(tmp_path, host("a", read_only=True), "touch /etc/x; echo ok > /dev/null && echo fine")
    assert "Read-only" in shown
    assert "fine" in shown


def test_the_machine_s_files_do_not_change(tmp_path: Path) -> None:
    """What a host writes below /etc, /usr, /tmp or /run is its own."""
    name = f"chaoskit-{os.getpid()}"
    with up(lab(host("a"), host("b")), tmp_path) as running:
        paths = [f"{folder}/{name}" for folder in ("/etc", "/usr", "/tmp", "/run")]
        assert says(running, "a", f"touch {' '.join(paths)}") == ""
        assert says(running, "b", f"ls {' '.join(paths)} 2>/dev/null") == ""
        assert not any(Path(path).exists() for path in paths)


def test_init_reaps_orphans_and_passes_signals_on(tmp_path: Path) -> None:
    """With `init: true` pid 1 is not the daemon, no zombie stays, and the stop signal ends the daemon."""
    spec = host("a", "sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.05; done", init=True, stop_grace=5 * 10**9)
    with up(lab(spec), tmp_path) as running:
        assert says(running, "a", "(sleep 0.01 &) ; sleep 0.1; ps -o stat= ax | grep -c Z") == "0"
        assert "sh" not in says(running, "a", "cat /proc/1/comm").split()
        running.hosts["a"].stop()
        assert running.hosts["a"].status().exit_code == 0


def test_limits_hold(tmp_path: Path) -> None:
    """`cpus` and `mem_limit` end up in control groups named by the run, which are gone after `down`."""
    running = NativeLab(lab(host("a", cpus=0.5, memory=64 << 20)), tmp_path, run_id="test-run", notify=lambda _: None)
    running.up(5)
    groups = running.cgroups()
    try:
        assert groups
        assert all("test-run" in group.name for group in groups)
        pid = str(running.hosts["a"].status().pid)
        assert all(pid in (group / "cgroup.procs").read_text().split() for group in groups)
        eat = "import sys; x = bytearray(200 << 20); print(len(x))"
        hungry = running.hosts["a"].run(["python3", "-c", eat], timeout=20)
        assert hungry.exit_code != 0
    finally:
        running.down()
    assert not any(group.exists() for group in groups)
