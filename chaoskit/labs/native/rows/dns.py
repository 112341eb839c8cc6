"""Images of name servers and resolvers."""

from __future__ import annotations

from chaoskit.labs.native.images import Image
from chaoskit.labs.native.plan import Preparation

ROWS = (
    Image(
        ("mvance/unbound", "klutchell/unbound", "nlnetlabs/unbound", "unbound", "chaoskit/unbound"),
        "unbound",
        "unbound",
        ("unbound", "-d", "-c", "/etc/unbound/unbound.conf"),
        insert=("-d",),
        changes_user=True,
        preparation=Preparation(directories=("/run/unbound:unbound:755", "/var/lib/unbound:unbound:755")),
    ),
    Image(
        ("internetsystemsconsortium/bind9", "ubuntu/bind9", "bind9", "chaoskit/bind9"),
        "named",
        "bind9",
        ("-g", "-c", "/etc/bind/named.conf"),
        entrypoint=("named", "-u", "bind"),
        changes_user=True,
        preparation=Preparation(
            directories=("/run/named:bind:775", "/var/cache/bind:bind:775", "/var/log/bind:bind:775")
        ),
    ),
    Image(
        ("cznic/knot", "knot", "chaoskit/knot"),
        "knotd",
        "knot",
        ("knotd",),
        changes_user=True,
        preparation=Preparation(
            directories=(
                *("/run/knot:knot:755", "/var/lib/knot:knot:770"),
                *("/config:knot:755", "/rundir:knot:755", "/storage:knot:755"),
            )
        ),
    ),
    Image(
        ("nlnetlabs/nsd", "nsd", "chaoskit/nsd"),
        "nsd",
        "nsd",
        ("nsd", "-d", "-c", "/etc/nsd/nsd.conf"),
        changes_user=True,
        preparation=Preparation(directories=("/run/nsd:nsd:755", "/var/lib/nsd:nsd:755")),
    ),
    Image(
        (*(f"powerdns/pdns-auth-{version}" for version in range(44, 52)), "pdns", "chaoskit/pdns"),
        "pdns_server",
        "pdns-backend-bind",
        ("pdns_server", "--config-dir=/etc/powerdns"),
        insert=("--guardian=no", "--daemon=no", "--disable-syslog", "--write-pid=no"),
        changes_user=True,
        preparation=Preparation(directories=("/run/pdns:pdns:755", "/var/lib/powerdns:pdns:755")),
    ),
    Image(
        ("gdnsd", "chaoskit/gdnsd"),
        "gdnsd",
        "gdnsd",
        ("gdnsd", "-f", "-c", "/etc/gdnsd", "start"),
        preparation=Preparation(directories=("/run/gdnsd:gdnsd:755", "/var/lib/gdnsd:gdnsd:755")),
    ),
    Image(
        ("jpillora/dnsmasq", "4km3/dnsmasq", "strm/dnsmasq", "dnsmasq", "chaoskit/dnsmasq"),
        "dnsmasq",
        "dnsmasq-base",
        ("dnsmasq",),
        insert=("--keep-in-foreground", "--log-facility=-"),
        changes_user=True,
    ),
)
