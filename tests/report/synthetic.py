"""A run as the engine would record it: the eu pool dies for twelve seconds under load from two regions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from chaoskit.core.clock import Anchor
from chaoskit.core.history import Event, History, Meta, Reading, Requests
from chaoskit.core.load import Outcome
from chaoskit.core.names import Names
from chaoskit.core.result import ArmResult, ExperimentResult, Judged, Proof
from chaoskit.core.step import Json
from chaoskit.core.topology import REGION, ROLE, HostInfo, Link, Network, Topology
from chaoskit.core.units import NS
from chaoskit.core.verdict import Unit, Verdict, held_to, unknown
from chaoskit.core.window import Span
from chaoskit.testing import make_history, readings, rows

CLAIM = "eu clients are served by na soon after losing every eu instance"
BEGIN, END = 5.0, 17.0
FAILED_OVER, HOME = 10.9, 20.6
EPOCH = 1_772_373_787 * NS


def topology() -> Topology:
    """Two regions behind one edge network: clients, resolvers and balancers on it, instances behind the balancers."""
    hosts: list[HostInfo] = []
    for number, region in ((1, "eu"), (2, "na")):
        hosts.append(_host("client", f"client-{region}", region, ("edge", f"198.18.0.{number}0")))
        hosts.append(_host("resolver", f"resolver-{region}", region, ("edge", f"198.18.0.{number}1")))
        hosts.append(_host("gslb", f"gslb-{region}", region, ("edge", f"198.18.0.{number}2")))
        both = (("edge", f"198.18.0.{number}3"), (region, f"198.18.{number}.3"))
        hosts.append(_host("balancer", f"lb-{region}", region, *both))
        hosts += [
            _host("service", f"web-{region}-{i}", region, (region, f"198.18.{number}.{10 + i}")) for i in (1, 2, 3)
        ]
    nets = (("edge", 0), ("eu", 1), ("na", 2))
    return Topology("gslb", tuple(hosts), tuple(Network(net, f"198.18.{number}.0/24") for net, number in nets))


def _host(role: str, name: str, region: str, *links: tuple[str, str]) -> HostInfo:
    labels = {ROLE: role, REGION: region}
    listed = tuple(
        Link(name, net, f"eth{i}", address, 24, f"02:42:00:00:{i:02x}:{len(name):02x}")
        for i, (net, address) in enumerate(links)
    )
    return HostInfo(name, name, labels, listed)


def traffic(*, recovers: bool, rate: int = 250, seed: int = 1) -> list[Requests]:
    """Requests of both regions over 30 s; without recovery eu clients fail until the instances are back."""
    rng = np.random.default_rng(seed)
    switched, home = (FAILED_OVER, HOME) if recovers else (END + 1.1, END + 1.1)
    parts = [_served(rng, rate, "na", "na", (0, 30)), _served(rng, rate, "eu", "eu", (0, BEGIN))]
    parts.append(_failing(rng, rate, (BEGIN, BEGIN + 0.4), Outcome.RESET, 3000))
    parts.append(_failing(rng, rate, (BEGIN + 0.4, switched), Outcome.UNAVAILABLE, 1500))
    parts.append(_served(rng, rate, "eu", "na", (switched, home)))
    parts.append(_served(rng, rate, "eu", "eu", (home, 30)))
    return [part for part in parts if len(part)]


def _moments(rng: np.random.Generator, rate: int, span: tuple[float, float]) -> np.ndarray:
    return np.sort(rng.uniform(*span, rng.poisson(rate * max(0.0, span[1] - span[0]))))


def _served(rng: np.random.Generator, rate: int, client: str, server: str, span: tuple[float, float]) -> Requests:
    at = _moments(rng, rate, span)
    far = 0.0 if client == server else 82_000.0
    tail = np.where(rng.random(len(at)) < 0.01, rng.exponential(18_000, len(at)), 0)
    return rows(
        "shoppers",
        at=at,
        client=f"client-{client}",
        server="198.18.0.13" if server == "eu" else "198.18.0.23",
        instance=[f"web-{server}-{i}" for i in rng.integers(1, 4, len(at))],
        latency=(far + 1800 + rng.gamma(3.0, 700, len(at)) + tail).astype(np.int32),
    )


def _failing(
    rng: np.random.Generator, rate: int, span: tuple[float, float], outcome: Outcome, latency: int
) -> Requests:
    at = _moments(rng, rate, span)
    took = (latency + rng.gamma(2.0, 300, len(at))).astype(np.int32)
    server = "198.18.0.13"
    return rows("shoppers", at=at, client="client-eu", server=server, instance="", outcome=outcome, latency=took)


def events(*, twin: bool = False) -> list[Event]:
    """Phases, the outage with its steps and evidence, and an operator's note."""
    eu = [f"web-eu-{i}" for i in (1, 2, 3)]
    data: Mapping[str, Json] = {
        "action": "crash(role('service') & region('eu'))",
        "hosts": list(eu),
        "steps": [f"kill -KILL {host}" for host in eu],
    }
    gone: Mapping[str, Json] = {"evidence": [f"{host}: process {4100 + i} is gone" for i, host in enumerate(eu)]}
    back: Mapping[str, Json] = {"evidence": [f"{host}: process {4200 + i} answers" for i, host in enumerate(eu)]}
    phases = [("lab", -4.2), ("ready", -3.4), ("steady", -2.0), ("run", 0.0), ("quiet", 28.0), ("down", 30.1)]
    return [
        *(Event(_ns(t), "phase", name, "begin") for name, t in phases),
        Event(_ns(BEGIN), "action", "outage", "begin", data),
        Event(_ns(BEGIN + 0.041), "action", "outage", "confirmed", gone),
        Event(_ns(END), "action", "outage", "end"),
        Event(_ns(END + 0.62), "action", "outage", "undone", back),
        *([] if twin else [Event(_ns(12.3), "note", "", 'dashboards agree: eu traffic <at> na & "steady"')]),
    ]


