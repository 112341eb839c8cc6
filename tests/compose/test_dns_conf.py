"""The dns lab's daemon configurations, by the daemons' own checkers."""

import re
import subprocess
from pathlib import Path

import pytest

COMPOSE = Path(__file__).parents[2] / "compose"
CONF = COMPOSE / "conf" / "dns"

CHECKERS = {
    "named": ("named-checkconf", "-z", "/etc/bind/named.conf"),
    "zone": ("named-checkzone", "example.com", "/etc/bind/example.com.zone"),
    "zone of the twin": ("named-checkzone", "example.com", "/etc/bind/example.com-one-name-server.zone"),
    "knot": ("knotc", "-c", "/etc/bind/knot.conf", "conf-check"),
    "unbound": ("unbound-checkconf", "/etc/bind/unbound.conf"),
    "unbound of the twin": ("unbound-checkconf", "/etc/bind/unbound-one-name-server.conf"),
}


@pytest.mark.lab
@pytest.mark.parametrize("argv", CHECKERS.values(), ids=CHECKERS)
def test_the_daemon_accepts_its_configuration_without_a_warning(argv: tuple[str, ...]) -> None:
    """Each checker exits with 0 and says nothing that is a warning; the files lie where the lab puts them."""
    inside = f'mount --bind {CONF} /etc/bind && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", inside, "sh", *argv]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "warn" not in said.lower(), said


@pytest.mark.lab
@pytest.mark.parametrize("file", ["unbound.conf", "unbound-one-name-server.conf"])
def test_the_resolvers_are_told_what_differs_from_the_defaults_only(file: str, tmp_path: Path) -> None:
    """By unbound's own account of a file with nothing in it; lists and the folder that builds differ in aside."""
    empty = tmp_path / "empty.conf"
    empty.write_text("server:\n")
    server = (CONF / file).read_text().partition("server:\n")[2].partition("\n\n")[0]
    given = dict(re.findall(r"^ +([a-z0-9-]+): (\S+)", server, re.MULTILINE))
    assert set(given) >= {"do-ip6", "use-syslog"}
    for setting in given.keys() - {"interface", "access-control", "chroot"}:
        argv = ["unbound-checkconf", "-o", setting, str(empty)]
        default = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=20).stdout.strip()
        assert given[setting].strip('"') != default, setting


def settings(file: str, comment: str) -> list[str]:
    """A file's lines without comments and blank ones."""
    lines = (line.partition(comment)[0].strip() for line in (CONF / file).read_text().splitlines())
    return [line for line in lines if line]


def without(lines: list[str], *dropped: str) -> list[str]:
    """Lines but for those that hold one of these words."""
    return [line for line in lines if not any(word in line for word in dropped)]


def test_the_twins_resolvers_and_zone_lack_the_secondary_and_nothing_else() -> None:
    """One stub address, one NS record and the server's own address are all that is missing."""
    assert settings("unbound-one-name-server.conf", "#") == without(settings("unbound.conf", "#"), "198.18.0.54")
    assert settings("example.com-one-name-server.zone", ";") == without(settings("example.com.zone", ";"), "ns-2")


def test_both_servers_have_the_same_key() -> None:
    """Or no transfer would be signed as the other expects."""
    (bind,) = re.findall(r'secret "(\S+)";', (CONF / "transfer.key").read_text())
    (knot,) = re.findall(r"secret: (\S+)", (CONF / "knot.conf").read_text())
    assert bind == knot


def test_the_secondary_lasts_two_weeks_and_the_zone_says_so() -> None:
    """As the experiment's description has it."""
    (expire,) = re.findall(r"(\d+) +; expire: two weeks", (CONF / "example.com.zone").read_text())
    assert int(expire) == 14 * 24 * 3600


def test_every_mounted_file_is_there() -> None:
    """What the Compose files bind-mount exists: Docker would make an empty folder of a misspelled one."""
    texts = [path.read_text() for path in COMPOSE.glob("dns*.yaml")]
    sources = {line.split(":")[0].strip("- ") for text in texts for line in text.splitlines() if "- ./" in line}
    assert len(sources) == 8
    assert all((COMPOSE / source).exists() for source in sources), sources
