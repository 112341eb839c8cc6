"""Start a keeper that does not descend from its runner: whoever ends the runner's process tree does not end it.

runner --> this --> keeper      becomes      runner     init --> keeper
"""

from __future__ import annotations

import os


def main() -> None:
    """`python -m chaoskit.engine.detached CONNECTION LIFELINE`: as `chaoskit.engine.keeper`, of which it is the parent.

    It forks before anything is imported that may start threads, which do not survive a fork.
    """
    if os.fork():
        os._exit(0)
    from chaoskit.engine.keeper import main as keep  # noqa: PLC0415

    keep()


if __name__ == "__main__":
    main()
