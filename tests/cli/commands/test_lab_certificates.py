"""`chaoskit lab certificates`, and load over TLS to a lab that uses them."""

from __future__ import annotations

import json
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands.test_lab import lab

COMPOSE = """
name: sealed
networks: {front: {internal: true, ipam: {config: [{subnet: 198.18.201.0/24}]}}}
services:
  web:
    image: nginx
    command: [nginx, -g, "daemon off;"]
    volumes: ["./tls:/etc/tls:ro", "./web.conf:/etc/nginx/nginx.conf:ro"]
    networks: {front: {ipv4_address: 198.18.201.10, aliases: [shop]}}
    healthcheck: {test: [CMD, nginx, -t], interval: 1s}
  client:
    image: python:3
    command: [sleep, infinity]
    volumes: ["./tls:/etc/tls:ro"]
    networks: {front: {ipv4_address: 198.18.201.20}}
"""
NGINX = """
pid /tmp/nginx.pid;
events {}
http {
  access_log off;
  server {
    listen 443 ssl;
    ssl_certificate /etc/tls/web.pem;
    ssl_certificate_key /etc/tls/web.key;
    location / { return 200 "sealed\\n"; }
  }
}
"""


@pytest.fixture
def compose(tmp_path: Path) -> Path:
    """A lab of a server and a client, with certificates, and beside them those of another authority."""
    file = tmp_path / "compose.yaml"
    file.write_text(COMPOSE)
    (tmp_path / "web.conf").write_text(NGINX)
    done = lab("certificates", str(file), "--json")
    assert done.returncode == 0, done.stderr
    names = [Path(name).name for name in json.loads(done.stdout)["files"]]
    assert names == ["ca.pem", "client.key", "client.pem", "web.key", "web.pem"]
    assert lab("certificates", str(file), "--into", str(tmp_path / "tls" / "other")).returncode == 0
    return file


@pytest.fixture
def up(compose: Path) -> Iterator[str]:
    """The lab's name while it is up."""
    done = lab("up", str(compose), "--json")
    assert done.returncode == 0, done.stderr
    name = json.loads(done.stdout)["run"]
    yield name
    assert lab("down", name).returncode == 0


def test_a_certificate_holds_for_all_names_and_addresses_of_its_service(compose: Path) -> None:
    """As a client's library reads it; the authority's key is nowhere."""
    decoded: Any = ssl._ssl._test_decode_cert(str(compose.parent / "tls" / "web.pem"))  # type: ignore[attr-defined]
    assert ("DNS", "shop") in decoded["subjectAltName"]
    assert {("DNS", "web"), ("IP Address", "198.18.201.10")} <= set(decoded["subjectAltName"])
    assert sorted(path.name for path in (compose.parent / "tls").iterdir()) == [
        "ca.pem",
        "client.key",
        "client.pem",
        "other",
        "web.key",
        "web.pem",
    ]


def test_where_nothing_can_be_written_is_an_error(compose: Path) -> None:
    """It names the place."""
    done = lab("certificates", str(compose), "--into", str(compose / "tls"))
    assert done.returncode == 3
    assert "cannot write certificates" in done.stderr


@pytest.mark.lab
@pytest.mark.alone
@pytest.mark.skipif(Path(sys.prefix).is_relative_to("/tmp"), reason="hosts have a /tmp of their own: Python is there")
def test_load_in_the_lab_trusts_its_authority_and_no_other(compose: Path, up: str) -> None:
    """Kept and new connections, by name, alias and address; another authority's word is a failure of TLS."""

    def outcomes(target: str, *words: str) -> dict[str, int]:
        load = [
            sys.executable,
            "-m",
            "chaoskit.cli.main",
            "load",
            target,
            "--rate",
            "50/s",
            "--for",
            "500ms",
            "--json",
            *words,
        ]
        done = lab("exec", up, "client", "--", *load)
        assert done.returncode == 0, done.stderr
        counted: dict[str, int] = json.loads(done.stdout)["outcomes"]
        return {name: count for name, count in counted.items() if count}

    trusted = ("--cacert", "/etc/tls/ca.pem")
    assert set(outcomes("https://web/", *trusted)) == {"ok"}
    assert set(outcomes("https://shop/", "--connections", "new", *trusted)) == {"ok"}
    assert set(outcomes("https://198.18.201.10/", *trusted)) == {"ok"}
    assert set(outcomes("https://web/", "--cacert", "/etc/tls/other/ca.pem")) == {"tls"}
