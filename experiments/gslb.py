"""GSLB: which region serves a client, decided by DNS from the pools' health and the client's place.

Lab `gslb` (compose/gslb.yaml): clients, resolvers and gdnsd in two regions, a VIP and three instances behind each.
"""

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
    param,
    region,
    role,
    status,
    stop_unless,
    undone,
    window,
)
from chaoskit.actions.crash import crash
from chaoskit.checks.answer_changes import answer_changes
from chaoskit.checks.availability import availability
from chaoskit.checks.comes_home import comes_home
from chaoskit.checks.no_traffic import no_traffic
from chaoskit.checks.outcome_share import outcome_share
from chaoskit.checks.recovers import recovers
from chaoskit.core.load import Outcome
from chaoskit.loads.arrivals import poisson
from chaoskit.probes.alive import alive
from chaoskit.probes.dns_answers import dns_answers
from chaoskit.probes.haproxy_servers import haproxy_servers
from chaoskit.probes.tcp_counters import tcp_counters

eu, na = region("eu"), region("na")
clients, instances = role("client"), role("service")

# A connection a request: a 503 on a kept connection makes no client look the name up again.
shoppers = load(
    get("http://price.example.com/", ok=status(200)),
    poisson(param("rate", "800/s")),
    clients=clients,
    timeout="1s",
    connections=Connections.NEW,
)

answers = dns_answers("price.example.com").at(role("resolver"), every="50ms")

outage = crash(instances & eu)

# Each part is a number of the lab's configuration, where a comment says so; `publish` is gdnsd's own, `margin` ours.
out_of_dns = bound(
    haproxy="1s",  # haproxy-eu.cfg: fall 2 x inter 500 ms
    gdnsd="2s",  # gdnsd/config: down_thresh 1 x interval 2 s; the VIP answers 503 at once, so no timeout comes in
    publish="1s",  # gdnsd collects changes of state for a second before it answers by them
    ttl="1s",  # gdnsd/zones/example.com: price 1/1
    resolver="1s",  # unbound.conf: Unbound counts whole seconds, so an answer may live one longer
    margin="1s",
)
back_in_dns = bound(
    start="1s",  # the instances' own start
    haproxy="1s",  # haproxy-eu.cfg: rise 2 x inter 500 ms
    gdnsd="4s",  # gdnsd/config: up_thresh 2 x interval 2 s
    publish="1s",
    ttl="1s",
    resolver="1s",
    margin="1s",
)

failover = window(after=begin(outage), lasting=out_of_dns)
settled = window(after=begin(outage), delay=out_of_dns, before=end(outage))
dark = window(after=begin(outage), before=end(outage))
homecoming = window(after=undone(outage), lasting=back_in_dns)

answers_move = answer_changes(answers, to=na, within=failover, seen_by=role("resolver") & eu)
eu_recovers = recovers(shoppers, within=failover, clients=eu)
eu_left_alone = no_traffic(shoppers, to=role("lb") & eu, during=settled)
eu_comes_home = comes_home(shoppers, to=eu, within=homecoming, clients=eu)
available = availability(shoppers, at_least=0.999, outside=failover)
na_unharmed = availability(shoppers, at_least=0.999, clients=na)

eu_all_503 = outcome_share(shoppers, Outcome.UNAVAILABLE, at_least=0.99, clients=eu, during=dark)

pool_death = Experiment(
    claim="eu clients are served by na soon after losing every eu instance, and by eu again after it returned",
    lab=Lab("gslb"),
    loads=[shoppers],
    probes=[
        answers,
        haproxy_servers().at(role("lb"), every="100ms"),
        alive().at(instances & eu, every="100ms"),
        tcp_counters().at(clients, every="1s"),
    ],
    timeline=[at("6s", outage, lasting="12s")],
    duration="30s",
    lag="200ms",  # what is judged takes seconds, and its bound has a margin of 1 s
    steady=availability(shoppers, at_least=0.995),
    checks=[answers_move, eu_recovers, eu_left_alone, eu_comes_home, available, na_unharmed],
    guards=[stop_unless(availability(shoppers, at_least=0.5, clients=na), over="5s")],
    twins=[
        Twin(
            "plain DNS",
            compose="gslb.plain-dns.yaml",
            must_fail=[answers_move, eu_recovers, eu_left_alone, available],
            # Its clients never left, so they are home as soon as it serves.
            may_fail=[eu_comes_home],
            checks=[eu_all_503],
        )
    ],
)
"""A dead pool's address is no longer given out.

**Guarantee.** Six seconds into the run every eu instance dies. Within 7 s - HAProxy's checks 1 s, gdnsd's 2 s, its
publishing 1 s, the TTL 1 s, the resolver's whole seconds 1 s, margin 1 s - eu's resolver answers with na's VIP and eu's
clients succeed again; from then on nobody goes to eu's VIP. Outside those 7 s at least 99.9 % of all requests succeed
(about 18,000 at 800/s, 10,000 are needed), and na's clients notice nothing throughout. Twelve seconds after their death
the instances return, and within 10 s - start 1 s, HAProxy 1 s, gdnsd's two good checks 4 s, publishing 1 s, TTL and
resolver 2 s, margin 1 s - eu serves eu again, without a failure on the way.

**Twin.** BIND 9 with split-horizon views gives each region its own VIP, with the same TTL and no health: eu's clients
meet 503 for the whole outage (its own check says so), and everything above about eu fails. Na's clients notice nothing.

**In the report** look at three moments after the fault's line: HAProxy marks the last server down (probe
`haproxy_servers`), the resolver's answer changes (`dns_answers`), the first second in which eu's clients succeed
(outcomes by region). The second follows the first by what gdnsd and the TTL take; the third follows the second at once.
"""
