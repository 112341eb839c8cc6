"""Images: names, default arguments, and daemons that really start."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from chaoskit.core.errors import LabError
from chaoskit.labs.native import images
from chaoskit.labs.native.image_table import BY_NAME, ROWS
from chaoskit.labs.native.images import packages, plain, resolve
from chaoskit.labs.spec import Healthcheck, HostSpec, Mount, MountKind
from tests.labs.native.build import host, lab, up


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("nginx", "nginx"),
        ("nginx:1.27-alpine", "nginx"),
        ("docker.io/library/nginx:latest", "nginx"),
        ("library/redis", "redis"),
        ("quay.io/coreos/etcd:v3.5.9", "coreos/etcd"),
        ("localhost:5000/nginx@sha256:00ff", "nginx"),
        ("chaoskit/unbound", "chaoskit/unbound"),
    ],
)
def test_names_lose_registry_tag_and_digest(written: str, name: str) -> None:
    """What is left is looked up in the table."""
    assert plain(written) == name
    assert name in resolve(written).names


def test_every_name_stands_for_one_row() -> None:
    """No name is in two rows, every row with a program says where it comes from."""
    assert len(BY_NAME) == sum(len(row.names) for row in ROWS)
    assert all(row.package or row.build for row in ROWS if row.program)


@pytest.mark.parametrize(
    ("image", "entrypoint", "command", "argv"),
    [
        ("redis", None, None, ("docker-entrypoint.sh", "redis-server")),
        ("redis", None, ("--appendonly", "yes"), ("docker-entrypoint.sh", "--appendonly", "yes")),
        ("haproxy", None, ("haproxy", "-f", "/x"), ("haproxy", "-W", "-db", "-f", "/x")),
        ("haproxy", None, ("-f", "/x"), ("haproxy", "-W", "-db", "-f", "/x")),
        ("haproxy", None, ("haproxy", "-W", "-db", "-f", "/x"), ("haproxy", "-W", "-db", "-f", "/x")),
        ("nginx", ("sleep",), ("5",), ("sleep", "5")),
        ("ubuntu/squid", None, ("-N",), ("squid", "-N")),
        ("debian", None, ("-x",), ("-x",)),
        ("python", None, ("python", "app.py"), ("python", "app.py")),
    ],
)
def test_argv_is_what_the_official_image_would_execute(
    image: str, entrypoint: tuple[str, ...] | None, command: tuple[str, ...] | None, argv: tuple[str, ...]
) -> None:
    """Entrypoint and command combine as in Compose; bare options go to the image's program."""
    assert resolve(image).argv(entrypoint, command) == argv


def test_an_unknown_image_names_place_neighbour_and_way_out() -> None:
    """The error is enough to act on."""
    with pytest.raises(LabError) as caught:
        resolve("redsi:7", "compose.yaml:12")
    text = str(caught.value)
    assert text.startswith("compose.yaml:12: ")
    assert "Did you mean 'redis'?" in text
    with pytest.raises(LabError) as caught:
        resolve("acme/till:7", "compose.yaml:12")
    assert "docker compose -f compose.yaml up" in str(caught.value)


def test_packages_of_a_lab() -> None:
    """Executable to Debian package; images that need none are left out."""
    spec = lab(host("a"), host("b", image="redis"), host("c", image="internetsystemsconsortium/bind9:9.18"))
    assert packages(spec) == {"redis-server": "redis-server", "named": "bind9"}


def test_an_image_of_two_daemons_needs_both() -> None:
    """The packages of every image whose programs it holds are asked for."""
    spec = lab(host("a", image="chaoskit/haproxy-keepalived"))
    assert packages(spec) == {"haproxy": "haproxy", "keepalived": "keepalived"}


def _file(target: str, text: str) -> Mount:
    return Mount(MountKind.CONTENT, target, content=text.encode())


_ZONE = "$TTL 1\n@ SOA ns. me. 1 1 1 1 1\n@ NS ns.example.\nns A 198.18.0.10\n@ A 198.18.0.99\n"
_DNS_PROBE = (
    "import socket, sys\n"
    "q = bytes.fromhex('beef01000001000000000000') + b'\\x07example\\x00' + bytes.fromhex('00010001')\n"
    "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(1)\n"
    "s.sendto(q, ('198.18.0.10', 53)); a = s.recv(512)\n"
    "sys.exit(not (a[:2] == q[:2] and bytes([198, 18, 0, 99]) in a))\n"
)
_TCP_PROBE = "import socket, sys; socket.create_connection(('198.18.0.10', int(sys.argv[1])), 1)"


def _python(script: str, *arguments: str) -> Healthcheck:
    return Healthcheck((shutil.which("python3", path=images.PATH) or "python3", "-c", script, *arguments))


def _daemon(image: str, check: Healthcheck, *mounts: Mount, **wanted: object) -> HostSpec:
    spec = host("d", image=image, mounts=mounts, healthcheck=check, **wanted)
    return HostSpec(**{**spec.__dict__, "command": wanted.get("command")})  # type: ignore[arg-type]


