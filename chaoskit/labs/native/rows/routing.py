"""Images of routing daemons and of virtual addresses."""

from __future__ import annotations

from chaoskit.labs.native.images import Image
from chaoskit.labs.native.plan import Preparation

_FRR_START = """\
#!/bin/sh
# Starts the daemons that /etc/frr/daemons names, as the image does, and stays.
set -e
install -d -o frr -g frr -m 755 /run/frr
chown -R frr:frr /etc/frr || echo "/etc/frr is read-only" >&2
/usr/lib/frr/frrinit.sh start
exec sleep infinity
"""

ROWS = (
    Image(
        ("osixia/keepalived", "keepalived", "chaoskit/keepalived"),
        "keepalived",
        "keepalived",
        ("keepalived", "-f", "/etc/keepalived/keepalived.conf"),
        insert=("--dont-fork", "--log-console"),
    ),
    Image(
        ("chaoskit/haproxy-keepalived",),
        "",
        "",
        ("sh",),
        options_go_to_program=False,
        changes_user=True,
        also=("haproxy", "keepalived"),
        preparation=Preparation(directories=("/var/lib/haproxy:haproxy:755", "/run/haproxy:haproxy:755")),
    ),
    Image(
        ("frrouting/frr", "chaoskit/frr"),
        "/usr/lib/frr/zebra",
        "frr",
        ("docker-start",),
        options_go_to_program=False,
        changes_user=True,
        preparation=Preparation(
            directories=("/etc/frr:frr:755",),
            files={"/usr/local/bin/docker-start": _FRR_START},
        ),
    ),
)
