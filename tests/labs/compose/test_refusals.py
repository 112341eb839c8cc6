"""What the native driver cannot honour, and what changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chaoskit.labs.spec import LabSpec

Load = Callable[..., LabSpec]


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ("privileged: true", "privileged"),
        ("network_mode: host", "network_mode"),
        ("network_mode: service:db", "network_mode"),
        ("network_mode: container:other", "network_mode"),
        ("pid: host", "pid"),
        ("ipc: host", "ipc"),
        ("ipc: service:db", "ipc"),
        ("uts: host", "uts"),
        ("cgroup: host", "cgroup"),
        ("devices: [/dev/sda]", "devices"),
        ("devices: ['/dev/net/tun:/dev/net/tun', '/dev/kvm:/dev/kvm:rwm']", "devices"),
        ("devices: [{source: /dev/fuse, target: /dev/net/tun}]", "devices"),
        ("gpus: all", "gpus"),
        (
            "deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}",
            "deploy.resources.reservations.devices",
        ),
        ("volumes_from: [db]", "volumes_from"),
        ("external_links: [x]", "external_links"),
        ("runtime: nvidia", "runtime"),
        ("group_add: [docker]", "group_add"),
        ("post_start: [{command: x}]", "post_start"),
        ("use_api_socket: true", "use_api_socket"),
        ("volumes: ['/var/run/docker.sock:/var/run/docker.sock']", "volumes./var/run/docker.sock.source"),
        ("volumes: ['/:/rootfs:ro']", "volumes./rootfs.source"),
        ("volumes: ['/proc:/host/proc']", "volumes./host/proc.source"),
        ("volumes: [{type: image, source: x, target: /x}]", "volumes./x.type"),
        ("networks: {default: {ipv6_address: '2001:db8::1'}}", "networks.default.ipv6_address"),
        ("extra_hosts: ['host.docker.internal:host-gateway']", "extra_hosts.host.docker.internal"),
    ],
)
def test_what_cannot_be_honoured_is_refused(load: Load, body: str, key: str) -> None:
    """The lab still parses; the refusal has file, line, service, key, reason and the commands that can run it."""
    spec = load(f"services:\n  db: {{image: p}}\n  web:\n    image: n\n    {body}\n")
    [note] = spec.refused
    assert (note.service, note.key) == ("web", key)
    assert note.where.endswith("compose.yaml:5")
    assert "`docker compose -f " in note.text
    assert "docker compose" in note.text
    assert key not in [each.key for each in spec.notes]


SHARED = """
volumes:
  external: {external: true}
  nfs: {driver_opts: {type: nfs, o: addr=192.0.2.1, device: ':/x'}}
  plugin: {driver: rexray}
secrets: {outside: {external: true}}
networks:
  outside: {external: true}
  old: {external: {name: elsewhere}}
  two: {ipam: {config: [{subnet: 198.18.210.0/24}, {subnet: 198.18.211.0/24}]}}
"""


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ("volumes: [external:/x]", "volumes.external.external"),
        ("volumes: [nfs:/x]", "volumes.nfs.driver_opts"),
        ("volumes: [plugin:/x]", "volumes.plugin.driver"),
        ("secrets: [outside]", "secrets.outside.external"),
        ("networks: [outside]", "networks.outside.external"),
        ("networks: [old]", "networks.old.external"),
        ("networks: [two]", "networks.two.ipam.config"),
    ],
)
def test_what_services_share_is_refused_where_it_is_declared(load: Load, body: str, key: str) -> None:
    """A network, volume or secret that no native lab can have is refused once, and only if it is used."""
    spec = load(f"services:\n  web:\n    image: n\n    {body}\n{SHARED}")
    assert [(note.service, note.key) for note in spec.refused] == [("", key)]


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ("container_name: x", "container_name"),
        ("expose: [80]", "expose"),
        ("ports: ['80:80']", "ports"),
        ("platform: linux/amd64", "platform"),
        ("tty: true", "tty"),
        ("stdin_open: true", "stdin_open"),
        ("logging: {driver: none}", "logging"),
        ("pull_policy: always", "pull_policy"),
        ("build: .", "build"),
        ("pids_limit: 10", "pids_limit"),
        ("ipc: shareable", "ipc"),
        ("isolation: default", "isolation"),
        ("security_opt: [no-new-privileges]", "security_opt"),
        ("deploy: {update_config: {order: start-first}}", "deploy.update_config"),
        ("deploy: {resources: {limits: {pids: 10}}}", "deploy.resources.limits.pids"),
        ("networks: {default: {gw_priority: 1}}", "networks.default.gw_priority"),
    ],
)
def test_what_changes_nothing_is_noted(load: Load, body: str, key: str) -> None:
    """A note has the line and the service, and nothing is refused."""
    spec = load(f"services:\n  web:\n    image: n\n    {body}\n")
    assert [(note.key, note.service) for note in spec.notes] == [(key, "web")]
    assert spec.notes[0].where.endswith("compose.yaml:4")
    assert spec.refused == ()


@pytest.mark.parametrize(
    "body",
    [
        *("privileged: false", "gpus:", "devices: []", "init: true", "pid: ''", "restart: always"),
        "devices: [/dev/net/tun]",
        "devices: ['/dev/net/tun:/dev/net/tun:rwm']",
        "devices: [{source: /dev/net/tun, target: /dev/net/tun}]",
    ],
)
def test_what_is_switched_off_is_neither(load: Load, body: str) -> None:
    """A key that says no, or that the driver carries out, needs no word."""
    spec = load(f"services:\n  web:\n    image: n\n    {body}\n")
    assert (spec.refused, spec.notes) == ((), ())


def test_networks_are_noted(load: Load) -> None:
    """Drivers, options and IPv6 of a network, and overlapping subnets, change nothing natively."""
    text = """
    services: {web: {image: n, networks: [a, b]}}
    networks:
      a: {driver: overlay, attachable: true, enable_ipv6: true, ipam: {config: [{subnet: 198.18.200.0/24}]}}
      b: {name: other, ipam: {config: [{subnet: 'fd00::/64'}, {subnet: 198.18.200.0/25}]}}
    """
    keys = [note.key.removeprefix("networks.") for note in load(text).notes]
    assert keys == ["a.driver", "a.attachable", "a.enable_ipv6", "b.name", "b.ipam", "b.ipam"]


def test_only_what_is_used_counts(load: Load) -> None:
    """A service in a profile that is not chosen, and what only it uses, refuses nothing."""
    text = """
    services: {web: {image: n}, x: {image: n, profiles: [p], privileged: true, networks: [out]}}
    networks: {out: {external: true}}
    """
    assert load(text).refused == ()
    assert len(load(text, profiles=["p"]).refused) == 2
