from __future__ import annotations

from chaoskit.core.clock import Anchor
from chaoskit.core.units import NS
from chaoskit.report.model.utc import Utc

EPOCH = 1_772_373_787 * NS


def test_between_two_anchors_the_offset_is_interpolated() -> None:
    """A wall clock that gained 10 ms over 10 s had gained 5 ms half way."""
    utc = Utc((Anchor(0, EPOCH), Anchor(10 * NS, EPOCH + 10 * NS + 10_000_000)))
    assert utc.ns(5 * NS) == EPOCH + 5 * NS + 5_000_000
    assert utc.ns(-NS) == EPOCH - NS
    assert utc.ns(20 * NS) == EPOCH + 20 * NS + 10_000_000


def test_the_clock_is_rounded_as_seconds_since_the_origin_are() -> None:
    """A moment reads the same in both columns, over the end of a minute too."""
    utc = Utc((Anchor(0, EPOCH),))
    assert utc.clock(0) == "14:03:07.000"
    assert utc.clock(11_600_000) == "14:03:07.012"
    assert utc.clock(52_999_700_000) == "14:04:00.000"
    assert utc.clock(NS, 0) == "14:03:08"
    assert utc.date() == "2026-03-01"


def test_without_an_anchor_nothing_is_made_up() -> None:
    """A record without UTC has none in its report."""
    utc = Utc(())
    assert (utc.known, utc.ns(5), utc.clock(5), utc.date(), utc.iso()) == (False, None, "-", "-", "")
