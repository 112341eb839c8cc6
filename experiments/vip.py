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
from chaoskit.checks.reading import reading
from chaoskit.checks.recovers import recovers
from chaoskit.core.load import Outcome
from chaoskit.loads.arrivals import poisson
from chaoskit.probes.holds_address import holds_address
from chaoskit.probes.neighbours import neighbours
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
asked = who_has(VIP).at(clients, every="100ms")
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
stale_time = bound(**{part: ns / 1e9 for part, ns in failover_time.parts.items()}, life="2s")

# ---- vip.failover ------------------------------------------------------------------------------

holder = found_by(holders, "holds", label="holder")
next_holder = found_by(holders, "holds", label="next_holder")
power_cut = power_off(holder)
cable_pulled = link_down(next_holder & front)

power_failover = window(after=begin(power_cut), lasting=failover_time)
cable_failover = window(after=begin(cable_pulled), lasting=failover_time)
power_dark = window(after=begin(power_cut), lasting=surely_down)
cable_dark = window(after=begin(cable_pulled), lasting=surely_down)
power_stale = window(after=begin(power_cut), lasting=stale_time)
cable_stale = window(after=begin(cable_pulled), lasting=stale_time)
until_return = window(before=undone(power_cut))
after_return = window(after=undone(power_cut))
between = window(after=begin(power_cut), delay=failover_time, before=begin(cable_pulled))

# The two kinds of errors that callers meet.
NEW = {Outcome.CONNECT_TIMEOUT, Outcome.UNREACHABLE, Outcome.REFUSED}
CUT_SHORT = {Outcome.BODY_TIMEOUT, Outcome.RESPONSE_TIMEOUT, Outcome.RESET}

power_recovers = recovers(visitors, within=power_failover)
cable_recovers = recovers(visitors, within=cable_failover)
power_refuses_new = outcome_share(visitors, NEW, at_least=0.75, during=power_dark)
cable_refuses_new = outcome_share(visitors, NEW, at_least=0.75, during=cable_dark)
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

# ---- vip.one_owner -----------------------------------------------------------------------------

heartbeat_cut = partition({"lb-1": ["lb-2"], "lb-2": ["lb-1"]}, on=name("heartbeat"))
front_holder = found_by(holders, "holds", label="front_holder")
front_cable = link_down(front_holder & front)

taken_over = window(after=begin(front_cable), lasting=failover_time)
until_cable = window(before=begin(front_cable))
split = window(after=begin(heartbeat_cut), delay="1s", before=end(heartbeat_cut))

never_two_hold = single_owner(holders, handover=taken_over)
never_two_answer = reading(asked, "owners", at_most=1)
cable_noticed = recovers(visitors, within=taken_over)
cut_unnoticed = failures(visitors, during=until_cable)

two_answer = reading(asked, "owners", at_least=2, during=split)

one_owner = Experiment(
    claim="exactly one balancer holds the virtual address, whichever network between the two of them fails",
    lab=Lab("vip"),
    loads=[visitors],
    probes=[holders, asked, arp],
    timeline=[at("5s", heartbeat_cut, lasting="6s"), at("13s", front_cable, lasting="4s")],
    duration="20s",
    steady=availability(visitors, at_least=0.99),
    checks=[never_two_hold, never_two_answer, cable_noticed, cut_unnoticed],
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
