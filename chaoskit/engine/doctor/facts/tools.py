"""Programs of the machine that chaoskit calls."""

from __future__ import annotations

from collections.abc import Iterator

from chaoskit.core.errors import MissingTool
from chaoskit.engine.doctor.fact import MISSING, OK, Fact
from chaoskit.kernel.tools import find_tool

_TOOLS = (
    ("nft", "nftables", "partitions and loss cannot be made", True),
    ("nsenter", "util-linux", "commands cannot be run inside hosts", True),
    ("ss", "iproute2", "sockets cannot be listed or ended", False),
    ("tc", "iproute2", "links cannot be slowed", False),
    ("chromium", "chromium", "the browser tests of reports do not run; nothing else needs it", False),
)
"""Program, Debian package, what does not work without it, and whether every native lab needs it."""


def facts() -> Iterator[Fact]:
    """Each program, with the package that holds it."""
    for program, package, without, needed in _TOOLS:
        try:
            yield Fact(program, "tool", OK, find_tool(program, package), needed=needed)
        except MissingTool:
            install = f"apt-get install {package}"
            yield Fact(program, "tool", MISSING, "not found", without, install, package if needed else "", needed)
