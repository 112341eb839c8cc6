import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.load import OUTCOMES, Connections, Outcome, load
from chaoskit.core.naming import Dns, DnsCache
from chaoskit.core.request import get
from chaoskit.core.selector import role
from chaoskit.core.units import NS
from tests.checks.world import Even


def test_a_load_reads_its_durations() -> None:
    """Strings with units become ns; no connection life means no limit."""
    made = load(get("http://x/"), Even(1), clients=role("client"), timeout="500ms", connection_life="10s")
    assert (made.timeout, made.connection_life, made.retries) == (NS // 2, 10 * NS, 0)
    plain = load(get("http://x/"), Even(1), clients=role("client"))
    assert (plain.timeout, plain.connection_life) == (NS, None)
    assert (plain.connections, plain.naming) == (Connections.KEEP_ALIVE, Dns(DnsCache.TTL))
    assert plain.where.file == __file__
    assert plain.named("shoppers").label == "shoppers"
    with pytest.raises(UsageError, match="no duration"):
        load(get("http://x/"), Even(1), clients=role("client"), timeout="soon")


def test_outcomes_have_the_codes_that_records_on_disk_use() -> None:
    """The order is part of the recorded format: new outcomes are added at the end."""
    assert [str(outcome) for outcome in OUTCOMES[:17]] == [
        "ok",
        "bad",
        "4xx",
        "503",
        "5xx",
        "other status",
        "no address",
        "dns timeout",
        "connect timeout",
        "response timeout",
        "body timeout",
        "refused",
        "reset",
        "unreachable",
        "bad response",
        "late",
        "no port",
    ]
    assert len(set(OUTCOMES)) == len(OUTCOMES) == len(Outcome)
