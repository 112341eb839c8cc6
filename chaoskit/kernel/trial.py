"""Trying what the kernel has, in a network namespace of a thread that ends at once.

Reading a configuration would not tell: modules are loaded when they are asked for.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache

from chaoskit.kernel.netlink import Netlink
from chaoskit.kernel.syscalls import CLONE_NEWNET, unshare
from chaoskit.kernel.tc import new_qdisc
from chaoskit.kernel.tc_options import Netem, Shape, htb, prio

_LOOPBACK = 1
"""The index of a namespace's first device."""
_OPTIONS = {
    "netem": Netem(delay=1_000_000).encode(),
    "tbf": Shape(125_000, 16_384, 65_536).tbf(),
    "htb": htb(),
    "prio": prio(),
}


@cache
def has_qdisc(kind: str) -> bool:
    """Whether the kernel has a queueing discipline of this kind for us: `netem`, `tbf`, `htb` or `prio`."""
    with ThreadPoolExecutor(1) as thread:  # a thread of its own: it does not come back from its namespace
        return thread.submit(_added, kind).result()


def _added(kind: str) -> bool:
    try:
        unshare(CLONE_NEWNET)
        with Netlink() as netlink:
            netlink.do([new_qdisc(_LOOPBACK, kind, _OPTIONS[kind], handle=1 << 16)])
    except OSError:
        return False
    return True
