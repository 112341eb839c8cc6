"""Probes while they run, in this process's own network."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chaoskit.core.clock import MonotonicClock
from chaoskit.core.errors import UsageError
from chaoskit.core.history import Reading
from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.selector import everything
from chaoskit.engine.plan import PlannedProbe
from chaoskit.engine.probing import Probing
from chaoskit.testing import FakeLab, two_regions

pytestmark = pytest.mark.lab

HERE = Path("/proc/self/ns/net")


class _Sink:
    """Keeps readings, and lets a test wait for them."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self._came = threading.Condition()

    def now(self) -> int:
        return time.monotonic_ns()

    def reading(self, reading: Reading) -> None:
        with self._came:
            self.readings.append(reading)
            self._came.notify_all()

    def wait(self, count: int) -> list[Reading]:
        with self._came:
            assert self._came.wait_for(lambda: len(self.readings) >= count, 5)
        return self.readings[:count]


def _probing(
    reader: Callable[[ProbeHost], Reader], sink: _Sink, *, files: Path | None = None, **networks: Path
) -> Probing:
    @probe
    def watched(host: ProbeHost) -> Reader:
        return reader(host)

    topology = two_regions()
    web = topology.by_name["web-eu-1"]
    lab = FakeLab(topology, networks={"web-eu-1": networks.get("network", HERE)})
    planned = PlannedProbe("watched", watched().at(everything(), every="5ms"), (web,))
    return Probing(lab, (planned,), sink, MonotonicClock(), files)


def _reading(values: list[object]) -> Callable[[ProbeHost], Reader]:
    """A reader that gives one value after the other, and the last one for ever; exceptions are raised."""
    rest = itertools.chain(values, itertools.repeat(values[-1]))

    def read() -> dict[str, object]:
        value = next(rest)
        if isinstance(value, Exception):
            raise value
        return {"value": value}

    return lambda _host: read  # type: ignore[return-value]


def test_readings_are_taken_in_their_rhythm_until_told_to_stop() -> None:
    """Each has its place and what it said; after `stop` no further one comes."""
    sink = _Sink()
    probing = _probing(_reading([1, 2]), sink)
    probing.start()
    first, second = sink.wait(2)
    probing.stop()
    count = len(sink.readings)
    assert (first.probe, first.host, first.value, first.error) == ("watched", "web-eu-1", {"value": 1}, "")
    assert second.value == {"value": 2}
    assert second.t - first.t >= 4_000_000
    assert not [thread for thread in threading.enumerate() if thread.name == "probe watched"]
    assert len(sink.readings) == count


def test_what_never_started_can_be_stopped() -> None:
    """A lab that does not come up is told as such: its probes, which nothing started, are no second error."""
    sink = _Sink()
    _probing(_reading([1]), sink).stop()
    assert sink.readings == []


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (TimeoutError("too late"), "too late"),
        (ValueError("what is that?"), "ValueError: what is that?"),
        (b"not JSON", "TypeError: Object of type bytes is not JSON serializable"),
    ],
)
def test_whatever_goes_wrong_with_a_reading_is_its_error(raised: object, said: str) -> None:
    """The next reading is taken all the same."""
    sink = _Sink()
    probing = _probing(_reading([raised, "fine"]), sink)
    probing.start()
    first, second = sink.wait(2)
    probing.stop()
    assert (first.value, first.error) == ({}, said)
    assert (second.value, second.error) == ({"value": "fine"}, "")
    assert probing.problem is None


def test_a_probe_that_cannot_be_opened_stops_the_run() -> None:
    """A mistake in the probe is said at once and not tried again and again."""

    def refuses(_host: ProbeHost) -> Reader:
        raise KeyError("no such counter")

    sink = _Sink()
    probing = _probing(refuses, sink)
    probing.start()
    probing.stop()
    assert "no such counter" in str(probing.problem)
    assert sink.readings == []


def test_a_host_without_a_network_is_entered_when_it_has_one_again(tmp_path: Path) -> None:
    """While it is off readings are errors; then the same probe reads on."""
    sink = _Sink()
    network = tmp_path / "net"
    probing = _probing(_reading([1]), sink, network=network)
    probing.start()
    assert "cannot enter the network namespace" in sink.wait(1)[0].error
    network.symlink_to(HERE)
    assert not sink.wait(3)[-1].error
    probing.stop()


def test_probes_are_open_before_they_read_and_closed_after_their_last_reading(tmp_path: Path) -> None:
    """What counts from its opening on misses nothing of what happens before the load; each has a folder of its own."""
    happened: list[str] = []

    class Counting:
        def __call__(self) -> dict[str, int]:
            happened.append("read")
            return {}

        def close(self) -> None:
            happened.append("closed")

    def opens(host: ProbeHost) -> Reader:
        happened.append(f"opened for {host.files}")
        return Counting()

    sink = _Sink()
    probing = _probing(opens, sink, files=tmp_path)
    probing.open()
    time.sleep(0.05)
    assert happened == [f"opened for {tmp_path / 'watched'}"]
    probing.start()
    sink.wait(2)
    probing.stop()
    assert happened[1] == "read"
    assert happened.count("closed") == 1
    assert happened[-1] == "closed"


def test_probes_of_a_run_that_never_begins_are_closed_unread() -> None:
    """A boot action may fail between opening and reading."""
    sink = _Sink()
    closed = threading.Event()

    class Idle:
        def __call__(self) -> dict[str, int]:
            return {}

        def close(self) -> None:
            closed.set()

    probing = _probing(lambda _host: Idle(), sink)
    probing.open()
    probing.stop()
    assert closed.is_set()
    assert sink.readings == []


def test_what_cannot_be_read_at_a_host_is_a_usage_error_before_the_run() -> None:
    """It is the experiment's mistake and says where it was made: nothing is to be judged unknown for it."""

    def open_(host: ProbeHost) -> Reader:
        raise UsageError(f"{host.info.name} is on no network 'front'")

    probing = _probing(open_, _Sink())
    with pytest.raises(UsageError, match=r"test_probing.py:\d+: watched: web-eu-1 is on no network 'front'"):
        probing.open()
    probing.stop()


def test_a_probe_of_the_state_alone_needs_no_network() -> None:
    """It is read of a host whose network cannot be entered, such as one that uses another container's."""

    @probe(even_off=True, networked=False)
    def state(host: ProbeHost) -> Reader:
        return lambda: {"state": host.status().state.value}

    topology = two_regions()
    web = topology.by_name["web-eu-1"]
    lab = FakeLab(topology, networks={"web-eu-1": Path("/nowhere")})
    sink = _Sink()
    probing = Probing(
        lab, (PlannedProbe("state", state().at(everything(), every="5ms"), (web,)),), sink, MonotonicClock()
    )
    probing.start()
    (first,) = sink.wait(1)
    probing.stop()
    assert (first.value, first.error) == ({"state": "running"}, "")
