from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chaoskit.core.history import Event, Requests
from chaoskit.core.load import Outcome
from chaoskit.core.result import ArmResult
from chaoskit.report.model import model_of
from chaoskit.testing import happened, make_history, readings, rows
from tests.report import synthetic


def story(arm: ArmResult) -> list[tuple[float, str]]:
    """Moments in seconds, rounded to tenths, and what they are."""
    return [(round(one.t / 1e9, 1), one.what) for one in model_of(arm).milestones]


def test_the_outage_is_told_in_order(tmp_path: Path) -> None:
    """Done, first error, confirmed, detected by the balancer and by the resolver, the outage over, undone."""
    assert story(synthetic.arm(tmp_path)) == [
        (0.0, "start"),
        (5.0, "done"),
        (5.0, "first error"),
        (5.0, "confirmed"),
        (6.0, "detected"),
        (8.6, "detected"),
        (10.9, "longest outage ends"),
        (12.3, "note"),
        (17.0, "undo"),
        (17.6, "undone"),
        (30.0, "end"),
    ]


def test_a_twin_that_never_fails_over_is_served_again_after_the_repair(tmp_path: Path) -> None:
    """The resolver detects nothing, and eu is served again only once its instances are back."""
    told = story(synthetic.arm(tmp_path, recovers=False))
    assert (18.1, "longest outage ends") in told
    assert [t for t, what in told if what == "detected"] == [6.0]


def test_errors_before_the_fault_are_not_put_down_to_it(tmp_path: Path) -> None:
    """The first error of a fault ended after the fault began."""
    history = make_history(
        [rows(), rows(at=[2.0, 7.0], outcome=Outcome.RESET)],
        events=happened("outage", begin=5, undone=9),
        readings=readings("alive", "web-eu-1", lambda t: {"state": "exited" if t > 5 else "running"}),
    )
    told = story(ArmResult("guarded", "", tmp_path, history, (), (), ""))
    assert [t for t, what in told if what == "first error"] == [7.0]
    assert "detected" not in [what for _, what in told], "a host's death is the fault itself, not its detection"


def test_a_guard_that_trips_is_part_of_the_story(tmp_path: Path) -> None:
    """Whoever reads the story learns why the run ended."""
    history = make_history([rows()], events=[Event(9 * 10**9, "guard", "floor", "tripped")])
    assert (9.0, "guard") in story(ArmResult("guarded", "", tmp_path, history, (), (), ""))


def told_of(*traffic: Requests, events: Sequence[Event]) -> list[tuple[float, str, str]]:
    """The story of a run with this traffic and these events."""
    arm = ArmResult("guarded", "", Path(), make_history(traffic, events=events), (), (), "")
    return [(round(one.t / 1e9, 1), one.what, one.text) for one in model_of(arm).milestones]


def test_a_few_failures_among_successes_are_no_outage_that_ends() -> None:
    """A success every 10 ms: a gap of 20 ms is told by its first error only."""
    failing = rows(at=[5.005, 8.005], outcome=Outcome.RESET)
    told = told_of(rows(), failing, events=happened("outage", begin=5, undone=9))
    assert [what for _, what, _ in told if what in ("first error", "longest outage ends")] == ["first error"]


def test_the_outage_of_one_load_is_told_beside_another_that_went_on() -> None:
    """The group as a whole had successes throughout, one of its loads none for 10 s."""
    went_on = rows("lookups")
    alone = [
        rows("lone", seconds=5, every="100ms"),
        rows("lone", start=5, seconds=10, every="100ms", outcome=Outcome.UNAVAILABLE),
        rows("lone", start=15, seconds=15, every="100ms"),
    ]
    told = told_of(went_on, *alone, events=happened("cut", begin=5, undone=14))
    assert (15.0, "longest outage ends", "eu, lone: a success again, after 10 s without one") in told
    assert len([what for _, what, _ in told if what == "longest outage ends"]) == 1


def test_who_a_late_target_was_is_told_where_the_action_is() -> None:
    """The field of the question and the host; with the question's label where it has one."""
    asked = {
        "found_by(etcd_members(2379) at role('registry'), 'leader')": "etcd-a",
        "leader_after(etcd_members(2379) at role('registry'), 'leader')": "etcd-c",
        "who holds it": "lb-b",
    }
    begun = Event(5 * 10**9, "action", "cut", "begin", {"action": "partition(...)", "answers": asked})
    (text,) = [text for _, what, text in told_of(rows(), events=[begun]) if what == "done"]
    assert text == "cut: partition(...); leader: etcd-a; leader (leader_after): etcd-c; who holds it: lb-b"


def test_what_made_the_lab_is_no_fault() -> None:
    """An action before load begins is told as such, and no error is put down to it."""
    events = [Event(-(10**9), "action", "way", "begin", {"action": "advertise_route(...)"})]
    told = told_of(rows(), rows(at=[2.0], outcome=Outcome.RESET), events=events)
    assert [(t, what) for t, what, _ in told] == [(-1.0, "before ready"), (0.0, "start"), (30.0, "end")]


def test_an_outage_never_ends_before_its_first_error() -> None:
    """Requests that time out are told where they were asked, as the outage is, with how long it took to see it."""
    failing = rows(start=5, seconds=1, every="10ms", outcome=Outcome.RESPONSE_TIMEOUT, latency="2s")
    told = told_of(rows(seconds=5), failing, rows(start=6, seconds=24), events=happened("cut", begin=5, undone=9))
    assert [(t, what) for t, what, _ in told if "error" in what or "outage" in what] == [
        (5.0, "first error"),
        (6.0, "longest outage ends"),
    ]
    assert "2 s after cut" in next(text for _, what, text in told if what == "first error")
