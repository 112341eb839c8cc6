"""The lb lab's daemon configurations, by the daemons' own checkers."""

import difflib
import subprocess
from pathlib import Path

import pytest

COMPOSE = Path(__file__).parents[2] / "compose"
CONF = COMPOSE / "conf" / "lb"

CHECKERS = {
    "haproxy": ("haproxy", "-c", "-f", "haproxy.cfg"),
    "haproxy, no checks": ("haproxy", "-c", "-f", "haproxy-no-checks.cfg"),
    "nginx": ("nginx", "-t", "-c", str(CONF / "nginx.conf")),
    "nginx, no checks": ("nginx", "-t", "-c", str(CONF / "nginx-no-checks.conf")),
}


@pytest.mark.lab
@pytest.mark.parametrize("argv", CHECKERS.values(), ids=CHECKERS)
def test_the_daemon_accepts_its_configuration_without_a_warning(argv: tuple[str, ...], tmp_path: Path) -> None:
    """Each checker exits with 0 and says nothing that is a warning; in a namespace that has the balancer's address."""
    inside = 'ip link set lo up && ip address add 198.18.32.80/32 dev lo && exec "$@"'
    command = ["unshare", "--net", "sh", "-c", inside, "sh", *argv]
    done = subprocess.run(command, cwd=CONF, capture_output=True, text=True, check=False, timeout=20)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "warn" not in said.lower(), said


def settings(file: str) -> list[str]:
    """A file's lines without comments and blank ones."""
    lines = (line.strip() for line in (CONF / file).read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def changes(before: str, after: str) -> dict[str, set[str]]:
    """The lines that only one of two files has."""
    lines = [line for line in difflib.ndiff(settings(before), settings(after)) if line[0] in "+-"]
    return {sign: {line[2:] for line in lines if line[0] == sign} for sign in "-+"}


def test_haproxys_twin_lacks_its_checks_and_nothing_else() -> None:
    """One does not differ from the other by a time-out or a retry that would explain the difference."""
    changed = changes("haproxy.cfg", "haproxy-no-checks.cfg")
    assert changed["+"] == set()
    assert all("check" in line or "httpchk" in line for line in changed["-"]), changed["-"]
    assert "default-server check inter 500ms fall 3 rise 2" in changed["-"]


def test_nginxs_twin_lacks_its_passive_checks_and_nothing_else() -> None:
    """The servers' parameters are all that differs."""
    servers = [f"server 198.18.33.{last}:8080" for last in (11, 12, 13)]
    assert changes("nginx.conf", "nginx-no-checks.conf") == {
        "-": {f"{server} max_fails=3 fail_timeout=2s;" for server in servers},
        "+": {f"{server} max_fails=0;" for server in servers},
    }


@pytest.mark.parametrize("file", ["haproxy.cfg", "haproxy-no-checks.cfg", "nginx.conf", "nginx-no-checks.conf"])
def test_nothing_repeats_a_request(file: str) -> None:
    """Retries would hide from the caller what the checks do, and might do a write twice."""
    lines = settings(file)
    assert ("retries 0" if file.startswith("haproxy") else "proxy_next_upstream off;") in lines
    assert not [line for line in lines if "redispatch" in line or "retry-on" in line]


def test_every_mounted_file_is_there() -> None:
    """What the Compose files bind-mount exists: Docker would make an empty folder of a misspelled one."""
    texts = [path.read_text() for path in COMPOSE.glob("lb*.yaml")]
    sources = {line.split(":")[0].strip("- ") for text in texts for line in text.splitlines() if "- ./" in line}
    assert len(sources) == 5
    assert all((COMPOSE / source).exists() for source in sources), sources