def probe_readings(*, recovers: bool) -> list[Reading]:
    """DNS answers, balancer states, liveness and TCP counters, as the probes of the demo give them."""

    def answer(home: str) -> Mapping[str, Json]:
        return {"addresses": ["198.18.0.13" if home == "eu" else "198.18.0.23"], "ttl": 2, "rcode": "NOERROR"}

    def eu_answer(t: float) -> Mapping[str, Json] | str:
        if 8.4 <= t < 8.6:
            return "no answer within 50 ms"
        return answer("na" if recovers and 8.6 <= t < 20.1 else "eu")

    def servers(t: float) -> Mapping[str, Json]:
        return {f"eu/web-eu-{i}": "DOWN" if BEGIN + 0.9 + i / 10 <= t < END + 1.2 else "UP" for i in (1, 2, 3)}

    def counted(t: float) -> Mapping[str, Json]:
        resets = max(0.0, min(t, FAILED_OVER) - BEGIN) * 40
        return {"TcpOutRsts": int(resets), "TcpRetransSegs": int(t * 2 + resets / 2), "TcpInErrs": 0}

    def alive(t: float) -> Mapping[str, Json]:
        return {"state": "exited" if BEGIN <= t < END + 0.5 else "running"}

    found = [
        *readings("answers", "resolver-eu", eu_answer, every="50ms"),
        *readings("answers", "resolver-na", answer("na"), every="50ms"),
        *readings("pools", "lb-eu", servers, every="100ms"),
        *readings("pools", "lb-na", {f"na/web-na-{i}": "UP" for i in (1, 2, 3)}, every="100ms"),
        *readings("tcp", "client-eu", counted, every="500ms"),
        *readings("machine", "", {"psi_some": 0.5}, every="1s"),
    ]
    for i in (1, 2, 3):
        found += readings("alive", f"web-eu-{i}", alive, every="100ms")
        found += readings("alive", f"web-na-{i}", {"state": "running"}, every="100ms")
    return found


