"""`chaoskit lab check`: how a Compose file is read, without starting anything."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cli
from tests.samples import write


def test_hosts_and_networks_are_shown(cli: Cli) -> None:
    """Roles, regions, images and addresses, for a file and for a shipped lab."""
    out = cli("lab", "check", "./compose.yaml").out
    assert "web-4" in out
    assert out.rstrip().endswith("native driver: can run it")
    hosts = cli("lab", "check", "gslb", "--json").json["hosts"]  # type: ignore[index]
    assert {"web-eu-1", "lb-na", "client-eu"} <= {host["name"] for host in hosts}


def test_overlays_are_merged(cli: Cli) -> None:
    """As `docker compose -f a -f b` does."""
    hosts = cli("lab", "check", "compose.yaml", "-f", "overlay.yaml", "--json").json["hosts"]  # type: ignore[index]
    assert "extra" in {host["name"] for host in hosts}


def test_what_cannot_be_honoured_is_said_with_its_place(cli: Cli, project: Path) -> None:
    """File, line, service and key, after all that was read; the status tells a CI server, with --json as well."""
    write(project / "host.yaml", "services:\n  web:\n    image: nginx\n    network_mode: host\n")
    done = cli("lab", "check", "host.yaml")
    assert done.status == cli("lab", "check", "host.yaml", "--json").status == 3
    assert "host.yaml:4" in done.out
    assert "network_mode" in done.out
    assert "cannot run it" in done.out


def test_an_unknown_key_is_an_error_with_the_nearest_one(cli: Cli, project: Path) -> None:
    """A typo in a Compose file must not be ignored."""
    write(project / "typo.yaml", "services:\n  web:\n    image: nginx\n    comand: [sleep]\n")
    done = cli("lab", "check", "typo.yaml")
    assert done.status == 3
    assert "typo.yaml:4" in done.err
    assert "command" in done.err


def test_a_mistyped_image_is_an_error_and_nothing_for_docker(cli: Cli, project: Path) -> None:
    """The nearest name is the remedy; only what resembles none may be an image that Docker knows."""
    write(project / "images.yaml", "services:\n  web:\n    image: chaoskit/servce\n")
    done = cli("lab", "check", "images.yaml")
    assert done.status == 3
    assert "Did you mean 'chaoskit/service'?" in done.out
    assert "Docker" not in done.out
    write(project / "images.yaml", "services:\n  web:\n    image: quay.io/minio/minio\n")
    assert "Docker can run it: docker compose" in cli("lab", "check", "images.yaml").out
