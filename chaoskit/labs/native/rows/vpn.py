"""Images of virtual private networks, and of routers that have one."""

from __future__ import annotations

from chaoskit.labs.native.images import Image
from chaoskit.labs.native.plan import Preparation
from chaoskit.labs.native.rows import routing

_TUNNELS = """\
#!/bin/sh
# Brings up every tunnel there is a configuration of, as the image does: by the kernel's WireGuard, or by wireguard-go
# where the kernel has none (wg-quick(8) decides).
set -e
for file in /etc/wireguard/*.conf /config/wg_confs/*.conf; do
    [ ! -e "$file" ] || wg-quick up "$file"
done
[ $# -gt 0 ] || set -- sleep infinity
exec "$@"
"""

_FRR = next(row for row in routing.ROWS if "chaoskit/frr" in row.names)

ROWS = (
    Image(("masipcat/wireguard-go", "wireguard-go"), "wireguard-go", "wireguard-go", ("wireguard-go", "-f", "wg0")),
    Image(
        ("linuxserver/wireguard", "chaoskit/wireguard"),
        "wg",
        "wireguard-tools",
        (),
        entrypoint=("tunnels-up",),
        options_go_to_program=False,
        also=("wireguard-go",),
        preparation=Preparation(files={"/usr/local/bin/tunnels-up": _TUNNELS}),
    ),
    Image(
        ("chaoskit/router",),
        "",
        "",
        _FRR.command,
        entrypoint=("tunnels-up",),
        options_go_to_program=False,
        changes_user=_FRR.changes_user,
        also=("chaoskit/frr", "chaoskit/wireguard", "wireguard-go"),
        preparation=Preparation(
            directories=_FRR.preparation.directories,
            files={**(_FRR.preparation.files or {}), "/usr/local/bin/tunnels-up": _TUNNELS},
        ),
    ),
)
