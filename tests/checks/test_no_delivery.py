"""What must not arrive: none of it, of enough tries."""

from collections.abc import Callable

import pytest

from chaoskit.checks.no_delivery import no_delivery
from chaoskit.core.errors import DefinitionError
from chaoskit.core.selector import role
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN, Verdict
from chaoskit.core.window import window
from chaoskit.probes.http_json import http_json
from chaoskit.probes.tcp_counters import tcp_counters
from chaoskit.testing import make_history, readings

got = http_json("/counters", 9100).at(role("client"), every="100ms")
sent = tcp_counters("TcpOutRsts").at(role("service"), every="100ms")


def judged(strays_from: float = 99.0, *, tries: int = 3, **more: object) -> Verdict:
    """Thirty seconds with so many tries a second; a stray byte a second from some moment on."""
    told = (
        *readings("got", "client-eu", lambda t: {"strays": max(0, int(t - strays_from))}),
        *readings("got", "client-na", {"strays": 7}),
        *readings("sent", "web-eu-1", lambda t: {"resets": int(t * tries)} if t != 1.0 else "timed out"),
    )
    history = make_history(readings=told, names={"got": got, "sent": sent})
    return no_delivery(got, "strays", tried=sent, tries="resets", needed=20, **more).judge(history)  # type: ignore[arg-type]


def test_nothing_delivered_in_enough_tries_passes() -> None:
    """Counters count from before the run: only their rise matters."""
    verdict = judged()
    assert (verdict.outcome, verdict.measured, verdict.samples, verdict.needed) == (PASS, 0, 89, 20)
    assert verdict.reason == "strays rose by 0 in 89 tries (resets)"


def test_anything_delivered_fails() -> None:
    """At any host; how much of it is measured."""
    verdict = judged(strays_from=20)
    assert (verdict.outcome, verdict.measured) == (FAIL, 9)


def test_a_delivery_fails_even_in_few_tries_but_none_is_unknown() -> None:
    """One counterexample is enough; its absence takes samples."""
    assert judged(strays_from=5, tries=0).outcome is FAIL
    verdict = judged(tries=0)
    assert (verdict.outcome, verdict.reason) == (UNKNOWN, "only 0 tries by resets, 20 needed")


def test_only_the_window_counts() -> None:
    """Deliveries before it are another's."""
    assert judged(strays_from=-5, during=window(lasting="300ms")).outcome is UNKNOWN
    assert judged(strays_from=20, during=window(lasting="15s")).outcome is PASS


def test_a_counter_that_was_not_read_is_unknown() -> None:
    """Without two readings there is no rise."""
    history = make_history(readings=readings("got", "client-eu", {"other": 1}), names={"got": got, "sent": sent})
    verdict = no_delivery(got, "strays", tried=sent, tries="resets", needed=20).judge(history)
    assert (verdict.outcome, verdict.reason) == (UNKNOWN, "strays at client-eu: no two readings")
    assert no_delivery(got, "other", tried=sent, tries="resets", needed=20).judge(history).reason == (
        "resets: no two readings at any host"
    )


def test_a_counter_that_began_anew_hides_nothing() -> None:
    """Five strays, and none after the receiver came back: what it counted last is not known, and no pass either."""
    assert (
        anew(lambda t: 5 if t < 15 else 0, tries=3).reason
        == "strays at client-eu: it fell from 5 to 0, so it began anew"
    )
    assert anew(lambda t: 5 if t < 15 else 0, tries=0).outcome is UNKNOWN
    assert anew(lambda t: 5 if t < 15 else 7 if t < 20 else 0, tries=3).measured == 2
    assert anew(lambda t: 5 if t < 15 else int(t > 20), tries=0).outcome is FAIL


def anew(strays: Callable[[float], int], *, tries: int) -> Verdict:
    """Of a receiver that counts so, and so many tries a second."""
    told = (
        *readings("got", "client-eu", lambda t: {"strays": strays(t)}),
        *readings("sent", "web-eu-1", lambda t: {"resets": int(t * tries)}),
    )
    history = make_history(readings=told, names={"got": got, "sent": sent})
    return no_delivery(got, "strays", tried=sent, tries="resets", needed=20).judge(history)


def test_tries_are_not_counted_across_a_new_beginning() -> None:
    """Whoever counts them began anew: how many there were is not known."""
    told = (
        *readings("got", "client-eu", {"strays": 0}),
        *readings("sent", "web-eu-1", lambda t: {"resets": int(t * 3) % 60}),
    )
    history = make_history(readings=told, names={"got": got, "sent": sent})
    verdict = no_delivery(got, "strays", tried=sent, tries="resets", needed=20).judge(history)
    assert (verdict.outcome, verdict.reason) == (
        UNKNOWN,
        "resets at web-eu-1: it fell from 59 to 0, so it began anew",
    )


def test_a_check_that_needs_no_try_is_refused() -> None:
    """It could not fail."""
    with pytest.raises(DefinitionError, match="at least one try"):
        no_delivery(got, "strays", tried=sent, tries="resets", needed=0)
