"""Tables that end with their process."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from chaoskit.core.errors import LabError
from chaoskit.kernel import nft
from chaoskit.kernel.libnftables import OwnedTables
from chaoskit.kernel.namespaces import in_network
from tests.wire import Wire, until, wired

pytestmark = pytest.mark.lab

TABLE = "table inet chaoskit_own { flags owner; }"
CODE = f"""
import sys
from pathlib import Path
from chaoskit.kernel.libnftables import OwnedTables
from chaoskit.kernel.namespaces import enter_network
enter_network(Path(sys.argv[1]))
with OwnedTables() as tables:
    tables.load("{TABLE}")
    print("loaded", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def wire() -> Iterator[Wire]:
    """One host."""
    with wired("a") as hosts:
        yield hosts


def test_a_table_ends_with_its_process_and_nobody_else_may_delete_it(wire: Wire) -> None:
    """SIGKILL leaves nothing of it, without any undo."""
    network = wire.networks["a"]
    with subprocess.Popen(
        [sys.executable, "-c", CODE, str(network)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "loaded\n"
        assert nft.tables(network) == ("chaoskit_own",)
        with pytest.raises(LabError, match="not permitted"):
            nft.delete(network, "chaoskit_own")
        process.send_signal(signal.SIGKILL)
    assert until(lambda: nft.tables(network) == ())


def test_a_context_that_is_closed_takes_its_tables_along(wire: Wire) -> None:
    """What is refused is an error that says what nft said, and the others stay until the end."""

    def inside() -> None:
        with OwnedTables() as tables:
            tables.load(TABLE)
            with pytest.raises(LabError, match=r"nft refuses the ruleset: .*syntax error"):
                tables.load("table inet {")
            assert nft.tables(wire.networks["a"]) == ("chaoskit_own",)

    in_network(wire.networks["a"], inside)
    assert nft.tables(wire.networks["a"]) == ()