def history(*, recovers: bool = True) -> History:
    """The guarded run, or the twin that keeps answering with the dead region."""
    made = make_history(
        traffic(recovers=recovers),
        events=events(twin=not recovers),
        readings=probe_readings(recovers=recovers),
        topology=topology(),
    )
    arm = "guarded" if recovers else "plain-dns"
    environment: Mapping[str, Json] = {
        "chaoskit": "0.1.0",
        "python": "3.11.2",
        "kernel": "6.1.0-18-amd64",
        "cores": 4,
        "daemons": {"unbound": "1.17.1", "gdnsd": "3.8.0", "haproxy": "2.6.12"},
        "lab": {"created_s": 0.41, "ready_s": 2.87},
    }
    meta = Meta(
        f"20260301-140307-gslb.pool_death-{arm}",
        "gslb.pool_death",
        arm,
        CLAIM,
        "experiments/gslb.py",
        7,
        30 * NS,
        10**12,
        "native",
        {"rate": "500/s", "ttl": "2s"},
        environment,
    )
    anchors = tuple(Anchor(t * NS, EPOCH + t * NS + t * 900) for t in (0, 10, 20, 30))
    return History(
        meta,
        made.topology,
        Names(),
        made.requests,
        made.events,
        made.readings,
        made.generated,
        anchors,
    )


def arm(directory: Path, *, recovers: bool = True) -> ArmResult:
    """The run, judged, with logs on disk."""
    run = history(recovers=recovers)
    name = run.meta.arm
    _write_logs(directory / name)
    gates = (
        _judged("steady", "", held_to(1.0, ">=", 0.999, Unit.SHARE, "held for 2 s before the first fault")),
        _judged("lag", "", held_to(0.0021, "<=", 0.05, Unit.SECONDS, "99th percentile of the generator's own delay")),
    )
    return ArmResult(
        name,
        "" if recovers else "plain DNS",
        directory / name,
        run,
        gates,
        checks(recovers=recovers),
        f"chaoskit run gslb.pool_death{'' if recovers else ' --arm plain-dns'} --seed 7",
        "every check passed" if recovers else "recovered: eu clients were not served before the repair",
    )


def checks(*, recovers: bool) -> tuple[Judged, ...]:
    """What the experiment's checks say of the run."""
    failover = {"failover": Span(_ns(BEGIN), _ns(BEGIN + 8))}
    coming_home = {"coming home": Span(_ns(END + 0.62), _ns(END + 8.62))}
    parts = "8 s = detection 4 s + ttl 2 s + margin 2 s"
    took = 5.91 if recovers else 13.11
    share = 0.9996 if recovers else 0.8735
    first = held_to(took, "<=", 8.0, Unit.SECONDS, f"eu clients had no success for {took} s", parts=parts)
    home = held_to(2.98, "<=", 8.0, Unit.SECONDS, "last answer from na 2.98 s after the repair", parts=parts)
    outside = held_to(share, ">=", 0.999, Unit.SHARE, "successes outside the window", samples=11_020)
    return (
        _judged("recovered", "recovers(eu, within=failover)", first, failover),
        _judged("home", "comes_home(eu, within=coming home)", home, coming_home),
        _judged("available", "availability(load=shoppers, at_least=0.999, outside=failover)", outside, failover),
    )


def _judged(name: str, title: str, verdict: Verdict, spans: Mapping[str, Span] | None = None) -> Judged:
    return Judged(name, title or name, verdict, spans or {})


def _write_logs(directory: Path) -> None:
    logs = directory / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    (logs / "lb-eu.log").write_text("".join(f"line {i} \x1b[31mServer eu/web <DOWN>\x1b[0m\n" for i in range(50)))
    (logs / "web-eu-1.log").write_bytes(b"GET / 200\n\xff\xfe not text\n")
    (logs / "empty.log").write_text("")


def proved(directory: Path) -> ExperimentResult:
    """Both arms, and a twin that failed as it must."""
    arms = (arm(directory), arm(directory, recovers=False))
    proof = Proof("plain-dns", "plain DNS", True, ("recovered failed as it must: 13.1 s against <= 8 s",))
    return ExperimentResult("gslb.pool_death", CLAIM, directory, arms, (proof,))


def single(directory: Path) -> ExperimentResult:
    """The guarded arm alone."""
    return ExperimentResult("gslb.pool_death", CLAIM, directory, (arm(directory),))


def unknown_judged(name: str = "few") -> Judged:
    """A check that could not tell."""
    verdict = unknown("only 3 answers, 120 needed", remedy="Raise the rate.", samples=3, needed=120)
    return Judged(name, f"{name}(load=shoppers)", verdict)


def _ns(seconds: float) -> int:
    return round(seconds * NS)
