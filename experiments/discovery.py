"""Discovery: instances announce themselves in a registry, balancers and callers find them there.

Lab `discovery` (compose/discovery.yaml): three zones with a member of etcd, an instance and a client of the registry
each, and a balancer whose pool is fed from the registry.
"""

from chaoskit import (
    Experiment,
    Lab,
    Load,
    Twin,
    at,
    begin,
    bound,
    confirmed,
    end,
    found_by,
    get,
    load,
    param,
    role,
    status,
    stop_unless,
    window,
)
from chaoskit.actions.grudges import isolate
from chaoskit.actions.partition import partition
from chaoskit.checks.availability import availability
from chaoskit.checks.linearizable import linearizable
from chaoskit.checks.outcome_share import outcome_share
from chaoskit.checks.reading import reading
from chaoskit.checks.recovers import recovers
from chaoskit.checks.share_by import Draw, share_by
from chaoskit.checks.staleness import staleness
from chaoskit.core.load import Outcome
from chaoskit.loads.arrivals import poisson
from chaoskit.loads.protocols.etcd import read, write
from chaoskit.probes.etcd_members import etcd_members
from chaoskit.probes.haproxy_servers import haproxy_servers

registry, apps, instances = role("registry"), role("app"), role("service")

SETTING = "/settings/price"
NEAREST = "registry"
"""The member of the client's own zone, by the name that every zone has for it (discovery.yaml)."""
ALL = (NEAREST, "etcd-c", "etcd-b", "etcd-a")
"""The nearest first, the others in its stead."""
ATTEMPT = "1s"
"""What a member is given before the next one is asked."""


def look_up(*endpoints: str, rate: str, serializable: bool = False) -> Load:
    """Reads of the setting by the apps of every zone; arms differ in whom and how they ask."""
    # A member that knows no leader is to say so at once. Whoever is content with its own state does not ask for one.
    request = read(
        SETTING, endpoints=endpoints, attempt=ATTEMPT, serializable=serializable, require_leader=not serializable
    )
    return load(request, poisson(rate), clients=apps, timeout="3s")


shoppers = load(
    get("http://198.18.97.80/", ok=status(200)),
    poisson(param("shop_rate", "237/s")),
    clients=role("client"),
    timeout="1s",
)
lookup_rate, lone_rate = param("lookup_rate", "270/s"), "75/s"
lookups = look_up(*ALL, rate=lookup_rate)
lone_lookups = look_up(NEAREST, rate=lone_rate)
changes = load(
    write(SETTING, endpoints=ALL, attempt=ATTEMPT, require_leader=True), poisson("45/s"), clients=apps, timeout="3s"
)

members = etcd_members().at(registry, every="200ms", timeout="1s")
pool = haproxy_servers().at(role("lb"), every="200ms")

leader = found_by(members, "leader")
later_leader = found_by(members, "leader", label="leader_after_the_first_cut")
follower = (registry - later_leader).first()

leader_cut = partition(isolate(leader, among=registry))
follower_cut = partition(isolate(follower, among=registry))

# Raft: a follower that has not heard from the leader stands for election after a time that it draws anew between one
# and two election timeouts (etcd's tuning guide; Ongaro and Ousterhout 2014, 5.2). Two are left: when they stand at the
# same moment the vote is split, and both wait once more.
election = bound(
    election_timeout="2s",  # discovery.yaml: 2 x ETCD_ELECTION_TIMEOUT
    split_vote="2s",  # the same once more
    attempt=ATTEMPT,  # a write that the old leader took in good faith fails after this
    margin="600ms",
)
# A leader looks once an election timeout whether a majority still answers (CheckQuorum), and a follower that would
# stand for election knows no leader any more: either is done after two of them.
noticing = bound(election_timeout="2s", margin="600ms")
# A client whose write has failed begins with the next member of its list, where its own one may stand twice.
elsewhere = bound(attempts="2s", margin="600ms")
# Members notice after five seconds without a sign of life that a stream between them is dead (etcd's rafthttp,
# ConnReadTimeout) and give a new connection a second more than the election timeout (DialTimeout). Before the first
# member is back a second cut would leave no majority at all.
rejoining = bound(dead_stream="5s", dial="2s", margin="1s")

electing = window(after=begin(leader_cut), lasting=election)
leader_away = window(after=confirmed(leader_cut), before=end(leader_cut))
leader_knows = window(after=confirmed(leader_cut), delay=noticing, before=end(leader_cut))
moving_on = window(after=begin(follower_cut), lasting=elsewhere)
follower_away = window(after=confirmed(follower_cut), before=end(follower_cut))
follower_knows = window(after=confirmed(follower_cut), delay=noticing, before=end(follower_cut))

