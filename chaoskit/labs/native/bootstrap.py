"""Start of the island process: `python -I -S bootstrap.py FD FD`, without the packages it has no use for.

The island forks once for every host, so it must be small, and a lab of twenty hosts is up in the
time that the import of chaoskit's whole vocabulary takes. Python would import it with the package;
a bare package of the same name and folder stands in for it here.
"""

import os
import sys
import types

_PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))


def _bare_package(name: str, folder: str) -> None:
    module = types.ModuleType(name)
    module.__path__ = [folder]
    sys.modules[name] = module


if __name__ == "__main__":
    _bare_package("chaoskit", _PACKAGE)
    _bare_package("chaoskit.labs", f"{_PACKAGE}/labs")
    _bare_package("chaoskit.labs.native", f"{_PACKAGE}/labs/native")

    from chaoskit.labs.native.island import main

    main(int(sys.argv[1]), int(sys.argv[2]))
