"""What must not arrive: none of it, of enough tries."""

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
    assert (verdict.outcome, verdict.reason) == (UNKNOWN, "no two readings of strays at client-eu")
    assert no_delivery(got, "other", tried=sent, tries="resets", needed=20).judge(history).reason == (
        "no two readings of resets at any host"
    )


def test_a_check_that_needs_no_try_is_refused() -> None:
    """It could not fail."""
    with pytest.raises(DefinitionError, match="at least one try"):
        no_delivery(got, "strays", tried=sent, tries="resets", needed=0)
