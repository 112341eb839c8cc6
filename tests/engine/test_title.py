"""How checks read with the names of an experiment."""

import pytest

from chaoskit.checks.availability import availability
from chaoskit.checks.goodput import goodput
from chaoskit.checks.latency import latency
from chaoskit.core.check import Check
from chaoskit.core.load import Outcome
from chaoskit.core.names import Names
from chaoskit.engine.title import title
from tests.checks.world import fault, others, shoppers

NAMES = Names({shoppers: "shoppers", others: "others", fault: "fault"})


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (availability(shoppers, at_least=0.9, during=fault), "availability(shoppers, at_least=0.9, during=fault)"),
        (
            goodput(shoppers, others, of="9/s", at_least=0.9),
            "goodput(shoppers, others, of='9/s', at_least=0.9, variation=1.0)",
        ),
        (
            latency(shoppers, quantile=0.9, at_most="1s", of=(Outcome.OK, Outcome.RESET)),
            "latency(shoppers, quantile=0.9, at_most='1s', of=ok, reset)",
        ),
        (
            latency(shoppers, quantile=0.9, at_most="1s", of=Outcome),
            "latency(shoppers, quantile=0.9, at_most='1s', of=Outcome)",
        ),
    ],
    ids=["one of each", "several loads", "several outcomes", "every outcome"],
)
def test_objects_are_called_by_their_names(check: Check, text: str) -> None:
    """One by one and several, as their author would write them."""
    assert title(check, NAMES) == text
