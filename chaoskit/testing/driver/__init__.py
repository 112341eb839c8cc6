"""The contract of drivers as a test that a driver's author calls: what `chaoskit.labs.drivers.DriverLab` demands.

    from chaoskit.testing.driver import check_driver

    def make(spec, directory, run, notify):
        return MyLab(spec, directory, run_id=run, notify=notify)

    def test_my_driver(tmp_path):
        check_driver(make, tmp_path)

It brings small labs up and takes them down again, with the image chaoskit/service, in 198.18.200.0 to 198.18.207.255.
One demand at a time: `with bench(make, folder) as on: links.nothing_leaves(on)`.
"""

from __future__ import annotations

from pathlib import Path

from chaoskit.testing.driver import links, lives, wholes
from chaoskit.testing.driver.bench import Bench, Make, bench
from chaoskit.testing.driver.wholes import Trial

__all__ = ["Bench", "Make", "Trial", "bench", "check_driver", "links", "lives", "wholes"]


def check_driver(make: Make, folder: Path) -> None:
    """Hold a driver to its contract.

    Args:
        make: a function at the top of a module, since one demand is that another process takes a lab over.
        folder: for labs and their runs.

    Raises:
        ContractBroken: a demand is not met; the message says which.
    """
    with bench(make, folder / "small") as on:
        for demand in (*lives.DEMANDS, *links.DEMANDS):
            demand(on)
    for whole in wholes.DEMANDS:
        whole(Trial(make, folder))
