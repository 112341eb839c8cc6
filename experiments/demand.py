"""Demand control: what becomes of callers when more comes than can be done, and who tells them.

Lab `demand` (compose/demand.yaml): HAProxy, two tiers and a dependency in a chain, and a storefront of its own.
Over it lies `demand.back-pressure`, where Toxiproxy stands before the dependency.
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
    name,
    param,
    role,
    status,
    undone,
    window,
)
from chaoskit.actions.fill_listen_queue import fill_listen_queue
from chaoskit.actions.overload import overload
from chaoskit.actions.toxic import toxic
from chaoskit.checks.availability import availability
from chaoskit.checks.connect_clusters import connect_clusters
from chaoskit.checks.goodput import goodput
from chaoskit.checks.latency import latency
from chaoskit.checks.outcome_share import outcome_share
from chaoskit.checks.reading import Take, reading
from chaoskit.checks.recovers import recovers
from chaoskit.checks.rejections import rejections
from chaoskit.core.load import Outcome
from chaoskit.core.units import NS, duration, rate
from chaoskit.loads.arrivals import poisson
from chaoskit.probes.haproxy_servers import haproxy_servers
from chaoskit.probes.http_json import http_json
from chaoskit.probes.listen_queues import listen_queues
from chaoskit.probes.sockets import sockets
from chaoskit.probes.tcp_counters import tcp_counters

storefront, clients = name("storefront"), role("client")

# ---- a full service ------------------------------------------------------------------------------

VISITORS = param("visitors", "300/s")
CROWDED = "11s"

# Long enough a timeout to see TCP's third retry, 7 s after the first attempt.
visitors = load(
    get("http://198.18.48.20:8080/", ok=status(200)),
    poisson(VISITORS),
    clients=clients,
    timeout="9s",
    connections=Connections.NEW,
)

# Sixteen places (WORKERS 8 + QUEUE 8), a listen queue of 204 that admits 205, and some that knock in vain.
crowd = fill_listen_queue(storefront, 8080, by=role("crowd"), connections=230, places=16)

# The crowd comes within a second, and callers meanwhile; what it does not get it tries for again a second later.
filling = bound(coming="1s", margin="500ms")

full = window(after=begin(crowd), delay=filling, before=end(crowd))
crowded = window(after=begin(crowd), before=undone(crowd))
# TCP tries again 1, 3, 7 and 15 s after the first SYN: in a fault of 11 s who comes in its first 4 s retries in vain,
# and has given up before the fourth time. The crowd may begin as late as the gate on actions allows, 1 s, and needs
# most of a second to fill the queue.
too_early = window(after=begin(crowd), delay="1s", lasting="1.5s")

queues = listen_queues(8080).at(storefront, every="50ms")
counters = tcp_counters().at(storefront, every="200ms")

answered_at_once = latency(visitors, quantile=0.99, at_most="50ms", of=Outcome, during=full)
told_why = rejections(visitors, at_most="50ms", during=full)
queue_never_full = reading(queues, "*:8080.admits", equals=True)
no_syn_dropped = reading(counters, "TcpExtListenOverflows", at_most=0, take=Take.RISE)
served_otherwise = availability(visitors, at_least=0.99, outside=crowded)

retries_show = connect_clusters(visitors, at=("1s", "3s", "7s"), during=full)
rest_times_out = outcome_share(visitors, Outcome.CONNECT_TIMEOUT, at_least=0.95, during=too_early)
# The first SYN of everybody who comes while the queue is full; SYNs that are sent again come on top.
_first_syns = rate(VISITORS) * (duration(CROWDED) - filling.total) / NS
syns_dropped = reading(counters, "TcpExtListenOverflows", at_least=round(_first_syns), take=Take.RISE)

listen_queue_full = Experiment(
    claim="a caller of a service that is full learns at once that it is",
    lab=Lab("demand"),
    loads=[visitors],
    probes=[queues, counters, sockets(8080).at(storefront, every="200ms")],
    timeline=[at("4s", crowd, lasting=CROWDED)],
    duration="18s",
    lag="20ms",  # what is judged takes 50 ms at most
    steady=availability(visitors, at_least=0.99),
    checks=[answered_at_once, told_why, queue_never_full, no_syn_dropped, served_otherwise],
    twins=[
        Twin(
            "accepts when free",
            compose="demand.accepts-when-free.yaml",
            must_fail=[answered_at_once, told_why, queue_never_full, no_syn_dropped],
            checks=[retries_show, rest_times_out, syns_dropped],
        )
    ],
)
"""A caller of a service that is full learns at once that it is.

