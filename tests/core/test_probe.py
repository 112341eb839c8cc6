from collections.abc import Callable, Iterable, Mapping

import pytest

from chaoskit.core.errors import DefinitionError, UsageError
from chaoskit.core.host import HostState, Status
from chaoskit.core.probe import THIS_MACHINE, Closable, ProbeHost, probe
from chaoskit.core.selector import role
from chaoskit.core.topology import HostInfo
from chaoskit.testing import host, topology_of


class _Site:
    """A host whose state a test sets."""

    info, topology = HostInfo("web", "web"), topology_of([host("web", "198.18.1.1")])
    timeout, files = 1.0, None
    states: Iterable[HostState] = ()

    def status(self) -> Status:
        """The next state; running when there is none."""
        self.states = iter(self.states)
        return Status(next(self.states, HostState.RUNNING))


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
    first, second = bound.open(_Site()), bound.open(_Site())
    assert [first()["n"], first()["n"], second()["n"]] == [5, 6, 5]


def test_a_probe_may_read_from_outside_the_lab() -> None:
    """It then has no hosts of the lab; `at` brings it back in."""
    away = counted().from_here(every="2s", timeout="500ms")
    assert (away.outside, away.hosts, away.every, away.timeout) == (True, None, 2 * 10**9, 5 * 10**8)
    back = away.at(role("client"), every="1s")
    assert (back.outside, str(back.hosts)) == (False, "role('client')")


@pytest.mark.parametrize("states", [[HostState.OFF], [HostState.RUNNING, HostState.OFF]])
def test_of_a_host_that_is_off_or_goes_off_meanwhile_there_is_no_reading(states: list[HostState]) -> None:
    """An error says so: what the reader's thread can still see is a network that is no longer the host's."""
    site = _Site()
    site.states = states
    read = counted().open(site)
    with pytest.raises(ConnectionResetError, match="web is off, its network is gone"):
        read()
    assert read()["n"] == len(states) - 1


def test_a_probe_of_the_hosts_state_itself_is_asked_of_one_that_is_off() -> None:
    """It says so where it is declared; and from outside the lab there is no state to look at."""

    @probe(even_off=True)
    def state(host: ProbeHost) -> Callable[[], Mapping[str, str]]:
        """The state."""
        return lambda: {"state": host.status().state.value}

    site = _Site()
    site.states = [HostState.OFF]
    assert state().open(site)() == {"state": "off"}

    away = _Site()
    away.info, away.states = THIS_MACHINE, [HostState.OFF]
    assert counted(7).from_here(every="1s").open(away)() == {"n": 7}


def test_a_reader_that_can_be_closed_is() -> None:
    """The rule about hosts that are off does not hide that."""
    closed = []

    class Reading:
        def __call__(self) -> Mapping[str, int]:
            return {}

        def close(self) -> None:
            closed.append(True)

    @probe
    def closable(_host: ProbeHost) -> Reading:
        """Can be closed."""
        return Reading()

    read = closable().open(_Site())
    assert isinstance(read, Closable)
    read.close()
    assert closed == [True]


def test_arguments_are_looked_at_where_they_are_written_and_again_with_the_host() -> None:
    """A mistake has file and line, both times; `at` and `named` keep what was declared."""

    @probe
    def level(host: ProbeHost, tank: str) -> Callable[[], Mapping[str, int]]:
        raise NotImplementedError

    @level.accepts
    def _(given: Mapping[str, object]) -> None:
        if not given["tank"]:
            raise UsageError("no tank")

    @level.suits
    def _(given: Mapping[str, object], host: HostInfo) -> None:
        if given["tank"] == host.name:
            raise UsageError("not its own")

    with pytest.raises(DefinitionError, match=r"test_probe.py:\d+: no tank"):
        level("")
    placed = level("web").at(role("web"), every="1s").named("mine")
    placed.see_that_it_suits(HostInfo("db", "db"))
    with pytest.raises(DefinitionError, match=r"test_probe.py:\d+: level: not its own"):
        placed.see_that_it_suits(HostInfo("web", "web"))
