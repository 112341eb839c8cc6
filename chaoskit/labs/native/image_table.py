"""The images that programs of this machine stand for, with the arguments the official images start them with."""

from __future__ import annotations

from chaoskit.labs.native.images import Image
from chaoskit.labs.native.rows import base, dns, routing, state, vpn, watching, web

ROWS: tuple[Image, ...] = (*base.ROWS, *dns.ROWS, *web.ROWS, *state.ROWS, *routing.ROWS, *vpn.ROWS, *watching.ROWS)

BY_NAME = {name: image for image in ROWS for name in image.names}
