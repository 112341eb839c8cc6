"""Connect times that cluster where TCP retries."""

from typing import Any

import numpy as np
import pytest

from chaoskit.checks.connect_clusters import connect_clusters
from chaoskit.core.errors import DefinitionError
from chaoskit.core.history import Requests
from chaoskit.core.selector import region
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN
from tests.checks.world import fault, forecast, history, shoppers, spread


def connects(*seconds: float, **columns: Any) -> Requests:
    """Requests whose connects took so long."""
    return spread(len(seconds), connect=np.round(np.array(seconds) * 1e6), latency="8s", **columns)


def retried(n: int, *at: float) -> tuple[float, ...]:
    """So many connects at each of these times."""
    return tuple(t for t in at for _ in range(n))


@pytest.mark.parametrize(
    ("times", "outcome", "share"),
    [
        (retried(400, 1.02, 3.05, 7.3), PASS, 1.0),
        (retried(400, 1.02, 3.05, 7.3) + retried(12, 5.0), PASS, 0.99),
        (retried(400, 1.02, 3.05, 7.3) + retried(14, 5.0), FAIL, 0.988),
        (retried(400, 1.02, 3.05, 7.3) + retried(14, 0.9), FAIL, 0.988),
        (retried(800, 1.02, 3.05), FAIL, 1.0),
        (retried(333, 1.02, 3.05, 7.3), UNKNOWN, None),
        (retried(2_000, 0.001), UNKNOWN, None),
        (retried(400, 1.02, 3.05, 7.3) + retried(9_000, 0.001, 0.4), PASS, 1.0),
    ],
    ids=["all", "all but 1 %", "more between", "early ones", "one empty", "too few", "none slow", "quick ones apart"],
)
def test_slow_connects_lie_after_the_times_of_retries(
    times: tuple[float, ...], outcome: str, share: float | None
) -> None:
    """Quick ones do not count; every cluster has some; ten samples are wanted on the bound's rarer side."""
    verdict = connect_clusters(shoppers).judge(history(connects(*times)))
    assert verdict.outcome == outcome
    assert verdict.needed == 1_000
    assert verdict.measured == (None if share is None else pytest.approx(share, abs=0.0005))


def test_the_verdict_counts_each_cluster() -> None:
    """The reader sees where they were, and which is empty."""
    verdict = connect_clusters(shoppers, at=("1s", "3s"), at_least=0.9).judge(history(connects(*retried(99, 1.0), 3.0)))
    assert verdict.reason == "of 100 slow connects 99 at 1 s, 1 at 3 s"
    empty = connect_clusters(shoppers, at_least=0.9).judge(history(connects(*retried(99, 1.0), 3.0)))
    assert empty.outcome is FAIL
    assert empty.reason.endswith("0 at 7 s: none at one of them")


def test_kept_connections_and_other_clients_do_not_count() -> None:
    """A request without a connect of its own has no connect time; clients and windows narrow."""
    record = history(
        connects(*retried(50, 1.0), client="client-eu", start=5.0, seconds=10.0),
        connects(*retried(50, 2.0), client="client-na"),
        spread(500),
    )
    eu = connect_clusters(shoppers, at=("1s",), at_least=0.8, clients=region("eu"), during=fault)
    assert (eu.judge(record).outcome, eu.judge(record).samples) == (PASS, 50)
    assert connect_clusters(shoppers, at=("1s",), at_least=0.8).judge(record).outcome is FAIL


@pytest.mark.parametrize(
    "arguments",
    [
        {"at": ()},
        {"at": ("3s", "1s")},
        {"at": ("0s", "1s")},
        {"at": ("1s", "1.1s")},
        {"at_least": 1.1},
        {"within": "wide"},
    ],
)
def test_senseless_arguments_are_errors_where_they_are_written(arguments: dict[str, Any]) -> None:
    """Clusters ascend and do not touch."""
    with pytest.raises(DefinitionError, match=r"test_connect_clusters\.py:\d+: "):
        connect_clusters(shoppers, **arguments)


@pytest.mark.parametrize(("at", "expected"), [(("1s", "3s", "7s"), 700), (("1s",), 100), (("15s",), 1_200)])
def test_a_plan_expects_those_who_can_still_get_through(at: tuple[str, ...], expected: int) -> None:
    """Of a window of 12 s at 100/s those of its last seconds, as long as the last retry takes."""
    samples = connect_clusters(shoppers, at=at, during=fault).forecast(forecast())
    assert samples is not None
    assert (samples.expected, samples.needed) == (expected, 1_000)
