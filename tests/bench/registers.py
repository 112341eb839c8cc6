"""How long the linearizability of 10,000 operations takes to judge: `tests/bench/registers.py [--json FILE]`.

Half of the operations are writes of a value of their own. A history has an order, or one read is exchanged for a
stale one; writes of unknown effect are those of a client that a partition cut off. Seconds are of processor time:
`search` is the search for an order, `conflict` the comparison of zones that names a contradiction.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from chaoskit.checks.register import Operation
from chaoskit.checks.register_conflict import conflict
from chaoskit.checks.register_search import search
from tests.checks.registers import long_history

OPERATIONS = 10_000
AT_ONCE = (10, 25, 50)
UNSURE = (0.0, 0.1, 0.5)
STALE_AT = 9_000


def stale(operations: Sequence[Operation]) -> list[Operation]:
    """The same with one read, late in the history, of what had been overwritten long before."""
    old = next(op.value for op in operations if op.is_read and op.value != "initial")
    late = next(i for i in range(STALE_AT, len(operations)) if operations[i].is_read)
    return [*operations[:late], replace(operations[late], value=old), *operations[late + 1 :]]


def seconds(judge: Callable[[], object], expected: object) -> float:
    """Processor time; the judgement must be the right one."""
    before = time.process_time()
    found = judge()
    took = time.process_time() - before
    assert found == expected, f"{found} is not {expected}"
    return took


def row(at_once: int, unsure: float) -> dict[str, float]:
    """One line of the table."""
    good = long_history(OPERATIONS, at_once, unsure=unsure)
    bad = stale(good)
    return {
        "at_once": at_once,
        "unsure": unsure,
        "search": seconds(lambda: search(good, "initial", 60).linearizable, True),
        "conflict": seconds(lambda: bool(conflict(good, "initial")), False),
        "stale_search": seconds(lambda: search(bad, "initial", 60).linearizable, False),
        "stale_conflict": seconds(lambda: bool(conflict(bad, "initial")), True),
    }


def main() -> None:
    """Measure, print, and write the figures where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    print("at once  unsure   search  conflict   stale: search  conflict")
    rows = []
    for at_once in AT_ONCE:
        for unsure in UNSURE:
            one = row(at_once, unsure)
            rows.append(one)
            print(
                f"{at_once:7d} {unsure:7.0%} {one['search']:6.2f} s {one['conflict']:7.2f} s "
                f"{one['stale_search']:13.2f} s {one['stale_conflict']:7.2f} s"
            )
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
