"""DNS: names, and what becomes of those who use them when a part of the naming chain is gone.

Lab `dns` (compose/dns.yaml): clients, resolvers, two name servers of different make with one zone, three instances.
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
    stop_unless,
    window,
)
from chaoskit.actions.power_off import power_off
from chaoskit.checks.agreement import agreement
from chaoskit.checks.availability import availability
from chaoskit.checks.outcome_share import outcome_share
from chaoskit.checks.reading import Take, reading
from chaoskit.core.load import Outcome
from chaoskit.core.units import NS, duration, rate
from chaoskit.loads.arrivals import poisson
from chaoskit.loads.protocols.dns import lookup
from chaoskit.probes.alive import alive
from chaoskit.probes.dns_answers import dns_answers
from chaoskit.probes.tcp_counters import tcp_counters

clients, servers = role("client"), role("ns")
primary, secondary = name("ns-1"), name("ns-2")

RATE = param("rate", "530/s")

# How long a client is patient. Unbound 1.17 waits 50 ms for a server that it knows to be quick, doubles that whenever
# nothing comes, asks a server twice, and turns away from it when it would wait 400 ms longer than for the other. That
# is after 50 + 100 + 200 + 400 ms, and who asks the dead server just before loses another 400 + 800 ms to it.
patience = bound(
    resolver="1950ms",
    stub="50ms",  # dns.yaml: timeout:2, whole seconds, after which a client asks again
    margin="500ms",
)

# Every one is a resolution of its own: below a wildcard record nobody asks twice for a name, so no cache has it.
customers = load(
    lookup("{n}.shop.example.com", ok=["198.18.0.81", "198.18.0.82", "198.18.0.83"]),
    poisson(RATE),
    clients=clients,
    timeout=patience.total / NS,
)

# They ask for one name, and keep the answer as long as they may.
visitors = load(
    get("http://shop.example.com/", ok=status(200)),
    poisson("200/s"),
    clients=clients,
    timeout=patience.total / NS,
    connections=Connections.NEW,
)

# Asked directly, past every cache.
ASKED_EVERY = "250ms"
zone = dns_answers("example.com", record="SOA").at(servers, every=ASKED_EVERY)
answers = dns_answers("shop.example.com").at(servers, every=ASKED_EVERY)
# What visitors' own look-ups would find: its TTL counts down, and the resolver's end is in sight.
cached = dns_answers("shop.example.com").at(role("resolver"), every="500ms")
datagrams = tcp_counters("UdpInDatagrams").at(servers, every="500ms")

outage = power_off(primary)
OUTAGE, END_LATE = "15s", "1s"  # an outage may end as late as the gate on actions allows

# Visitors first look the name up when the run begins, so what they know lasts to here, whoever dies meanwhile.
expiry = bound(
    ttl="12s",  # example.com.zone: shop 12
    resolver="1s",  # Unbound counts whole seconds, so an answer may live one longer
    margin="1s",
)

healthy = window(before=begin(outage))
since = window(after=begin(outage))
dark = window(after=begin(outage), before=end(outage))
# Those who ask later may still be waiting when the server returns.
in_vain = window(after=begin(outage), lasting="12s")
known = window(after=begin(outage), lasting="4s")
forgotten = window(delay=expiry, lasting="4s")

NOWHERE = frozenset({Outcome.NO_ADDRESS, Outcome.DNS_TIMEOUT})

transferred = agreement(zone, "addresses", during=healthy)
resolved = availability(customers, at_least=0.999, during=since)
visited = availability(visitors, at_least=0.995, during=since)
# At least what arrives in 12 of the 15 s: less what comes while the resolvers turn away from the dead server.
taken_over = reading(
    datagrams, "UdpInDatagrams", at_least=round(rate(RATE) * 12), take=Take.RISE, at=secondary, during=dark
)
still_answers = reading(answers, "rcode", equals="NOERROR", at=secondary, during=since)

nothing_resolved = outcome_share(customers, NOWHERE, at_least=0.99, during=in_vain)
still_known = availability(visitors, at_least=0.98, during=known)
known_no_more = outcome_share(visitors, NOWHERE, at_least=0.98, during=forgotten)
# The probes' own: of two, question and answer each a datagram to that host, and nothing else.
asked = (duration(OUTAGE) + duration(END_LATE)) // duration(ASKED_EVERY) + 1
probed = 2 * 2 * asked
never_asked = reading(datagrams, "UdpInDatagrams", at_most=probed, take=Take.RISE, at=secondary, during=dark)

server_death = Experiment(
    claim="with two name servers, one may die without anybody noticing",
    lab=Lab("dns"),
    loads=[customers, visitors],
    probes=[zone, answers, cached, datagrams, alive().at(servers, every="100ms")],
    timeline=[at("6s", outage, lasting=OUTAGE)],
    duration="28s",
    lag="200ms",  # what is judged takes seconds
    steady=availability(customers, at_least=0.995),
    checks=[transferred, resolved, visited, taken_over, still_answers],
    guards=[stop_unless(reading(answers, "rcode", equals="NOERROR", at=secondary), over="3s")],
    twins=[
        Twin(
            "one name server",
            compose="dns.one-name-server.yaml",
            must_fail=[resolved, visited, taken_over],
            checks=[nothing_resolved, still_known, known_no_more, never_asked],
        )
    ],
)
"""With more than one name server, one may die.

**Guarantee.** Six seconds into the run the primary loses its power: no answer, no refusal, no ARP. From then on - 15 s
without it, 7 s with it again - at least 99.9 % of 11,700 look-ups of customers succeed, each for a name that nobody
asked for before, so that no cache can help (10,000 are needed); and so do 99.5 % of visitors, who ask for one name over
and over. Nobody has to be more patient than 2.5 s: a resolver needs up to 1.95 s to leave a dead server for the other
(its waiting doubles from 50 ms, and ends where it is 400 ms longer than for the other), margin 500 ms.

**Evidence.** That the secondary can serve at all is seen before the fault: both servers have a SOA record with the same
serial (`transferred`), and the secondary has no zone file of its own. Afterwards it answers whenever it is asked
(`still_answers`), and its kernel counts at least the 6,360 questions that come in 12 of the 15 s (`taken_over`). It
would go on for two weeks: so much is `expire` in the zone's SOA.

**Twin.** The secondary is there and has the zone, but neither the delegation nor the zone's NS records name it. New
names fail at once (`nothing_resolved`), while its own kernel counts the probes' questions and no others
(`never_asked`). Visitors notice nothing for a while (`still_known`): they live on the answer of the run's first second
until its TTL of 12 s and the resolver's whole second have passed, and 14 s into the run, margin 1 s, none of them gets
anywhere (`known_no_more`). A long TTL only hides it for longer.

**In the report** look at the latency of look-ups in the two seconds after the fault's line, in which resolvers learn
that the primary is dead; afterwards it is as before. In the twin look at `cached`, whose TTL counts down from 12 to 0,
and at the visitors, whose failures begin there, 6 s after the fault. When the primary is back, names go on failing for
seconds: a resolver asks a server that was silent ever more rarely.
"""