_HAPROXY = """
defaults
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend f
  mode http
  bind :80
  http-request return status 200
"""
_KNOT = """
server:
  listen: 0.0.0.0@53
  user: knot:knot
database:
  storage: /var/lib/knot
zone:
  - domain: example
    file: /zones/example
"""
_NSD = """
server:
  ip-address: 0.0.0.0
  username: nsd
  zonesdir: /zones
remote-control:
  control-enable: no
zone:
  name: example
  zonefile: example
"""
_UNBOUND = """
server:
  interface: 0.0.0.0
  chroot: ""
  username: unbound
  module-config: "iterator"
  access-control: 0.0.0.0/0 allow
  local-data: "example. A 198.18.0.99"
"""
_BIND = """
options { directory "/var/cache/bind"; listen-on { any; }; dnssec-validation no; };
zone "example" { type master; file "/zones/example"; };
"""
_GDNSD = "options => { listen => 0.0.0.0 }"
_GDNSD_ZONE = "@ 1 SOA ns me 1 1 1 1 1\n@ 1 NS ns\nns 1 A 198.18.0.10\n@ 1 A 198.18.0.99\n"
_PDNS = "launch=bind\nbind-config=/zones/named.conf\nlocal-address=0.0.0.0\nsecurity-poll-suffix=\n"
_PDNS_ZONES = 'zone "example" { type master; file "/zones/example"; };'
_KEEPALIVED = """
vrrp_instance v {
  state MASTER
  interface eth0
  virtual_router_id 1
  priority 100
  advert_int 1
  virtual_ipaddress { 198.18.0.200/24 }
}
"""
_ETCD = (
    *("etcd", "--listen-client-urls", "http://0.0.0.0:2379"),
    *("--advertise-client-urls", "http://198.18.0.10:2379"),
)
_TUNNEL = """
[Interface]
Address = 198.18.85.1/30
PrivateKey = +Ej8D9QrmMLrSWqeF5zmtLZvJYrM1e4YxgmAyXq0KWQ=
Table = off
MTU = 1420
"""
_HAS_TUNNEL = Healthcheck(("sh", "-c", "wg show wg0 && ip addr show wg0 | grep -q 198.18.85.1"))
_ANSWERS = _python(_DNS_PROBE)
_ZONE_FILE = _file("/zones/example", _ZONE)
_HAS_ADDRESS = Healthcheck(("sh", "-c", "ip addr show eth0 | grep -q 198.18.0.200"))


def _listens(port: int) -> Healthcheck:
    return _python(_TCP_PROBE, str(port))


DAEMONS = {
    "nginx": _daemon("nginx", _listens(80)),
    "haproxy": _daemon("haproxy", _listens(80), _file("/usr/local/etc/haproxy/haproxy.cfg", _HAPROXY)),
    "prometheus": _daemon("prom/prometheus", _listens(9090)),
    "redis": _daemon("redis", _listens(6379), command=("--appendonly", "yes")),
    "memcached": _daemon("memcached", _listens(11211)),
    "httpd": _daemon("httpd", _listens(80), command=("httpd-foreground",)),
    "squid": _daemon("ubuntu/squid", _listens(3128)),
    "bind9": _daemon("ubuntu/bind9", _ANSWERS, _file("/etc/bind/named.conf", _BIND), _ZONE_FILE),
    "knot": _daemon("cznic/knot", _ANSWERS, _file("/etc/knot/knot.conf", _KNOT), _ZONE_FILE),
    "nsd": _daemon("nsd", _ANSWERS, _file("/etc/nsd/nsd.conf", _NSD), _ZONE_FILE),
    "unbound": _daemon("chaoskit/unbound", _ANSWERS, _file("/etc/unbound/unbound.conf", _UNBOUND)),
    "gdnsd": _daemon(
        "chaoskit/gdnsd",
        _ANSWERS,
        _file("/etc/gdnsd/config", _GDNSD),
        _file("/etc/gdnsd/zones/example", _GDNSD_ZONE),
    ),
    "pdns": _daemon(
        "powerdns/pdns-auth-49",
        _ANSWERS,
        _file("/etc/powerdns/pdns.conf", _PDNS),
        _file("/zones/named.conf", _PDNS_ZONES),
        _ZONE_FILE,
    ),
    "dnsmasq": _daemon("dnsmasq", _ANSWERS, command=("dnsmasq", "--no-resolv", "--address=/example/198.18.0.99")),
    "etcd": _daemon("quay.io/coreos/etcd:v3.5", _listens(2379), command=_ETCD),
    "postgres": _daemon("postgres:16", _listens(5432), environment={"POSTGRES_PASSWORD": "x", "POSTGRES_DB": "shop"}),
    "keepalived": _daemon(
        "keepalived", _HAS_ADDRESS, _file("/etc/keepalived/keepalived.conf", _KEEPALIVED), cap_add=("NET_ADMIN",)
    ),
    "frr": _daemon("frrouting/frr", Healthcheck(("vtysh", "-c", "show version")), cap_add=("NET_ADMIN", "SYS_ADMIN")),
    "wireguard": _daemon(
        "linuxserver/wireguard", _HAS_TUNNEL, _file("/config/wg_confs/wg0.conf", _TUNNEL), cap_add=("NET_ADMIN",)
    ),
    "router": _daemon(
        "chaoskit/router",
        Healthcheck(("sh", "-c", "wg show wg0 && vtysh -c 'show interface wg0' | grep -q 198.18.85.1")),
        _file("/etc/wireguard/wg0.conf", _TUNNEL),
        cap_add=("NET_ADMIN", "SYS_ADMIN"),
    ),
}


@pytest.mark.lab
@pytest.mark.parametrize("name", DAEMONS)
def test_the_daemon_starts_and_answers(name: str, tmp_path: Path) -> None:
    """With the image's own arguments and a minimal configuration, the real daemon serves."""
    spec = DAEMONS[name]
    image = resolve(spec.image)
    if not image.is_here:
        pytest.skip(f"{image.program} is not installed: {image.remedy}")
    began = time.monotonic()
    with up(lab(spec), tmp_path, timeout=40) as running:
        assert running.hosts["d"].status().healthy
    assert time.monotonic() - began < 60
