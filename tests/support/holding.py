"""A runner that brings a lab up, breaks it in three ways and then only waits: for tests of who undoes that.

`python -m tests.support.holding DRIVER COMPOSE DIRECTORY SECONDS`: SECONDS until the keeper has to undo by itself.
It says `in force`, and each turn of what the keeper does by itself.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from chaoskit.core.lab import Lab
from chaoskit.core.units import NS
from chaoskit.engine.facts import place
from chaoskit.engine.keeping import start_keeper
from chaoskit.engine.order import Order
from chaoskit.engine.paths import new_run_id
from chaoskit.kernel.identity import Identity
from chaoskit.kernel.nft import PREFIX
from chaoskit.labs.load import load_lab
from chaoskit.steps.link import SetLink
from chaoskit.steps.nft import Nft
from chaoskit.steps.pause import Pause

_LIVES_S = 90
"""So that a test that was killed leaves nothing either."""
TABLE = f"{PREFIX}held"
CHAIN = "chain deaf { type filter hook prerouting priority raw; ip saddr @unheard counter drop; }"


def main() -> None:
    """Be that runner."""
    driver, compose, directory, lasting = sys.argv[1:]
    spec = load_lab(Lab(compose, base=Path.cwd()))
    run = new_run_id(spec.name)
    order = Order(run, "holding", driver, spec, Path(directory), place(run, driver), Identity.of(os.getpid()))
    keeping = start_keeper(order)
    print(run, flush=True)
    print("remarks", *keeping.remarks, flush=True)
    keeping.lab.up(60)
    expires = time.monotonic_ns() + round(float(lasting) * NS)
    cut = Nft("web-1", TABLE, "hears nobody", {"unheard": ("198.18.207.12",)}, (CHAIN,), 600 * NS)
    keeping.lab.apply("cut", [cut, SetLink("web-1", "front", "eth0")], expires)
    keeping.lab.apply("freeze", [Pause("web-2")], expires)
    print("in force", flush=True)
    until = time.monotonic() + _LIVES_S
    while keeping.alive and time.monotonic() < until:
        for one in keeping.lab.news().by_itself:
            print(one.action, one.what, *one.failures, flush=True)
        time.sleep(0.05)


if __name__ == "__main__":
    main()
