"""The parts of the native driver that decide without doing: restarts, dependencies, names, mounts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.errors import LabError
from chaoskit.core.units import NS
from chaoskit.labs.native import names, order
from chaoskit.labs.native.base import submounts
from chaoskit.labs.native.order import Seen
from chaoskit.labs.native.restart import FIRST_DELAY, LONGEST_DELAY, Ended, next_delay
from chaoskit.labs.spec import Condition, Dependency, Healthcheck, RestartPolicy
from tests.labs.native.build import host, lab


@pytest.mark.parametrize(
    ("policy", "ended", "delay"),
    [
        (RestartPolicy(), Ended(1, asked=False, ran=NS, delay=0, restarts=0), None),
        (RestartPolicy("always"), Ended(0, asked=False, ran=NS, delay=0, restarts=0), FIRST_DELAY),
        (RestartPolicy("always"), Ended(0, asked=True, ran=NS, delay=0, restarts=0), None),
        (RestartPolicy("unless-stopped"), Ended(-9, asked=False, ran=NS, delay=0, restarts=3), FIRST_DELAY),
        (RestartPolicy("on-failure"), Ended(0, asked=False, ran=NS, delay=0, restarts=0), None),
        (RestartPolicy("on-failure", 2), Ended(1, asked=False, ran=NS, delay=0, restarts=2), None),
        (RestartPolicy("on-failure", 2), Ended(1, asked=False, ran=NS, delay=0, restarts=1), FIRST_DELAY),
        (RestartPolicy("always"), Ended(1, asked=False, ran=NS, delay=FIRST_DELAY, restarts=1), 2 * FIRST_DELAY),
        (RestartPolicy("always"), Ended(1, asked=False, ran=11 * NS, delay=8 * NS, restarts=1), FIRST_DELAY),
        (RestartPolicy("always"), Ended(1, asked=False, ran=0, delay=40 * NS, restarts=9), LONGEST_DELAY),
    ],
)
def test_restart_delays(policy: RestartPolicy, ended: Ended, delay: int | None) -> None:
    """Docker's policies and back-off."""
    assert next_delay(policy, ended) == delay


@given(st.integers(0, 60 * NS), st.integers(0, 9 * NS))
def test_the_delay_never_exceeds_a_minute(before: int, ran: int) -> None:
    """However often a daemon ended."""
    delay = next_delay(RestartPolicy("always"), Ended(1, asked=False, ran=ran, delay=before, restarts=5))
    assert delay is not None
    assert FIRST_DELAY <= max(delay, FIRST_DELAY) <= LONGEST_DELAY


@pytest.mark.parametrize(
    ("condition", "seen", "starts"),
    [
        (Condition.STARTED, Seen(), False),
        (Condition.STARTED, Seen(started=True), True),
        (Condition.HEALTHY, Seen(started=True), False),
        (Condition.HEALTHY, Seen(started=True, healthy=False), False),
        (Condition.HEALTHY, Seen(started=True, healthy=True), True),
        (Condition.COMPLETED, Seen(started=True), False),
        (Condition.COMPLETED, Seen(started=True, ended=1), False),
        (Condition.COMPLETED, Seen(started=True, ended=0), True),
    ],
)
def test_a_dependency_holds_its_host_back(condition: Condition, seen: Seen, *, starts: bool) -> None:
    """Until every instance has reached the condition."""
    hosts = (host("web", depends_on=(Dependency("db", condition),)), host("db"))
    state = {"web": Seen(), "db": seen}
    chosen = [each.name for each in order.startable(hosts, order.instances(hosts), state)]
    assert ("web" in chosen) is starts


def test_a_dependency_on_an_absent_service_holds_nobody_back() -> None:
    """A service of an inactive profile is not waited for."""
    hosts = (host("web", depends_on=(Dependency("cache", required=False),)),)
    assert order.startable(hosts, order.instances(hosts), {"web": Seen()}) == list(hosts)


def test_dependencies_that_cannot_be_met_are_refused() -> None:
    """Circles, and health of a service without a healthcheck; anything else passes."""
    sick = (host("web", depends_on=(Dependency("db", Condition.HEALTHY),)), host("db"))
    with pytest.raises(LabError, match=r"lab\.yaml:3: service web waits for db to be healthy"):
        order.check(sick)
    order.check((sick[0], host("db", healthcheck=Healthcheck(("true",)))))
    with pytest.raises(LabError, match="circle"):
        order.check((host("a", depends_on=(Dependency("a"),)),))


def test_a_service_with_replicas_has_a_line_for_each() -> None:
    """/etc/hosts names every instance by the service's name, so that a resolver sees all addresses."""
    topology = lab(host("web-1", service="web"), host("web-2", service="web"), host("c")).topology
    block = names.network_blocks(topology)["a"]
    assert block.splitlines() == ["198.18.0.10 web-1 web", "198.18.0.11 web-2 web", "198.18.0.12 c"]


def test_resolv_conf_without_dns_is_empty() -> None:
    """No resolver of the machine leaks into a lab."""
    assert names.resolv_conf(host("a")) == ""


def test_submounts_are_the_machine_s_software_only() -> None:
    """Separate /usr and /home are shown to hosts; /proc, tmpfs, others' disks and containers are not."""
    text = (
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "2 1 8:2 / /usr rw,relatime shared:1 - ext4 /dev/sda2 rw\n"
        "3 1 8:3 / /home/my\\040files rw - btrfs /dev/sda3 rw\n"
        "4 1 0:5 / /proc rw - proc proc rw\n"
        "5 1 0:6 / /var/tmp rw - tmpfs tmpfs rw\n"
        "6 1 8:4 / /media/stick rw - vfat /dev/sdb rw\n"
        "7 1 8:1 /data /var/lib/docker rw - ext4 /dev/sda1 rw\n"
        "8 7 0:39 / /var/lib/docker/overlay2/cd8a/merged rw - overlay overlay rw\n"
        "9 1 8:5 / /var/lib/dockerless rw - ext4 /dev/sda5 rw\n"
    )
    assert submounts(text, frozenset({"tmpfs"})) == ("/home/my files", "/usr", "/var/lib/dockerless")
