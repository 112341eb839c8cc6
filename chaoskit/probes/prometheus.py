"""`prometheus`: what a Prometheus server knows, asked by its HTTP API.

    p99 = prometheus(
        'histogram_quantile(0.99, sum by (le) (rate(http_seconds_bucket[5s])))',
        series="http_seconds_bucket",
    ).at(name("prometheus"), every="1s")

    paying = prometheus("sum(rate(payments_total[1m]))", "https://prometheus.example.com", series="payments_total")
    probes = [p99, paying.from_here(every="5s")]

The first one is a host of the lab, the second one runs outside of it.
"""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from chaoskit.core.errors import UsageError
from chaoskit.core.probe import ProbeHost, Reader, probe
from chaoskit.core.step import Json
from chaoskit.core.units import NS, Duration, duration, show_duration
from chaoskit.probes.http_exchange import Server

_SELECTOR = re.compile(r"\s*(?:[a-zA-Z_:][a-zA-Z0-9_:]*\s*(?:\{.*\})?|\{.*\})\s*", re.DOTALL)
"""An instant vector selector (Prometheus, querying basics): a metric's name, matchers in braces, or both."""


@probe
def prometheus(
    host: ProbeHost,
    query: str,
    url: str = "http://127.0.0.1:9090",
    *,
    by: str | None = None,
    series: str | None = None,
    stale_after: Duration = "10s",
    token_in: str | None = None,
) -> Reader:
    """The value of an instant query: `{"value": 12.5}`, or with `by="instance"` `{"web-1:80": 3.0, "web-2:80": 4.0}`.

    Prometheus goes on answering with the last sample for five minutes, and an expression does not tell how old
    what it is made of is. So each reading asks for the age of the samples as well: older ones are an error, as are
    a query that finds no series, one that finds several where no label tells them apart, a value that is no finite
    number, and a server that does not answer in time. None of them is a zero, and a check without readings
    says unknown.

    Read it at a host of the lab with `.at(...)`: the URL is then seen from that host's network, and may name
    another host of the lab. Read a Prometheus outside of any lab with `.from_here(...)`.

    Args:
        host: where it is asked from.
        query: an expression in PromQL whose value is a number, or a number a series.
        url: of the server, with the path it is served under, if any.
        by: the label whose values name the numbers.
        series: the samples the query is made of, as a selector such as `http_requests_total{job="web"}`; may be
            left out where the query is a selector itself.
        stale_after: the age up to which the newest sample of each series counts; at least two scrape intervals.
        token_in: the variable of the environment that holds a bearer token; its value is not recorded.

    Raises:
        UsageError: the URL is none, the query is an expression and `series` is missing, or the variable is not set.
    """
    made_of = series if series is not None else query
    if not _SELECTOR.fullmatch(made_of):
        raise UsageError(
            f"how old the samples of {made_of!r} are cannot be seen",
            remedy="Name the series it is made of: series='http_requests_total{job=\"web\"}'.",
        )
    server = _Server(_split(url, host), host.timeout, _headers(token_in))
    limit = duration(stale_after) / NS

    def read() -> Mapping[str, Json]:
        until = time.monotonic() + host.timeout
        _refuse_old(server.ask(f"max(time() - timestamp({made_of}))", until), made_of, limit)
        return _values(server.ask(query, until), query, by)

    return read


@dataclass(frozen=True)
class _Server:
    url: SplitResult
    timeout: float
    headers: Mapping[str, str]

    def ask(self, query: str, until: float) -> Any:
        """The `data` of an instant query (Prometheus, HTTP API, instant queries).

        Raises:
            OSError: no answer until then (CLOCK_MONOTONIC, seconds), or one that says no.
        """
        asked = urlencode({"query": query, "timeout": f"{max(1, int(self.timeout * 1000))}ms"})
        target = f"{self.url.path.rstrip('/')}/api/v1/query?{asked}"
        tls = self.url.scheme == "https"
        server = Server(self.url.hostname or "", self.url.port or (443 if tls else 80), tls)
        try:
            answer = server.ask("GET", target, until, headers=self.headers)
        except TimeoutError as error:
            raise TimeoutError(f"Prometheus did not answer within {self.timeout:g} s") from error
        said = answer.object()
        if said.get("status") != "success":
            raise OSError(f"Prometheus says {said.get('error')!r} (status {answer.status})")
        return said["data"]


def _split(url: str, host: ProbeHost) -> SplitResult:
    """The parts of a URL, with the address of a host of the lab in place of its name: nobody resolves those here."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{url!r} is no URL", remedy="Write http://ADDRESS:9090 or https://NAME.")
    named = host.topology.by_name.get(parts.hostname)
    if named is None or not host.info.links:
        return parts
    nets = {link.network for link in host.info.links}
    address = next((link.address for link in named.links if link.network in nets), None)
    if address is None:
        raise UsageError(f"{host.info.name} shares no network with {named.name}", remedy="Read it at another host.")
    return parts._replace(netloc=f"{address}:{parts.port}" if parts.port else address)


def _headers(token_in: str | None) -> Mapping[str, str]:
    if token_in is None:
        return {}
    token = os.environ.get(token_in)
    if not token:
        raise UsageError(f"the variable {token_in} is not set", remedy=f"export {token_in}=... holds a bearer token.")
    return {"Authorization": f"Bearer {token}"}


def _refuse_old(data: Any, series: str, limit: float) -> None:
    """See that there are samples, and that of each series the newest is young enough."""
    ages = _samples(data)
    if not ages:
        raise OSError(f"no series matches {series}")
    age = max(value for _, value in ages)
    if not age <= limit:
        raise OSError(f"the newest sample of {series} is {show_duration(round(age * NS))} old, {limit:g} s at most")


def _values(data: Any, query: str, by: str | None) -> Mapping[str, Json]:
    samples = _samples(data)
    if not samples:
        raise OSError(f"no series: {query} gives nothing")
    if by is None:
        if len(samples) > 1:
            raise OSError(f"{query} gives {len(samples)} series; aggregate them, or tell them apart with by='LABEL'")
        return {"value": _finite(samples[0][1], query)}
    values = {labels.get(by, ""): _finite(value, query) for labels, value in samples}
    if len(values) < len(samples) or "" in values:
        raise OSError(f"the label {by!r} does not tell the {len(samples)} series of {query} apart")
    return values


def _samples(data: Any) -> Sequence[tuple[Mapping[str, str], float]]:
    """Labels and value of each sample; a scalar is one without labels."""
    kind, result = data["resultType"], data["result"]
    if kind == "scalar":
        return [({}, float(result[1]))]
    if kind == "vector":
        return [(sample["metric"], float(sample["value"][1])) for sample in result]
    raise OSError(f"a {kind} is no number; an instant query of a vector or a scalar is wanted")


def _finite(value: float, query: str) -> float:
    if not math.isfinite(value):
        raise OSError(f"{query} is {value}: there was nothing to measure")
    return value
