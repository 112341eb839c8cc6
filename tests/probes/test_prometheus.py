"""`prometheus` against a real Prometheus that scrapes a real target, in a host's network and from outside of it."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chaoskit.checks.reading import reading
from chaoskit.core.errors import UsageError
from chaoskit.core.history import Reading
from chaoskit.core.probe import THIS_MACHINE, Probe, Reader
from chaoskit.core.topology import Topology
from chaoskit.core.verdict import UNKNOWN
from chaoskit.probes.prometheus import prometheus
from chaoskit.testing import make_history
from tests.probes.daemons import Observed, answers, daemon, observed, opened, written
from tests.wire import Wire, until, wired

CONFIG = """
global: {scrape_interval: 200ms, scrape_timeout: 200ms}
scrape_configs:
  - job_name: shop
    metrics_path: /metrics
    static_configs: [{targets: ["127.0.0.1:8000"]}]
"""
TARGET = """
import http.server, time
class Metrics(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        text = 'orders_total 7\\nstock{item="tea"} 3\\nstock{item="salt"} 0\\nidle NaN\\n'
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", 8000), Metrics).serve_forever()
"""


real = pytest.mark.skipif(not shutil.which("prometheus"), reason="apt-get install --no-install-recommends prometheus")


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers a query as `self.server.said` says, and notes what it was asked."""

    def do_GET(self) -> None:
        """One instant query."""
        asked = parse_qs(urlsplit(self.path).query)["query"][0]
        self.server.asked.append((self.path.partition("?")[0], asked, self.headers.get("Authorization")))  # type: ignore[attr-defined]
        status, body = self.server.said(asked)  # type: ignore[attr-defined]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Be quiet."""


Said = Callable[[str], tuple[int, str]]
Asked = list[tuple[str, str, str | None]]


@contextmanager
def server(said: Said) -> Iterator[tuple[str, Asked]]:
    """A server outside of any lab; its URL, and what it has been asked."""
    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    listening.said, listening.asked = said, []  # type: ignore[attr-defined]
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}", listening.asked  # type: ignore[attr-defined]
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


def vector(*samples: tuple[Mapping[str, str], str]) -> str:
    """The answer to an instant query, as the HTTP API has it."""
    result = [{"metric": dict(labels), "value": [1_700_000_000.1, value]} for labels, value in samples]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}})


def fresh(body: str, age: str = "0.5") -> Said:
    """Says how old the samples are when asked for that, else the body."""
    return lambda asked: (200, vector(({}, age)) if "timestamp(" in asked else body)


def here(probe: Probe, *, timeout: float = 2.0) -> Reader:
    """The probe read from this machine."""
    return probe.open(Observed(THIS_MACHINE, Topology("none", (), ()), timeout))