**Guarantee.** Four seconds into the run a crowd of 230 slow clients takes every place of the storefront - 8 workers and
8 places in its queue - with requests that never end. The storefront goes on accepting, and answers 503 at once: 99 % of
300 callers a second have an answer within 50 ms (about 2,850, and 2,000 are needed), every failure is a 503, its listen
queue is never full and the kernel never drops a SYN (`ListenOverflows`). Before and after at least 99 % are served.

**Twin.** The same service accepts a connection only when a worker is free. Its listen queue of 204 fills, and from then
on every SYN is dropped. TCP sends it again after 1, 3, 7 and 15 s: when the crowd leaves after 11 s, callers of its
last second get through 1 s after they came, those of the two seconds before after 3 s, those of the four before after
7 s, and those of the first four seconds time out after 9 s, having been told nothing.

**In the report** look at the latencies of the twin: three stripes, at 1, 3 and 7 s; and at the lane of `queues`, where
its listen queue admits nobody for as long as the crowd is there, while in the guarded arm it always does. The crowd's
connections are in the readings of `sockets`.
"""

# ---- demand beyond capacity ----------------------------------------------------------------------
#
# The chain by queueing theory; every number is one of compose/demand.yaml or conf/demand/edge.cfg.
#
#                 service time   workers   by Little's law busy at 200/s
#     tier-a      40 ms + below       80   200/s x 180 ms = 36
#     tier-b      40 ms + below       72   200/s x 140 ms = 28
#     inventory  100 ms               20   200/s x 100 ms = 20: the bottleneck, 20 / 100 ms = 200/s
#
# At the edge. 36 requests at a time keep the inventory busy if they are spread evenly, so HAProxy lets 40 pass
# (maxconn) and 20 more wait (queue): whoever is admitted leaves after (40 + 20) / (200/s) = 300 ms.
#
# Without shedding. At 600/s the queue before tier-a grows by 400/s: who comes after t seconds waits 2 t, and callers
# leave after 1 s. From half a second on all work is done for callers that have gone.
#
# Shedding at the inventory only: 40 places there (20 workers, queue 20), the rest is rejected. A request that is served
# holds a worker of tier-a for 40 + 40 + 200 ms, one that is rejected for 80 ms. 80 workers pass 200/s that are
# served (56 of them) and (80 - 56) / 80 ms = 300/s that are rejected, together 500/s of 600/s: the queue before tier-a
# grows by 100/s. When it holds 360, after 3.6 s, a wait of 360 / (500/s) = 720 ms and 280 ms of work are a second, and
# from then on callers have gone before they are served: at most 3.6 of the 14 s are of use.
CAPACITY = "200/s"

_shop = get("http://198.18.48.80/", ok=status(200))
_callers = {"clients": clients, "timeout": "1s", "connections": Connections.NEW}

shoppers = load(_shop, poisson("60/s"), **_callers)
lunch = load(_shop, poisson("170/s"), **_callers)
sale = load(_shop, poisson("540/s"), **_callers)

lunchtime = overload(lunch)  # 230/s in all: 1.15 x capacity, which shows what the capacity is
rush = overload(sale)  # 600/s in all: 3 x capacity

saturated = window(after=begin(lunchtime), delay="1s", before=end(lunchtime))
rushed = window(after=begin(rush), delay="1s", before=end(rush))

# Residence of what is admitted, of parts that follow from each other by Little's law.
sla = bound(
    work="180ms",  # demand.yaml: tier-a 40 ms + tier-b 40 ms + inventory 100 ms
    inside="20ms",  # edge.cfg: maxconn 40, of which 200/s x 180 ms = 36 are worked on: 4 / (200/s)
    waiting="100ms",  # edge.cfg: queue 20 / (200/s)
    margin="100ms",
)

held_by_tiers = sockets(8080).at(role("tier"), every="200ms")
tier_queues = listen_queues(8080).at(role("tier"), every="200ms")

# Service times are slept: they vary by a tenth at most.
capacity_as_derived = goodput(shoppers, lunch, of=CAPACITY, between=(0.9, 1.05), during=saturated, variation=0.1)
keeps_up = goodput(shoppers, lunch, sale, of=saturated, at_least=0.9, during=rushed, variation=0.1)
turned_away_at_once = rejections(shoppers, sale, at_most="50ms", during=rushed, capacity=CAPACITY)
# Admitted is who was answered, and who waited in vain.
_admitted = (Outcome.OK, Outcome.RESPONSE_TIMEOUT, Outcome.CONNECT_TIMEOUT)
admitted_in_time = latency(sale, quantile=0.99, at_most=sla.total / NS, of=_admitted, during=rushed)
# maxconn 40, and a quarter more for those that are being closed while others are opened.
tiers_hold_little = reading(held_by_tiers, "held", at_most=50, during=rushed)

collapses = goodput(shoppers, lunch, sale, of=saturated, at_most=0.5, during=rushed, variation=0.1)
does_less = goodput(shoppers, lunch, sale, of=saturated, at_most=0.9, during=rushed, variation=0.1)
# Sockets held in vain: 80 at work and 360 waiting when the first callers have gone, of a queue that goes on growing.
tier_a_piles_up = reading(held_by_tiers, "held", at_least=400, take=Take.PEAK, at=name("tier-a"), during=rushed)

shed_at_edge = Experiment(
    claim="three times the demand that can be met is met as far as it can be, and the rest is told at once",
    lab=Lab("demand"),
    loads=[shoppers],
    probes=[held_by_tiers, tier_queues, tcp_counters().at(role("tier"), every="1s")],
    timeline=[at("3s", lunchtime, lasting="4s"), at("9s", rush, lasting="14s")],
    duration="25s",
    lag="20ms",
    steady=availability(shoppers, at_least=0.9),
    checks=[capacity_as_derived, keeps_up, turned_away_at_once, admitted_in_time, tiers_hold_little],
    twins=[
        Twin(
            "no shedding",
            compose="demand.no-shedding.yaml",
            must_fail=[keeps_up, turned_away_at_once, admitted_in_time, tiers_hold_little],
            checks=[collapses, tier_a_piles_up],
        ),
        Twin(
            "sheds at the last tier",
            compose="demand.sheds-at-the-last-tier.yaml",
            must_fail=[keeps_up, turned_away_at_once, admitted_in_time, tiers_hold_little],
            checks=[does_less, tier_a_piles_up],
        ),
    ],
)
"""Three times the demand that can be met is met as far as it can be, and the rest is told at once.

