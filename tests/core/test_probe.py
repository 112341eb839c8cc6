from collections.abc import Callable, Mapping

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.probe import ProbeHost, probe
from chaoskit.core.selector import role


@probe
def counted(host: ProbeHost, start: int = 0) -> Callable[[], Mapping[str, int]]:
    """Count its own readings."""
    del host
    numbers = iter(range(start, 1_000))
    return lambda: {"n": next(numbers)}


def test_a_probe_is_a_value_that_is_placed_afterwards() -> None:
    """`at` gives hosts and rhythm, `named` a name; the first value stays as it was."""
    bare = counted(5)
    placed = bare.at(role("client"), every="100ms").named("count")
    assert (bare.hosts, bare.label, str(bare)) == (None, None, "counted(5)")
    assert (str(placed.hosts), placed.every, placed.timeout, placed.label) == ("role('client')", 10**8, 10**8, "count")
    assert placed.where.file == __file__


@pytest.mark.parametrize(
    ("every", "timeout", "ns"), [("1s", None, 10**9), ("10ms", None, 5 * 10**7), ("10ms", "2s", 2 * 10**9)]
)
def test_a_reading_may_take_its_interval_or_what_is_given(every: str, timeout: str | None, ns: int) -> None:
    """Never less than 50 ms unless that is what is asked for."""
    assert counted().at(role("client"), every=every, timeout=timeout).timeout == ns
    with pytest.raises(UsageError):
        counted().at(role("client"), every="soon")


def test_opening_gives_a_reader_of_its_own() -> None:
    """Each host's reader keeps its own state."""
    bound = counted(5)
    first, second = bound.open(None), bound.open(None)  # type: ignore[arg-type]
    assert [first()["n"], first()["n"], second()["n"]] == [5, 6, 5]


def test_a_probe_may_read_from_outside_the_lab() -> None:
    """It then has no hosts of the lab; `at` brings it back in."""
    away = counted().from_here(every="2s", timeout="500ms")
    assert (away.outside, away.hosts, away.every, away.timeout) == (True, None, 2 * 10**9, 5 * 10**8)
    back = away.at(role("client"), every="1s")
    assert (back.outside, str(back.hosts)) == (False, "role('client')")
