"""Experiments on the project of tests/webshop, as its owners would write them."""

from chaoskit import Connections, Experiment, Lab, Twin, at, get, load, name, role, stop_unless
from chaoskit.actions.crash import crash
from chaoskit.actions.grudges import one_way
from chaoskit.actions.link_down import link_down
from chaoskit.actions.partition import partition
from chaoskit.actions.pause import pause
from chaoskit.checks.availability import availability
from chaoskit.loads.arrivals import constant

LAB = Lab("compose.yaml", roles={"app": "service"}, regions={"app": "here"})

visitors = load(get("http://web/"), constant("20/s"), clients=role("client"), timeout="3s", connections=Connections.NEW)
strangers = load(get("http://web/"), constant("20/s"), clients=role("client"), timeout="1ms")
served = availability(visitors, at_least=0.5)
guard = stop_unless(availability(visitors, at_least=0.01), over="6s")

# app-2 no longer hears web, and loses what makes it deaf with its network: its restart policy gives it a new one.
deaf = partition(one_way(name("web"), name("app-2")))
death = crash(name("app-2"))
frozen = pause(name("app-1"))
unplugged = link_down(name("gate/default"))
every_kind = Experiment(
    claim="the shop outlives faults of each kind",
    lab=LAB,
    loads=[visitors],
    timeline=[
        at("500ms", deaf, lasting="4s"),
        at("1s", death, lasting="3s"),
        at("2s", frozen, lasting="1s"),
        at("3200ms", unplugged, lasting="500ms"),
    ],
    duration="6500ms",
    checks=[served],
    guards=[guard],
    twins=[
        Twin("impatient visitors", must_fail=[served], instead={visitors: strangers}),
        Twin("another file", must_fail=[served], compose="other.yaml"),
    ],
)

long = pause(name("app-1"))
deafer = partition(one_way(name("web"), name("app-3")))
killed = Experiment(
    claim="whoever dies, the shop is left as it was",
    lab=LAB,
    loads=[visitors],
    timeline=[at("200ms", long, lasting="40s"), at("200ms", deafer, lasting="40s")],
    duration="45s",
    guards=[guard],
)

unguarded = Experiment(
    claim="nobody watches", lab=LAB, timeline=[at("1s", pause(name("app-1")), lasting="1s")], duration="4s"
)
