"""TIME_WAIT and bogons: segments of connections that have ended, in connections that have the same ports.

Lab `bogon` (compose/bogon.yaml): a service, its client, which opens and closes a connection for each exchange, and
an attacker beside their path.
"""

from chaoskit import Experiment, Lab, Twin, at, role
from chaoskit.actions.stale_segment import COPIES, stale_segment
from chaoskit.checks.no_delivery import no_delivery
from chaoskit.checks.reading import Take, reading
from chaoskit.probes.http_json import http_json
from chaoskit.probes.tcp_counters import tcp_counters

service, client, attacker = role("service"), role("client"), role("attacker")

exchanges = http_json("/counters", 9100).at(client, every="100ms")
# What the service's kernel says to a TIME_WAIT that asks about a late segment: that it knows no such connection.
answered = tcp_counters("TcpOutRsts").at(service, every="100ms")
# Segments that the client's kernel had already: of a stolen place in the stream, what the service sent for it.
repeated = tcp_counters("TcpExtTCPDSACKOldSent").at(client, every="100ms")

CONNECTIONS = 30
"""Connections that get late segments. Each is an independent draw: its sequence numbers are its own."""
ENOUGH = 15
"""Where a late segment gets through in half of the connections, 15 without a stray byte are 3 in 100,000 (0.5^15);
where it does in nine of ten, fewer than 15 of 30 are one in a hundred million."""
TRIES = COPIES * ENOUGH
"""Resets that tell of so many connections: either late segment of a connection may draw one, and the two are one draw,
not two."""

late = stale_segment(service, to=client, by=attacker, port=7000, times=CONNECTIONS, within="10s")

no_stray_byte = no_delivery(exchanges, "stray_bytes", tried=answered, tries="TcpOutRsts", needed=TRIES)
ports_kept = reading(exchanges, "reused", at_most=0, take=Take.LAST)
none_fails = reading(exchanges, "failed", at_most=0, take=Take.LAST)

reused = reading(exchanges, "reused", at_least=ENOUGH, take=Take.RISE)
strays = reading(exchanges, "stray_answers", at_least=ENOUGH, take=Take.RISE)

time_wait = Experiment(
    claim="TIME_WAIT keeps a late segment of an old connection out of a new one",
    lab=Lab("bogon"),
    probes=[exchanges, answered, repeated],
    timeline=[at("3s", late)],
    duration="16s",
    steady=reading(exchanges, "exchanges", at_least=10, take=Take.RISE),
    checks=[no_stray_byte, ports_kept, none_fails],
    twins=[
        Twin(
            "assassinated",
            compose="bogon.assassinated.yaml",
            must_fail=[no_stray_byte, ports_kept],
            # Who has taken a stray byte acknowledges what was never sent: the connection may hang (RFC 1337).
            may_fail=[none_fails],
            checks=[reused, strays],
        )
    ],
)
"""A late segment ends in TIME_WAIT, not in somebody else's connection.

**Guarantee.** The client makes about ten exchanges a second, each over a connection of its own from the lowest source
port that is free: 4 MiB there, 50 ms of thought, 4 MiB back, and it closes first, so TIME_WAIT is on its side. From 3 s
on 30 of these connections are followed by two late segments of the service, IP packets byte for byte as it sent them.
They come from a third host, off the path, as if the network had held them back: one right after the end, and one
while the next connection waits for its answer - of all the segments of the old connection the one whose sequence
number the next connection expects. TIME_WAIT keeps the port for its 60 s, so every connection has a port of its own,
and no byte of another connection is ever read: 0 in at least 30 resets of the service. Each of a connection's two late
segments may draw one (60 are usual), and what becomes of the two is one draw, so 30 stand for 15 connections or more.

**Twin.** With the kernel's default `tcp_rfc1337=0` the first late segment undoes TIME_WAIT: TIME_WAIT acknowledges it,
the service knows no such connection and answers with a reset, and the reset ends TIME_WAIT. The client takes the same
port again; its new connection expects the second segment, and reads it: bytes stamped by the connection before stand
at the head of the answer, and as many of its own are lost, without an error anywhere. Its own checks want ports
reused and answers spoilt in at least 15 of the 30.

**Why a byte-identical segment fits.** Timestamps, which would give it away (PAWS), are off in both arms. The clock of
initial sequence numbers advances 15.6 million a second: from one connection to the next, some 80 ms, by 1.2 million.
A connection that carries more than that each way - 4.2 million are good for 0.27 s - has segments whose sequence and
acknowledgement numbers lie in the next one's windows. A slower one has none: then that clock is the protection.

**In the report** look at `exchanges` (stray_bytes, reused) beside `answered`: each late segment that reached TIME_WAIT
made the service send a reset (TcpOutRsts). In the guarded arm it does so and nothing follows. The action's evidence
says how many packets the attacker's interface has sent: two a connection, and it sends no others.
"""
