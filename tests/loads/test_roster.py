"""Who shares a run's schedule."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chaoskit.loads.roster import Roster


def test_those_who_stay_keep_their_order_and_who_joins_comes_last() -> None:
    """Each is told all changes, also from before it joined."""
    roster = Roster(("a", "b", "c"))
    assert roster.change(5, frozenset("acx"), 1.0)
    assert not roster.change(6, frozenset("xca"), 1.0)
    assert roster.change(7, frozenset("acx"), 2.0)
    assert roster.deals("a") == [[0, 0, 3, 1.0], [5, 0, 3, 1.0], [7, 0, 3, 2.0]]
    assert roster.deals("x") == [[0, 0, 0, 1.0], [5, 2, 3, 1.0], [7, 2, 3, 2.0]]
    assert roster.deals("b") == [[0, 1, 3, 1.0], [5, 0, 0, 1.0], [7, 0, 0, 2.0]]
    assert (roster.members, roster.pace) == (("a", "c", "x"), 2.0)


@given(st.lists(st.tuples(st.integers(0, 100), st.frozensets(st.sampled_from("abcdef"), min_size=1)), max_size=8))
def test_every_arrival_has_one_owner_at_any_time(changes: list[tuple[int, frozenset[str]]]) -> None:
    """Whatever changes: in each span the numbers of the members are 0, 1, ... and moments never go back."""
    roster = Roster(("a", "b"))
    for since, members in changes:
        roster.change(since, members, 1.0)
    told = [roster.deals(member) for member in "abcdef"]
    for span in zip(*told, strict=True):
        assert len({(since, pace) for since, _index, _of, pace in span}) == 1
        taking = sorted((index, of) for _since, index, of, _pace in span if of)
        assert taking == [(index, len(taking)) for index in range(len(taking))]
    sinces = [deal[0] for deal in told[0]]
    assert sinces == sorted(sinces)
