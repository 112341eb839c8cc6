"""The gslb lab's daemon configurations, by the daemons' own checkers."""

import subprocess
from pathlib import Path

import pytest

COMPOSE = Path(__file__).parents[2] / "compose"
CONF = COMPOSE / "conf" / "gslb"

CHECKERS = {
    "haproxy eu": ("haproxy", "-c", "-f", "haproxy-eu.cfg"),
    "haproxy na": ("haproxy", "-c", "-f", "haproxy-na.cfg"),
    "unbound": ("unbound-checkconf", "unbound.conf"),
    "gdnsd": ("gdnsd", "-c", "gdnsd", "checkconf"),
    "named": ("named-checkconf", "bind9/named.conf"),
    "zone eu": ("named-checkzone", "example.com", "bind9/example.com.eu.zone"),
    "zone na": ("named-checkzone", "example.com", "bind9/example.com.na.zone"),
}


@pytest.mark.lab
@pytest.mark.parametrize("argv", CHECKERS.values(), ids=CHECKERS)
def test_the_daemon_accepts_its_configuration_without_a_warning(argv: tuple[str, ...]) -> None:
    """Each checker exits with 0 and says nothing that is a warning."""
    done = subprocess.run(argv, cwd=CONF, capture_output=True, text=True, check=False, timeout=20)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "warn" not in said.lower(), said


def test_the_two_balancers_differ_only_in_names_and_addresses() -> None:
    """haproxy-na.cfg is haproxy-eu.cfg with the other region's names and addresses: no check is forgotten in one."""
    eu = (CONF / "haproxy-eu.cfg").read_text()
    for there, here in {
        "lb-eu": "lb-na",
        "region eu": "region na",
        "web-eu": "web-na",
        "198.18.16.": "198.18.17.",
        "198.18.18.": "198.18.19.",
    }.items():
        eu = eu.replace(there, here)
    assert eu == (CONF / "haproxy-na.cfg").read_text()


def test_every_mounted_file_is_there() -> None:
    """What the Compose files bind-mount exists: Docker would make an empty folder of a misspelled one."""
    texts = [(COMPOSE / name).read_text() for name in ("gslb.yaml", "gslb.plain-dns.yaml")]
    sources = {line.split(":")[0].strip("- ") for text in texts for line in text.splitlines() if "- ./" in line}
    assert len(sources) == 6
    assert all((COMPOSE / source).exists() for source in sources), sources
