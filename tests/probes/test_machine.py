"""What the machine says about itself."""

from pathlib import Path

import pytest

from chaoskit.probes.machine import read_machine


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A /proc with known content."""
    (tmp_path / "stat").write_text("cpu  1 2 3 4 5 6 7 8 90 90\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
    (tmp_path / "loadavg").write_text("1.25 0.50 0.25 1/100 4711\n")
    (tmp_path / "pressure").mkdir()
    (tmp_path / "pressure" / "cpu").write_text(
        "some avg10=2.50 avg60=0.00 avg300=0.00 total=4711\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=9\n"
    )
    return tmp_path


def test_each_figure_is_where_proc_has_it(proc: Path) -> None:
    """Guest time is part of user time already and not counted twice; `some` is read, not `full`."""
    reading = dict(read_machine(proc))
    assert reading.pop("cpus") in range(1, 10_000)
    assert reading == {
        "psi_cpu_total_us": 4711,
        "psi_cpu_avg10": 2.5,
        "steal_ticks": 8,
        "total_ticks": 36,
        "load1": 1.25,
    }


def test_a_kernel_without_pressure_information_says_none(proc: Path) -> None:
    """The other figures are still there."""
    (proc / "pressure" / "cpu").unlink()
    (proc / "pressure").rmdir()
    reading = read_machine(proc)
    assert (reading["psi_cpu_total_us"], reading["psi_cpu_avg10"]) == (None, None)
    assert reading["steal_ticks"] == 8


def test_counters_of_this_machine_only_grow() -> None:
    """Two readings are comparable by their difference."""
    first, second = read_machine(), read_machine()
    for name in ("psi_cpu_total_us", "steal_ticks", "total_ticks"):
        earlier, later = first[name], second[name]
        assert (earlier is None) == (later is None)
        assert earlier is None or later is None or earlier <= later
