"""Migratory virtual IP: one address before a pair of balancers, held by one of them at any time.

Lab `vip` (compose/vip.yaml): two balancers, HAProxy with keepalived beside it, three instances behind, two clients.
"""

from chaoskit import (
    Connections,
    Experiment,
    Lab,
    Twin,
    at,
    begin,
    bound,
    confirmed,
    end,
    found_by,
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
from chaoskit.actions.link_down import link_down
from chaoskit.actions.partition import partition
from chaoskit.actions.power_off import power_off
from chaoskit.checks.availability import availability
from chaoskit.checks.failures import failures
from chaoskit.checks.in_flight import in_flight
from chaoskit.checks.one_owner import one_owner as single_owner
from chaoskit.checks.outcome_share import outcome_share
from chaoskit.checks.reading import Take, reading
from chaoskit.checks.recovers import recovers
from chaoskit.core.load import Outcome
from chaoskit.core.units import NS, duration
from chaoskit.loads.arrivals import poisson
from chaoskit.probes.holds_address import holds_address
from chaoskit.probes.neighbours import neighbours
from chaoskit.probes.reaches import reaches
from chaoskit.probes.tcp_counters import tcp_counters
from chaoskit.probes.who_has import who_has

VIP = "198.18.112.100"
clients, pair = role("client"), role("lb")
front = name("*/front")

# A connection a request. A SYN that is lost is sent again after 1 s, which is too late: every one shows.
visitors = load(
    get(f"http://{VIP}/", ok=status(200)),
    poisson(param("rate", "400/s")),
    clients=clients,
    timeout="900ms",
    connections=Connections.NEW,
)
# Answers that take a second each on kept connections: about a hundred are under way at any time.
readers = load(
    get(f"http://{VIP}/stream", ok=status(200)),
    poisson("100/s"),
    clients=clients,
    timeout="2.5s",
    connections=Connections.KEEP_ALIVE,
    connection_life="2s",
)

holders = holds_address(VIP).at(pair, every="50ms")
asked = who_has(VIP, listening="80ms").at(clients, every="100ms")
arp = neighbours(VIP).at(clients, every="100ms")

# RFC 5798, 6.1: a backup takes over Master_Down_Interval = 3 adverts + Skew_Time after the last advert it heard.
failover_time = bound(
    adverts="600ms",  # keepalived.conf: 3 x advert_int 0.2 s
    skew="200ms",  # keepalived.conf: (256 - priority 100) / 256 of an advert is 122 ms; below one advert in any case
    margin="500ms",
)
# It cannot be sooner either: the last advert was heard at most one advert before the outage.
surely_down = bound(
    adverts="400ms",  # keepalived.conf: 2 x advert_int 0.2 s
    skew="82ms",  # keepalived.conf: (256 - priority 150) / 256 of an advert
)
# A client may find out later that a connection it kept leads to the old holder: as long after as it keeps one.
stale_time = bound(adverts="600ms", skew="200ms", margin="500ms", life="2s")

# ---- vip.failover ------------------------------------------------------------------------------

holder = found_by(holders, "holds", label="holder")
next_holder = found_by(holders, "holds", label="next_holder")
power_cut = power_off(holder)
cable_pulled = link_down(next_holder & front)

power_failover = window(after=begin(power_cut), lasting=failover_time)
cable_failover = window(after=begin(cable_pulled), lasting=failover_time)
# The holder is lost between an action's begin and its confirmation; what may lie between is taken off the end.
CONFIRMING = "100ms"
_dark = (surely_down.total - duration(CONFIRMING)) / NS
power_dark = window(after=confirmed(power_cut), lasting=_dark)
cable_dark = window(after=confirmed(cable_pulled), lasting=_dark)
power_stale = window(after=begin(power_cut), lasting=stale_time)
cable_stale = window(after=begin(cable_pulled), lasting=stale_time)
until_return = window(before=undone(power_cut))
after_return = window(after=undone(power_cut))
between = window(after=begin(power_cut), delay=failover_time, before=begin(cable_pulled))

# The two kinds of errors that callers meet.
NEW = (Outcome.CONNECT_TIMEOUT, Outcome.UNREACHABLE, Outcome.REFUSED)
CUT_SHORT = (Outcome.BODY_TIMEOUT, Outcome.RESPONSE_TIMEOUT, Outcome.RESET)

power_recovers = recovers(visitors, within=power_failover)
cable_recovers = recovers(visitors, within=cable_failover)
# All of them, to be exact; nine in ten is what the requests of so short a time can say.
power_refuses_new = outcome_share(visitors, NEW, at_least=0.9, during=power_dark)
cable_refuses_new = outcome_share(visitors, NEW, at_least=0.9, during=cable_dark)
power_cuts_short = in_flight(readers, CUT_SHORT, at=power_failover, at_least=0.8)
cable_cuts_short = in_flight(readers, CUT_SHORT, at=cable_failover, at_least=0.8)
power_errors_end = failures(visitors, during=until_return, outside=power_failover)
cable_errors_end = failures(visitors, during=after_return, outside=cable_failover)
power_streams_end = availability(readers, at_least=0.98, during=until_return, outside=power_stale)
cable_streams_end = availability(readers, at_least=0.98, during=after_return, outside=cable_stale)
power_one_owner = single_owner(holders, during=until_return, handover=power_failover)
cable_one_owner = single_owner(holders, during=after_return, handover=cable_failover)

black_hole = outcome_share(visitors, Outcome.CONNECT_TIMEOUT, at_least=0.99, during=between)
held_all_the_same = reading(asked, "owners", equals=1, during=between)

failover = Experiment(
    claim="when the balancer that holds the virtual address is lost, the other serves it within 4 adverts + 0.5 s",
    lab=Lab("vip"),
    loads=[visitors, readers],
    probes=[holders, asked, arp, tcp_counters().at(clients, every="1s")],
    timeline=[at("5s", power_cut, lasting="6s"), at("13s", cable_pulled, lasting="5s")],
    duration="22s",
    steady=availability(visitors, at_least=0.99),
    checks=[
        power_recovers,
        cable_recovers,
        power_refuses_new,
        cable_refuses_new,
        power_cuts_short,
        cable_cuts_short,
        power_errors_end,
        cable_errors_end,
        power_streams_end,
        cable_streams_end,
        power_one_owner,
        cable_one_owner,
    ],
    guards=[stop_unless(availability(visitors, at_least=0.02), over="12s")],
    twins=[
        Twin(
            "no gratuitous ARP",
            compose="vip.drop-gratuitous-arp.yaml",
            must_fail=[power_recovers, power_errors_end, cable_errors_end, power_streams_end],
            # Nobody is served any more when the cable is pulled, so nothing is under way that it could cut short.
            may_fail=[cable_cuts_short],
            checks=[black_hole, held_all_the_same],
        )
    ],
)
"""The address moves, and callers meet two kinds of errors while it does.

**Guarantee.** Whichever balancer holds the address (probe `holders` says who, when it is time) loses its power at 5 s,
and whichever holds it at 13 s, the first one having returned, loses its front cable. Each time the other serves new
connections within 1.3 s: 3 adverts of 0.2 s, the skew of at most one more, margin 0.5 s (RFC 5798; about 0.7 s are
measured, and less than 0.48 s it cannot be). Callers meet errors of two kinds: of the answers under way - a hundred
streams of a second each - at least 80 % break off, by time-out or reset, in the middle; of the new connections from
when the fault is confirmed until 0.38 s later - 0.48 s less 0.1 s for confirming it - at least 90 % come to nothing
(all do; about 150, 100 are needed). No request outside the two windows fails (about 3,900 in each half, 917 are
needed), and streams only while their client may still keep a connection to the old holder, 2 s longer. A balancer that
returns takes nothing back. At no time do two hold the address, and outside the windows one always does.

**Twin.** The clients drop gratuitous ARP (`drop_gratuitous_arp`, a hardening against spoofing). The address moves as
before, and one balancer answers for it (`held_all_the_same`), but every new connection goes to the dead one's MAC and
times out (`black_hole`) for as long as the ARP entry is believed, 23 s at least. The run ends that earlier: when the
cable is pulled the address returns to the balancer whose MAC the clients never forgot, and is served at once.

**In the report** look at the lanes: `holders` says who has the address, `arp` which MAC the clients send to. In the
guarded run `arp` follows `holders` at once; in the twin it stays. The outcomes, by intended start, show the two kinds
of errors: bodies that were under way just before each fault, connect time-outs right after it.
"""

# ---- vip.one_owner -----------------------------------------------------------------------------

# lb-2's HAProxy listens on all of its addresses: whether it is reached there tells of the network, not of HAProxy.
peer = reaches("198.18.114.12", 8404).at(name("lb-1"), every="200ms", timeout="150ms")

heartbeat_cut = partition({"lb-1": ["lb-2"], "lb-2": ["lb-1"]}, on=name("heartbeat"))
front_holder = found_by(holders, "holds", label="front_holder")
front_cable = link_down(front_holder & front)

taken_over = window(after=begin(front_cable), lasting=failover_time)
until_cable = window(before=begin(front_cable))
until_cut = window(before=begin(heartbeat_cut))
split = window(after=begin(heartbeat_cut), delay="1s", before=end(heartbeat_cut))

never_two_hold = single_owner(holders, handover=taken_over)
never_two_answer = reading(asked, "owners", at_most=1)
cable_noticed = recovers(visitors, within=taken_over)
cut_unnoticed = failures(visitors, during=until_cable, outside=taken_over)

peer_was_there = reading(peer, "reached", at_least=1, take=Take.PEAK, during=until_cut)
peer_is_gone = reading(peer, "reached", equals=False, during=split)
two_answer = reading(asked, "owners", at_least=2, during=split)

one_owner = Experiment(
    claim="exactly one balancer holds the virtual address, whichever network between the two of them fails",
    lab=Lab("vip"),
    loads=[visitors],
    probes=[holders, asked, arp, peer],
    timeline=[at("5s", heartbeat_cut, lasting="6s"), at("13s", front_cable, lasting="4s")],
    duration="20s",
    steady=availability(visitors, at_least=0.99),
    checks=[never_two_hold, never_two_answer, cable_noticed, cut_unnoticed, peer_was_there, peer_is_gone],
    guards=[stop_unless(availability(visitors, at_least=0.02), over="12s")],
    twins=[
        Twin(
            "adverts on a network of their own",
            compose="vip.heartbeat-apart.yaml",
            must_fail=[never_two_hold, never_two_answer],
            # Clients are left with the address of whoever announced itself last. When the network heals one of the two
            # gives way, and if that was the one, nobody tells the clients: they go on asking it in vain.
            may_fail=[cut_unnoticed],
            checks=[two_answer],
        )
    ],
)
"""Exactly one balancer claims the address.

**Guarantee.** Adverts travel on the network that the address serves, and the pair has a second network, `heartbeat`,
between the two of them. At 5 s that second network fails silently for 6 s (each drops what comes from the other's
address there; links stay up; `peer_is_gone` sees the other no more): nobody notices, no request of about 5,200 fails.
At 13 s the holder loses its cable on the front network, the one that matters: the other takes the address within 1.3 s
(as in `vip.failover`). At no time do two hold the address, by the hosts' own word every 50 ms (`never_two_hold`), and
never do two answer for it, by ARP from the clients every 100 ms (`never_two_answer`). Nobody may hold it only in the
1.3 s of the takeover.

**Twin.** Adverts on the heartbeat network, "so that traffic cannot disturb them". Its failure says nothing about the
network that clients use: within 1 s - 3 adverts and the skew, 0.72 s - the backup holds the address beside the holder,
and both answer until the network heals (`two_answer`). It may get worse then: the one that gives way may be the one
that announced itself last, and the clients go on asking it (`cut_unnoticed` counts them). In fairness, the pulled
cable is noticed sooner than in the guarded arm, in about 0.12 s: the holder can still tell its peer that it gives up.

**In the report** look at the lanes of `holders` between 5 s and 11 s, `owners` of `asked`, and the MAC in `arp`.
"""
