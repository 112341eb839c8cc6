from __future__ import annotations

from chaoskit.core.history import Reading
from chaoskit.core.units import NS
from chaoskit.report.model.lanes import Lane, Stay, how_often, lanes, thin
from chaoskit.testing import readings
from tests.report import synthetic

LENGTH = 30 * NS


def of(*parts: tuple[Reading, ...]) -> dict[str, list[str]]:
    """The states of each lane in their order."""
    every = [reading for part in parts for reading in part]
    found = lanes(every, synthetic.topology(), LENGTH)
    return {f"{lane.probe} {lane.thing}": [stay.state for stay in lane.stays] for lane in found}


def test_an_answer_is_read_as_the_regions_it_points_at() -> None:
    """Known addresses become regions; unknown ones stay addresses; none at all is the response code."""
    said = {
        "a": {"addresses": ["198.18.0.13"], "ttl": 2, "rcode": "NOERROR"},
        "b": {"addresses": ["198.18.0.23", "198.18.0.13"], "ttl": 2, "rcode": "NOERROR"},
        "c": {"addresses": ["127.0.0.9"], "ttl": 2, "rcode": "NOERROR"},
        "d": {"addresses": [], "ttl": 0, "rcode": "SERVFAIL"},
    }
    found = of(*(readings("dns", name, value) for name, value in said.items()))
    assert found == {"dns a": ["eu"], "dns b": ["eu + na"], "dns c": ["127.0.0.9"], "dns d": ["SERVFAIL"]}


def test_every_server_of_a_balancer_has_a_lane() -> None:
    """One goes down, the other does not."""
    found = of(readings("pools", "lb-eu", lambda t: {"eu/a": "UP" if t < 5 else "DOWN", "eu/b": "UP"}))
    assert found == {"pools lb-eu · eu/a": ["UP", "DOWN"], "pools lb-eu · eu/b": ["UP"]}


def test_a_failed_reading_shows_in_every_lane_of_its_probe_and_host() -> None:
    """Not knowing is a state of its own, on that host alone; a probe that never answered has a lane too."""
    found = of(
        readings("pools", "lb-eu", lambda t: "timeout" if t < 1 else {"eu/a": "UP", "eu/b": "UP"}),
        readings("pools", "lb-na", {"na/a": "UP"}),
        readings("dns", "resolver-eu", lambda _: "refused"),
    )
    assert found == {
        "pools lb-eu · eu/a": ["error: timeout", "UP"],
        "pools lb-eu · eu/b": ["error: timeout", "UP"],
        "pools lb-na · na/a": ["UP"],
        "dns resolver-eu": ["error: refused"],
    }


def test_a_hosts_life_is_one_lane() -> None:
    """Its pid is no state, and a healthcheck that fails shows beside the state."""
    found = of(readings("alive", "a", lambda t: {"state": "running", "pid": int(t), "healthy": t < 5}))
    assert found == {"alive a": ["running", "running, unhealthy"]}


def test_numbers_make_no_lane_and_this_machine_is_not_shown() -> None:
    """Counters are drawn as lines; readings for the gates are no part of the system under test."""
    assert of(readings("tcp", "web-eu-1", {"TcpOutRsts": 4}), readings("machine", "", {"state": "busy"})) == {}


def test_a_state_reaches_to_the_next_one() -> None:
    """Stays have no gaps, and the last one lasts to the end of the run."""
    (lane,) = lanes(
        readings("alive", "web-eu-1", lambda t: {"state": "running" if t < 5 else "exited"}),
        synthetic.topology(),
        LENGTH,
    )
    assert lane.liveness
    assert lane.stays[0].end == lane.stays[1].start == 5 * NS + 1_000_000
    assert lane.stays[-1].end == LENGTH


def test_flapping_is_drawn_as_changing() -> None:
    """A thousand short stays are one, so that a report stays small; long ones are untouched."""
    flapping = [Stay(10 + i, 11 + i, "ab"[i % 2]) for i in range(1000)]
    lane = Lane("p", "h", (Stay(0, 10, "a"), *flapping, Stay(1010, 2000, "b")))
    assert thin(lane, 5) == (Stay(0, 10, "a"), Stay(10, 1010, "changing"), Stay(1010, 2000, "b"))


def test_failed_readings_between_equal_states_are_no_change() -> None:
    """A probe that missed one answer has not detected anything."""
    stays = (Stay(0, 5, "eu"), Stay(5, 6, "error: timeout"), Stay(6, 9, "eu"), Stay(9, 12, "na"))
    assert Lane("p", "h", stays).first_change(1, 20) == Stay(9, 12, "na")
    assert Lane("p", "h", stays[:3]).first_change(1, 20) is None


def test_an_empty_text_can_be_seen() -> None:
    """A route without a gateway says so by a dash."""
    assert of(readings("way", "gw", {"via": "", "device": "wg0"})) == {
        "way gw · via": ["-"],
        "way gw · device": ["wg0"],
    }


def test_a_state_that_some_readings_lack_was_not_there_throughout() -> None:
    """The readings that lack it, or failed, are counted."""
    taken = readings("pool", "lb", lambda t: {"a/1": "UP", **({"a/2": "UP"} if t >= 1 else {})}, seconds=3)
    one, two = lanes(taken, synthetic.topology(), LENGTH)
    assert how_often(one.said, one.taken) == "throughout"
    assert how_often(two.said, two.taken) == "in 20 of 30 readings"