order_exists = linearizable([lookups, lone_lookups], changes)
never_stale = staleness([lookups, lone_lookups], changes)
majority_goes_on = recovers(changes, within=electing, at_least=0.95)
lookups_fall_back = availability(lookups, at_least=0.999, outside=electing)
# A write that is under way to a member when it is cut off is lost: 2 s of writes in 39 s where every client is there.
changes_fall_back = availability(changes, at_least=0.9, outside=electing)
changes_go_on = recovers(changes, within=moving_on, at_least=0.95)
leader_refuses = outcome_share(lone_lookups, Outcome.OK, at_most=0.1, clients=apps.beside(leader), during=leader_away)
follower_refuses = outcome_share(
    lone_lookups, Outcome.OK, at_most=0.1, clients=apps.beside(follower), during=follower_away
)
leader_knows_none = reading(members, "knows_leader", equals=False, at=leader, during=leader_knows)
follower_knows_none = reading(members, "knows_leader", equals=False, at=follower, during=follower_knows)
shop_unharmed = availability(shoppers, at_least=0.999)
zone_still_serves = share_by(
    shoppers,
    by="instance",
    of=instances.beside(leader),
    between=(0.28, 0.39),
    counting=Draw.REQUEST,
    during=leader_away,
)

cp_partition = Experiment(
    claim="a registry that is cut in two stays consistent, its minority refuses, and whoever asks the majority goes on",
    lab=Lab("discovery"),
    loads=[shoppers, lookups, lone_lookups, changes],
    probes=[members, pool],
    timeline=[
        at("4s", leader_cut, lasting="7.8s"),
        at("20s", follower_cut, lasting="6s"),  # `rejoining` after the first one's end
    ],
    # 10,000 look-ups and as many requests in half a minute (910/s in all) take 1.1 cores, too much for two arms on two.
    duration="45s",
    lag="200ms",  # what is judged takes seconds, and its bound has a margin of 600 ms
    steady=availability(lookups, at_least=0.95),
    checks=[
        order_exists,
        never_stale,
        majority_goes_on,
        lookups_fall_back,
        changes_fall_back,
        changes_go_on,
        leader_refuses,
        follower_refuses,
        leader_knows_none,
        follower_knows_none,
        shop_unharmed,
        zone_still_serves,
    ],
    guards=[stop_unless(availability(shoppers, at_least=0.5), over="5s")],
    twins=[
        Twin(
            "serializable reads",
            instead={
                lookups: look_up(*ALL, rate=lookup_rate, serializable=True),
                lone_lookups: look_up(NEAREST, rate=lone_rate, serializable=True),
            },
            must_fail=[order_exists, never_stale, leader_refuses, follower_refuses],
            checks=[availability(lookups, at_least=0.999).named("everybody_is_answered")],
        ),
        Twin(
            "one member",
            instead={lookups: look_up(NEAREST, rate=lookup_rate)},
            must_fail=[lookups_fall_back],
            checks=[
                outcome_share(lookups, Outcome.OK, at_most=0.05, clients=apps.beside(leader), during=leader_away).named(
                    "its_zone_is_dark"
                ),
            ],
        ),
    ],
)
"""A registry that keeps consistency (CP) under a partition: its minority stops, and callers must know another member.

**Guarantee.** Four seconds into the run the leader of three etcd members - whoever it is then - is cut off from the two
others for 7.8 s, and when it is surely back a follower for 6 s; clients reach every member throughout. The two others
elect a leader and accept writes again within 5.6 s: election timeout, drawn up to twice 1 s, once more where the vote
is split, a client's attempt of 1 s, margin 0.6 s (1.2 to 2.4 s are usual). The member that is cut off refuses: at most
10 % of the reads of clients that know it alone succeed (none does; 195 and 150 expected, 100 needed), and by its own
word it knows no leader. Reads and writes of all clients have an order in which each read gives what was written last,
and no read gives what had been overwritten. Clients that know all members are served by another one: outside the 5.6 s
at least 99.9 % of their reads (about 10,640; 10,000 needed) and 90 % of their writes (about 1,770; 100 needed) succeed.
It is 90 %, because a write whose fate is unclear must not be sent again: a cut costs what is under way to the member,
up to two attempts of 1 s each, after which writes go on at another one (within 2.6 s of the follower's cut). HTTP
through the pool that is fed from the registry never notices: at least 99.9 % (about 10,670; 10,000 needed), a third of
it served by the instance beside the member that is cut off, which keeps its lease at another one.

**Twins.** *Serializable reads* are answered by the member alone, so everybody is answered (its own check says so), the
minority no longer refuses, and clients beside it read what was overwritten up to 7.8 s before: no order exists. *One
member*: clients that know only the member of their own zone are refused while it is cut off, a third at a time.

**In the report** look at the lanes of probe `members`: `leader` moves after the first cut, and for a moment two members
claim it, in different terms; `knows_leader` goes and comes with each cut. In the traffic by load the lone look-ups lose
a third twice; writes stop for the election alone, look-ups wait for it; the shoppers' line has no dent. In the twin of
serializable reads nothing at all is to be seen there, and that is its danger: look at `never_stale`.
"""
