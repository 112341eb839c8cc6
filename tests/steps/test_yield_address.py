"""The step that asks keepalived, by its file alone: what keepalived does of it is a test of the lab `vip`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chaoskit.core.errors import StepError
from chaoskit.kernel import addresses
from chaoskit.kernel.namespaces import in_network
from chaoskit.labs.native.lab import NativeLab
from chaoskit.steps.yield_address import YieldAddress
from tests.labs.native.build import host, lab, up

pytestmark = pytest.mark.lab

VIP = "198.18.0.100"
FILE = "/run/keepalived.yield"
STEP = YieldAddress("a", VIP, FILE)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[NativeLab]:
    """A host with the address and the file, whose daemon knows of neither."""
    with up(lab(host("a")), tmp_path) as native:
        native.hosts["a"].run(["sh", "-c", f"echo 7 > {FILE}"], timeout=5)
        in_network(native.hosts["a"].netns(), lambda: addresses.take("eth0", VIP, 32))
        yield native


def says(native: NativeLab) -> str:
    """What the file holds, by the host's own word."""
    return native.hosts["a"].run(["cat", FILE], timeout=5).stdout


def test_the_file_is_written_and_restored(running: NativeLab) -> None:
    """It is confirmed once the host has let go of the address; undone twice it is undone once."""
    prior = STEP.prepare(running)
    assert not STEP.confirm(running, prior).holds
    STEP.do(running, prior)
    assert says(running) == "-254\n"
    assert not STEP.confirm(running, prior).holds
    in_network(running.hosts["a"].netns(), lambda: addresses.release("eth0", VIP, 32))
    seen = STEP.confirm(running, prior)
    assert (seen.holds, seen.what) == (True, f"a: {FILE} says -254, {VIP} is on no interface")
    for _ in range(2):
        STEP.undo(running, prior)
        assert says(running) == "7\n"


def test_a_host_without_the_file_cannot_be_asked(running: NativeLab) -> None:
    """A step error before anything is changed."""
    with pytest.raises(StepError, match="No such file"):
        YieldAddress("a", VIP, "/run/none").prepare(running)


def test_a_host_that_does_not_hold_the_address_cannot_give_it_up(running: NativeLab) -> None:
    """A step error before anything is written: the backup of a pair would be confirmed at once."""
    in_network(running.hosts["a"].netns(), lambda: addresses.release("eth0", VIP, 32))
    with pytest.raises(StepError, match=r"a does not hold 198\.18\.0\.100 and cannot give it up"):
        STEP.prepare(running)
    assert says(running) == "7\n"


def test_a_host_that_is_off_has_nothing_to_undo(running: NativeLab) -> None:
    """Its files went with it, and its daemon begins with its own."""
    prior = STEP.prepare(running)
    STEP.do(running, prior)
    running.hosts["a"].power_off()
    STEP.undo(running, prior)
    assert not STEP.confirm(running, prior).holds