**Guarantee.** What the chain can do follows from its slowest station: 20 workers of 100 ms, 200/s; at 1.15 times that
(`lunchtime`) it is measured, and lies within 10 % of it. Then demand rises to 600/s for 14 s. HAProxy lets 40 requests
pass and 20 wait, and answers 503 to the rest: goodput stays at 90 % of the measured capacity or above, every rejection
is a 503, 99 % of them within 50 ms (about 5,200, 2,000 are needed), 99 % of what is admitted is answered within the SLA
of 400 ms - work 180 ms, queue inside 20 ms, queue at the edge 100 ms, margin 100 ms - and no tier ever holds more than
50 connections.

**Twins.** *No shedding*: the same edge without a limit. All of it stands in the listen queue of tier-a; half a second
later whoever is served has gone already, and goodput is next to nothing with every worker busy. *Sheds at the last
tier*: the inventory alone rejects. What it will reject has taken a worker of both tiers first, so that tier-a passes
500/s of 600/s; its queue grows all the same, only slower, and its goodput ends some seconds later. In both tier-a holds
hundreds of connections, then thousands.

**In the report** compare the three charts of outcomes: a level band of successes below one of 503; successes that end
within a second; successes that last four seconds longer. The connections that tier-a holds (`held_by_tiers`) are 40 in
the first arm, and as many as its listen queue admits in the second.
"""

# ---- a required dependency that is slow ----------------------------------------------------------
#
# The chain with tiers that can wait for a while; every number is one of compose/demand.back-pressure.yaml.
#
#                 service time   workers   busy at 200/s, by Little's law
#     tier-a      40 ms + below      240   200/s x 180 ms = 36
#     tier-b      40 ms + below       48   200/s x 140 ms = 28
#     inventory  100 ms               40   200/s x 100 ms = 20
#
# The inventory's answers come 1 s later. Nobody is answered in that second, and all that comes stays:
#     tier-b has 20 workers left, all busy after 20 / (200/s) = 100 ms;
#     tier-a has 204 left, all busy after 204 / (200/s) = 1.02 s.
# Then 48 requests in 1.14 s come through tier-b, 42/s, and 158/s stay: what stands in tier-a, 264 after 1.14 s, is
# 240 + 257 when its listen queue of 256 is full, after another 233 / (158/s) = 1.5 s: 2.6 s in all.
#
# The edge stops passing on before that. A call of tier-a is late after 300 ms; late ones are most of the last second's
# after (1 s - 300 ms) / 2 more; two checks fail within 1 s. By then 264 + 158/s x 860 ms = 400 requests are in tier-a.
CUSTOMERS = "200/s"
SLOW_FOR = "14s"

customers = load(_shop, poisson(CUSTOMERS), **_callers)

# The answer to a question that costs the inventory nothing shows how late answers are.
slow_inventory = toxic(
    name("inventory-proxy"), "latency", proxy="inventory", latency="1s", asking="GET /health HTTP/1.0\r\n\r\n"
)

noticing = bound(
    late="300ms",  # demand.back-pressure.yaml: DEPENDENCY_SLA of tier-a
    most="350ms",  # half of what is left of the second that its health looks back on
    checks="1s",  # edge.back-pressure.cfg: fall 2, inter 500ms
    margin="350ms",
)
returning = bound(
    last="200ms",  # a check under way, by DEPENDENCY_SLA of tier-b
    checks="1s",  # edge.back-pressure.cfg: rise 2, inter 500ms
    margin="300ms",
)

cut_off = window(after=begin(slow_inventory), delay=noticing, before=end(slow_inventory))
coming_back = window(after=undone(slow_inventory), lasting=returning)
disturbed = window(
    after=begin(slow_inventory), lasting=bound(slow=SLOW_FOR, margin="1s", returning=returning.total / NS)
)

balancer = haproxy_servers().at(name("edge"), every="100ms")
tier_counters = tcp_counters().at(role("tier"), every="200ms")
waiting_rooms = listen_queues(8080).at(role("tier"), every="100ms")
tier_states = http_json("/state", 8081).at(role("tier"), every="100ms")

edge_knows = reading(balancer, "tiers/tier-a", equals="DOWN", during=cut_off)
# A tenth of what callers would wait: nearly all of their second is left to do something else.
refused_at_once = latency(customers, quantile=0.99, at_most="100ms", of=Outcome, during=cut_off)
refused_with_reason = rejections(customers, at_most="100ms", during=cut_off)
no_queue_overflows = reading(tier_counters, "TcpExtListenOverflows", at_most=0, take=Take.RISE)
every_queue_admits = reading(waiting_rooms, "*:8080.admits", equals=True)
comes_back = recovers(customers, within=coming_back)
untroubled_otherwise = availability(customers, at_least=0.99, outside=disturbed)

# Tier by tier, by the times above: when tier-b is full tier-a is not yet, then it is, then its listen queue. What
# tier-b gets done comes to tier-a all at once, 48 at a time, and each worker takes the next request then.
_full_b = window(after=begin(slow_inventory), delay="300ms", lasting="600ms")
_not_yet_a = window(after=begin(slow_inventory), lasting="700ms")
_full_a = window(after=begin(slow_inventory), delay="2s", before=end(slow_inventory))
tier_b_is_full = reading(tier_states, "free", at_most=0, at=name("tier-b"), during=_full_b)
tier_a_is_not_yet = reading(tier_states, "free", at_least=1, at=name("tier-a"), during=_not_yet_a)
tier_a_is_full_then = reading(tier_states, "free", at_most=48, at=name("tier-a"), during=_full_a)
# After 2.6 s, and 600 ms for chance, every SYN beyond the 42/s that come through is dropped once at least.
_dropped = (rate(CUSTOMERS) - 48 / 1.14) * (duration(SLOW_FOR) / NS - 3.2)
tier_a_turns_away = reading(
    tier_counters, "TcpExtListenOverflows", at_least=round(_dropped), take=Take.RISE, at=name("tier-a")
)
wait_in_vain = outcome_share(customers, Outcome.RESPONSE_TIMEOUT, at_least=0.95, during=cut_off)

back_pressure = Experiment(
    claim="a dependency that is required and slow makes its callers unavailable, and they say so before they are full",
    lab=Lab("demand", overlays=["demand.back-pressure.yaml"]),
    loads=[customers],
    probes=[balancer, tier_counters, waiting_rooms, tier_states],
    timeline=[at("4s", slow_inventory, lasting=SLOW_FOR)],
    duration="26s",
    lag="20ms",  # what is judged takes 100 ms at most
    steady=availability(customers, at_least=0.95),
    checks=[
        edge_knows,
        refused_at_once,
        refused_with_reason,
        no_queue_overflows,
        every_queue_admits,
        comes_back,
        untroubled_otherwise,
    ],
    twins=[
        Twin(
            "health ignores the dependency",
            compose="demand.health-ignores-the-dependency.yaml",
            must_fail=[edge_knows, refused_at_once, refused_with_reason, no_queue_overflows, every_queue_admits],
            may_fail=[comes_back, untroubled_otherwise],
            checks=[tier_b_is_full, tier_a_is_not_yet, tier_a_is_full_then, tier_a_turns_away, wait_in_vain],
        )
    ],
)
"""A dependency that is required and slow makes its callers unavailable, and they say so before they are full.

**Guarantee.** Four seconds into the run Toxiproxy delays every answer of the inventory by a second, for 14 s; callers
wait for a second at most. The health of a tier depends on what it requires: most calls of the last second have to be
answered in time, and while there are none it asks itself. So tier-a is unavailable as soon as tier-b is late, and the
edge, which asks it twice a second, takes it out within 2 s - late 300 ms, most of a second 350 ms, two checks 1 s,
margin 350 ms. From then on every caller is answered 503, 99 % within 100 ms (about 2,400, and 2,000 are needed),
until the inventory is well again and two checks say so. Meanwhile no listen queue overflows: 240 workers and 257 places
of tier-a hold the 400 requests that come until then.

**Twin.** The edge asks whether tier-a lives. It does: tier-b's workers are all busy after 100 ms, tier-a's after 1 s,
its listen queue is full after 2.6 s, and from then on SYNs of the edge are dropped. Every caller waits for a second and
is told nothing, for as long as the inventory is slow.

**In the report** look at the lanes of `tier_states` in the twin: `free` of tier-b is 0 at once, then that of tier-a. In
the guarded arm both rise again while the inventory is still slow, and `balancer` says DOWN.
"""
