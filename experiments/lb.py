"""Load balancing: what callers see of a pool's troubles through the balancer before it.

Lab `lb` (compose/lb.yaml): clients, one balancer, three instances. Every experiment is one suite for several
balancers: what differs between them is how they learn of a death, and stands in their record here.
"""

from dataclasses import dataclass

from chaoskit import (
    Connections,
    Experiment,
    Lab,
    Twin,
    at,
    begin,
    bound,
    end,
    get,
    load,
    name,
    param,
    role,
    status,
    stop_unless,
    undone,
    window,
)
from chaoskit.actions.crash import crash
from chaoskit.checks.availability import availability
from chaoskit.checks.failures import failures
from chaoskit.checks.outcome_share import outcome_share
from chaoskit.checks.reading import Take, reading
from chaoskit.checks.recovers import recovers
from chaoskit.checks.share_by import share_by
from chaoskit.core.load import Outcome
from chaoskit.core.units import duration, rate
from chaoskit.core.window import Bound
from chaoskit.loads.arrivals import poisson
from chaoskit.probes.alive import alive
from chaoskit.probes.haproxy_servers import haproxy_servers
from chaoskit.probes.tcp_counters import tcp_counters

RATE = param("rate", "500/s")


@dataclass(frozen=True)
class Balancer:
    """How a balancer learns that an instance is dead, and that it lives again: numbers of its configuration.

    Attributes:
        overlays: laid over lb.yaml, they put it in place.
        no_checks: laid over those, it makes the twin.
        out: from an instance's death until no more requests are lost to it, but for those below.
        back: from its return until it gets its share again.
        looks_every: how often it connects to a dead instance to see whether it lives again.
        looks_with_requests: it does so with a caller's request (a passive check), which then fails.
        tells: what a caller gets whose request went to a dead instance.
        says_so: it has an opinion on each instance that one can ask for.
    """

    overlays: tuple[str, ...]
    no_checks: str
    out: Bound
    back: Bound
    looks_every: str
    looks_with_requests: bool
    tells: Outcome
    says_so: bool


BALANCERS = {
    "haproxy": Balancer(
        overlays=(),
        no_checks="lb.haproxy-no-checks.yaml",
        out=bound(
            checks="1500ms",  # haproxy.cfg: fall 3 x inter 500 ms
            margin="500ms",
        ),
        back=bound(
            start="1s",  # the instance's own start
            checks="1s",  # haproxy.cfg: rise 2 x inter 500 ms
            margin="1s",
        ),
        looks_every="500ms",  # haproxy.cfg: inter 500 ms
        looks_with_requests=False,
        tells=Outcome.UNAVAILABLE,
        says_so=True,
    ),
    "nginx": Balancer(
        overlays=("lb.nginx.yaml",),
        no_checks="lb.nginx-no-checks.yaml",
        out=bound(
            # nginx.conf: max_fails=3, lost among nine in turn; five times as long as nine take, for chance.
            requests=5 * 9 / rate(RATE),
            margin="500ms",
        ),
        back=bound(
            start="1s",  # the instance's own start
            fail_timeout="2s",  # nginx.conf: fail_timeout=2s
            seconds="1s",  # nginx counts whole seconds, and more than fail_timeout must have passed
            margin="1s",
        ),
        looks_every="2s",  # nginx.conf: fail_timeout=2s
        looks_with_requests=True,
        tells=Outcome.SERVER_ERROR,  # 502
        says_so=False,  # open-source nginx tells nobody what it thinks of an upstream server
    ),
}

OUTAGE = "10s"

# A connection a request: the balancer decides anew each time either way, and no caller is spared by the one it has.
shoppers = load(
    get("http://198.18.32.80/", ok=status(200)),
    poisson(RATE),
    clients=role("client"),
    timeout="2s",
    connections=Connections.NEW,
)

dead = name("web-1")
outage = crash(dead)
dark = window(after=begin(outage), before=end(outage))

# The dead instance's kernel answers every attempt to connect with a reset, and counts it.
resets = tcp_counters("TcpOutRsts").at(role("service"), every="500ms")
servers = haproxy_servers().at(role("lb"), every="100ms")
instances = alive().at(role("service"), every="100ms")