def test_a_prometheus_elsewhere_is_asked_by_its_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the path it is served under, with the token of the environment; the age is asked of the same samples."""
    monkeypatch.setenv("SHOP_TOKEN", "secret")
    with server(fresh(vector(({}, "12.5")))) as (url, asked):
        probe = prometheus("sum(rate(a_total[1m]))", f"{url}/prom/", series='a_total{x="y"}', token_in="SHOP_TOKEN")
        assert here(probe)() == {"value": 12.5}
    assert asked == [
        ("/prom/api/v1/query", 'max(time() - timestamp(a_total{x="y"}))', "Bearer secret"),
        ("/prom/api/v1/query", "sum(rate(a_total[1m]))", "Bearer secret"),
    ]
    assert "secret" not in str(probe)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (fresh(vector()), "no series"),
        (fresh(vector(({}, "1")), age="10.5"), "10.5 s old, 10 s at most"),
        (lambda _: (200, vector()), "no series matches"),
        (fresh(vector(({"a": "1"}, "1"), ({"a": "2"}, "2"))), "gives 2 series"),
        (fresh(vector(({}, "NaN"))), "nothing to measure"),
        (fresh(vector(({}, "+Inf"))), "nothing to measure"),
        (lambda _: (400, '{"status": "error", "errorType": "bad_data", "error": "parse error"}'), "parse error"),
        (lambda _: (502, "<html>bad gateway</html>"), "no JSON"),
        (fresh('{"status": "success", "data": {"resultType": "string", "result": [1, "x"]}}'), "a string is no number"),
    ],
)
def test_what_is_not_known_is_an_error_and_never_a_zero(said: Said, error: str) -> None:
    """Missing, old, ambiguous or not to be measured: a check that has nothing else says unknown."""
    with server(said) as (url, _):
        probe = prometheus("a", url).from_here(every="1s")
        with pytest.raises(OSError, match=error) as caught:
            here(probe)()
    failed = [Reading(t, 1, "p", THIS_MACHINE.name, {}, str(caught.value)) for t in (0, 1)]
    history = make_history((), readings=failed, names={"p": probe})
    verdict = reading(probe, "value", at_most=1e9).judge(history)
    assert (verdict.outcome, error in verdict.reason) == (UNKNOWN, True)


def test_a_label_names_the_numbers_of_several_series() -> None:
    """One that does not tell them apart is an error; a scalar has a value."""
    two = vector(({"instance": "a:1", "x": "1"}, "1"), ({"instance": "b:1", "x": "1"}, "2"))
    with server(fresh(two)) as (url, _):
        assert here(prometheus("a", url, by="instance"))() == {"a:1": 1.0, "b:1": 2.0}
        for label in ("x", "job"):
            with pytest.raises(OSError, match="does not tell the 2 series"):
                here(prometheus("a", url, by=label))()
    scalar = json.dumps({"status": "success", "data": {"resultType": "scalar", "result": [1.0, "4"]}})
    with server(fresh(scalar)) as (url, _):
        assert here(prometheus("scalar(a)", url, series="a"))() == {"value": 4.0}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"query": "sum(a)"}, "cannot be seen"),
        ({"query": "rate(a[1m])", "series": "rate(a[1m])"}, "cannot be seen"),
        ({"query": "a", "url": "prometheus:9090"}, "is no URL"),
        ({"query": "a", "url": "ftp://x/"}, "is no URL"),
        ({"query": "a", "token_in": "NO_SUCH_VARIABLE"}, "is not set"),
        ({"query": "a", "stale_after": "soon"}, "soon"),
    ],
)
def test_what_cannot_work_is_said_before_the_run(arguments: dict[str, Any], said: str) -> None:
    """By the error that names the argument."""
    with pytest.raises(UsageError, match=said):
        here(prometheus(**arguments))


@pytest.mark.parametrize("query", ["up", 'a:b{c="}"}', '{__name__=~"a.*"}', " up "])
def test_a_selector_needs_no_other_one(query: str) -> None:
    """Its own samples are what it is made of."""
    with server(fresh(vector(({}, "1")))) as (url, asked):
        assert here(prometheus(query, url))() == {"value": 1.0}
    assert asked[0][1] == f"max(time() - timestamp({query}))"


def test_a_server_that_hangs_is_a_timeout() -> None:
    """Within the time a reading may take."""
    release = threading.Event()

    def hang(_: str) -> tuple[int, str]:
        release.wait(10)
        return 200, vector()

    with server(hang) as (url, _):
        with pytest.raises(TimeoutError, match=r"did not answer within 0\.2 s"):
            here(prometheus("a", url), timeout=0.2)()
        release.set()


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """Prometheus and its target on one host."""
    folder = tmp_path_factory.mktemp("prometheus")
    config = written(folder, "prometheus.yml", CONFIG)
    run = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"]
    target = written(folder, "target.py", TARGET)
    with wired("watcher", "other") as wire, daemon(wire, "watcher", [*run, "--log.level=error"]):
        with daemon(wire, "watcher", ["python3", target]):
            read = opened(wire, prometheus("orders_total"), observed(wire, "watcher"))
            assert until(answers(read, lambda said: said == {"value": 7.0}), 20)
            yield wire
        # The target has gone: Prometheus marks its series stale at the next scrape.
        assert until(lambda: _fails(read, "no series"), 10)


def _fails(read: Reader, how: str) -> bool:
    try:
        read()
    except OSError as error:
        return how in str(error)
    return False


@real
@pytest.mark.lab
def test_a_real_prometheus_gives_what_it_scraped(watched: Wire) -> None:
    """A value, several by a label, an expression; NaN, a series that is not there and a wrong query are errors."""
    host = observed(watched, "watcher")

    def read(query: str, **options: Any) -> Mapping[str, Any]:
        return opened(watched, prometheus(query, **options), host)()

    assert read("stock", by="item") == {"tea": 3.0, "salt": 0.0}
    assert read("sum(stock) * 2", series="stock") == {"value": 6.0}
    for query, error in (("idle", "nothing to measure"), ("gone", "no series matches gone"), ("stock", "2 series")):
        with pytest.raises(OSError, match=error):
            read(query)
    with pytest.raises(OSError, match="parse error"):
        read("sum(stock", series="stock")


@real
@pytest.mark.lab
def test_samples_older_than_they_may_be_are_an_error(watched: Wire) -> None:
    """A scrape interval of 200 ms gives samples that are never younger than a bound of 1 ms for long."""
    read = opened(watched, prometheus("orders_total", stale_after="1ms"), observed(watched, "watcher"))
    assert until(lambda: _fails(read, "old, 0.001 s at most"), 5)


@real
@pytest.mark.lab
def test_another_host_of_the_lab_is_asked_by_its_name(watched: Wire) -> None:
    """Its address on a network of both stands for it; where nobody listens the connection is refused."""
    there = observed(watched, "other")
    assert opened(watched, prometheus("orders_total", "http://watcher:9090"), there)() == {"value": 7.0}
    with pytest.raises(ConnectionRefusedError):
        opened(watched, prometheus("orders_total"), there)()
