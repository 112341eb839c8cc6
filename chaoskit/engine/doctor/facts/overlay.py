"""Overlay file systems: how a host of a lab gets a root of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

from chaoskit.engine.doctor.fact import MISSING, OK, SUBSTITUTE, Fact
from chaoskit.engine.doctor.trial import trial


def facts() -> Iterator[Fact]:
    """Whether `/` can be the lower layer of an overlay."""
    refused = trial().get("overlay", "not tried, for want of namespaces")
    if not refused:
        yield Fact("overlay of /", "machine", OK, "works", needed=True)
    elif os.geteuid() != 0:
        yield Fact("overlay of /", "machine", SUBSTITUTE, refused, "hosts share /usr and get a copy of /etc and /var")
    else:
        yield Fact("overlay of /", "machine", MISSING, refused, "no native lab runs", "modprobe overlay", needed=True)