def ejects(balancer: Balancer) -> Experiment:
    """The suite for one balancer."""
    detection = window(after=begin(outage), lasting=balancer.out).named("detection")
    settled = window(after=begin(outage), delay=balancer.out, before=end(outage)).named("settled")
    returned = window(after=undone(outage), delay=balancer.back).named("returned")
    looks = duration(OUTAGE) // duration(balancer.looks_every)

    ejected = recovers(shoppers, within=detection).named("ejected")
    none_later = failures(shoppers, at_most=looks if balancer.looks_with_requests else 0, outside=detection).named(
        "none_later"
    )
    left_alone = reading(resets, "TcpOutRsts", at_most=looks, take=Take.RISE, at=dead, during=settled).named(
        "left_alone"
    )
    only_its_third = availability(shoppers, at_least=0.6, during=detection).named("only_its_third")
    used_again = share_by(
        shoppers, by="instance", of=dead, between=(0.29, 0.38), expected=0.333, during=returned
    ).named("used_again")
    seen_down = reading(servers, "instances/web-1", equals="DOWN", during=settled).named("seen_down")

    a_third_fails = outcome_share(shoppers, balancer.tells, between=(0.29, 0.38), during=dark).named("a_third_fails")
    seconds = duration(OUTAGE) / 1e9 - balancer.out.total / 1e9 - 1  # between readings that surely lie inside
    still_tried = reading(
        resets, "TcpOutRsts", at_least=round(0.29 * rate(RATE) * seconds), take=Take.RISE, at=dead, during=settled
    ).named("still_tried")
    opinion = [seen_down] if balancer.says_so else []

    return Experiment(
        claim="callers lose requests to a dead instance only until the balancer has noticed, and none to the others",
        lab=Lab("lb").over(*balancer.overlays),
        loads=[shoppers],
        probes=[instances, resets, *([servers] if balancer.says_so else [])],
        timeline=[at("5s", outage, lasting=OUTAGE)],
        duration="25s",
        lag="100ms",  # what is judged takes seconds, and its bound has a margin of 500 ms
        steady=availability(shoppers, at_least=0.995),
        checks=[ejected, none_later, left_alone, *opinion, only_its_third, used_again],
        guards=[stop_unless(availability(shoppers, at_least=0.4), over="5s")],
        twins=[
            Twin(
                "no checks",
                compose=balancer.no_checks,
                must_fail=[ejected, none_later, left_alone, *opinion],
                checks=[a_third_fails, still_tried],
            )
        ],
    )


ejects_dead = {case: ejects(balancer) for case, balancer in BALANCERS.items()}
"""No request goes to an instance that has failed its checks.

**Guarantee.** Five seconds into the run one of three instances dies; its host's network lives on, so that it refuses
connections. Nothing repeats a request, so every third one fails - but only until the balancer has noticed (`ejected`),
only those (`only_its_third`), and then no more (`none_later`). How long that takes follows from how it looks:

- HAProxy asks each instance for /health every 500 ms and takes it out after three failures: 1.5 s, margin 500 ms. It
  spends no request of a caller on that, so afterwards none may fail.
- nginx has no checks of its own but its callers' requests. Three failures take the instance out, which takes 90 ms at
  this rate - five times as long as nine requests, a third of which fail - margin 500 ms. After that one request each
  `fail_timeout` of 2 s tries it again and fails: at most 5 in 10 s, however high the rate. Its workers share one
  account of this (`zone`).

Ten seconds after its death the instance returns, and with HAProxy within 3 s, with nginx within 5 s - start 1 s, rise
2 x 500 ms or fail_timeout 2 s and a whole second, margin 1 s - it gets its third of the requests again (between 29
and 38 %, of about 2,500 draws).

**Evidence.** The dead instance's kernel answers every attempt to connect with a reset and counts it (`left_alone`):
no more than the balancer's own looking comes to, 20 checks of HAProxy's, 5 requests of nginx's. HAProxy also says what
it thinks of each server (`seen_down`); open-source nginx does not.

**Twin.** The same balancer without checks - HAProxy's servers without `check`, nginx with `max_fails=0` - loses a
third of the requests for the whole outage (29 to 38 %), and the dead instance's kernel counts every one of them.

**In the report** look at the failing requests after the fault's line: a block as long as HAProxy's three checks, or a
short spike and then one failure every few seconds with nginx. In the twin the block is as long as the outage.
"""
