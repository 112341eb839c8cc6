"""Routing: which way packets take, and which way they must not.

Lab `routing` (compose/routing.yaml): a service with personal data, a business partner, a VPN between them, and the
Internet beside it; FRR routers that exchange routes by BGP.
"""

from chaoskit import Experiment, Lab, Twin, at, begin, bound, end, get, load, param, role, status, window
from chaoskit.actions.advertise_route import advertise_route
from chaoskit.actions.command import command
from chaoskit.checks.availability import availability
from chaoskit.checks.no_packets import no_packets
from chaoskit.checks.outcome_share import outcome_share
from chaoskit.checks.packets_seen import packets_seen
from chaoskit.core.load import Outcome
from chaoskit.loads.arrivals import poisson
from chaoskit.probes.capture import capture
from chaoskit.probes.routes import routes

PARTNER = "198.18.84.0/24"
"""Where the partner is: compose/routing.yaml, network `partner`."""

gateways, provider = role("gateway") | role("partner-gateway"), role("provider")

# Every request makes the service send one customer's record to the partner.
callers = load(
    get("http://198.18.80.20:8080/customers/7", ok=status(200)),
    poisson(param("rate", "80/s")),
    clients=role("client"),
    timeout="2s",
)

# The provider's router is where anybody on the way could look.
clear_text = capture(f"net {PARTNER}", network="public").at(provider, every="100ms")
encrypted = capture("udp port 51820", network="public").at(provider, every="100ms")  # gateway/wg0.conf: ListenPort

public_way = advertise_route(PARTNER, at=provider)
vpn_way = advertise_route(PARTNER, at=role("partner-gateway"))
vpn_down = command(
    ["ip", "link", "set", "wg0", "down"],
    undo=["ip", "link", "set", "wg0", "up"],
    confirm=["cat", "/sys/class/net/wg0/operstate"],
    expect="down",
    at=gateways,
)

noticed = bound(
    patience="800ms",  # credit.py: how long the service waits for a partner it was talking to
    margin="200ms",
)
without_vpn = bound(
    outage="5s",
    handshake="5.4s",  # WireGuard tries again after 5 s and up to 333 ms when its first word is lost
    margin="600ms",
)
outage = window(after=begin(vpn_down), lasting=without_vpn)
dark = window(after=begin(vpn_down), delay=noticed, before=end(vpn_down))
until_healed = window(before=end(vpn_down))
first_second = window(lasting="1s")
second_without_vpn = window(after=begin(vpn_down), lasting="1s")

stays_private = no_packets(clear_text, control=encrypted)
fails_closed = outcome_share(callers, Outcome.UNAVAILABLE, at_least=0.95, during=dark)
available = availability(callers, at_least=0.98, outside=outage)

looks_healthy = availability(callers, at_least=0.98, during=until_healed)
leaks_at_once = packets_seen(clear_text, within=first_second)
leaks_without_vpn = packets_seen(clear_text, within=second_without_vpn)

vpn_leak = Experiment(
    claim="personal data goes by the VPN or not at all, whatever is advertised first",
    lab=Lab("routing"),
    loads=[callers],
    probes=[
        clear_text,
        encrypted,
        routes("198.18.84.10").at(role("gateway"), every="100ms").named("way_there"),
        routes("198.18.81.20").at(role("partner-gateway"), every="100ms").named("way_back"),
    ],
    boot=[public_way, vpn_way],
    timeline=[at("6s", vpn_down, lasting="5s")],
    duration="22s",
    lag="200ms",  # nothing that is judged is a latency
    steady=availability(callers, at_least=0.95),
    checks=[stays_private, fails_closed, available],
    twins=[
        Twin(
            "dynamic",
            compose="routing.dynamic.yaml",
            must_fail=[stays_private, fails_closed],
            checks=[leaks_at_once, looks_healthy],
        ),
        Twin(
            "no refusal",
            compose="routing.no-refusal.yaml",
            must_fail=[stays_private, fails_closed],
            checks=[leaks_without_vpn, looks_healthy],
        ),
    ],
)
"""Personal data goes by the VPN or not at all.

**Guarantee.** A service sends customers' records to a business partner in plain HTTP, through a WireGuard tunnel.
Before anything else the provider advertises the partner's prefix, the partner itself only afterwards. From then to the
end the provider's router sees no packet to or from the partner's network, while it does see the tunnel's encrypted
ones: on both gateways static routes (distance 1) come before whatever BGP hears (20). Six seconds into the run the
tunnel goes down at both ends for 5 s. The refusal beside the static routes is what is left: within 1 s - the service's
patience 0.8 s, margin 0.2 s - at least 95 % of the callers get 503, for as long as it lasts (320 at 80/s; 200 are
needed). Outside 11 s from there - the outage 5 s, a lost WireGuard handshake 5.4 s, margin 0.6 s - at least 98 % of
the requests succeed (880; 500 are needed).

**Twin: dynamic.** The gateways leave it to BGP. Both paths are equally long, and the one heard first is taken: the
records go in clear through the provider's router from the first request on, found by the capture within 1 s. The
callers notice nothing, not even when the tunnel goes down: at least 98 % of their requests succeed until it is back.

**Twin: no refusal.** The static routes have nothing beside them. All is well until the tunnel goes down; then they
leave the table, the next best routes lead to the provider, and the records are seen there within 1 s. Again the
callers notice nothing.

**In the report** look at the readings of `clear_text` beside those of `encrypted`, and at `way_there`: which device our
gateway sends to. Then open `files/clear_text/isp.pcapng` of a twin's run in Wireshark and follow a TCP stream: there is
a customer's name, date of birth and account. Of the guarded run the file is empty, and `files/encrypted/isp.pcapng`
holds what there is to see.
"""
