"""The experiments of chapter TIME_WAIT: what they claim follows from the lab's configuration, and proves true."""

from pathlib import Path

import pytest

from chaoskit.actions.stale_segment import COPIES
from chaoskit.checks.binomial import ALPHA, at_most
from chaoskit.core.lab import Lab
from chaoskit.core.units import NS
from chaoskit.engine.discovery import select
from chaoskit.engine.found import Found
from chaoskit.engine.plan import Plan, make_plan
from chaoskit.kernel.conversation import ISN_CLOCK
from chaoskit.labs.load import load_lab
from chaoskit.steps.call import Call
from tests.support.proving import failed, proved

ROOT = Path(__file__).parents[2]
HOSTS = {host.name: host for host in load_lab(Lab("bogon")).hosts}


@pytest.fixture(scope="module")
def time_wait() -> Found:
    """The experiment as the command line finds it."""
    (found,) = select([f"{ROOT / 'experiments' / 'bogon.py'}::time_wait"])
    return found


@pytest.fixture(scope="module", params=["guarded", "assassinated"])
def plan(request: pytest.FixtureRequest, time_wait: Found) -> Plan:
    """The plan of each arm."""
    return make_plan(time_wait, arm=request.param)


def round_s() -> float:
    """Seconds from one connection to the next that are slept, whatever the machine does."""
    return float(HOSTS["service"].environment["THINK_S"]) + float(HOSTS["client"].environment["GAP_S"])


def test_connections_are_faster_than_the_clock_with_room_to_spare() -> None:
    """A batch each way is more than three times what the clock advances in the slept part of a round."""
    batches = {int(HOSTS[name].environment["BATCH"]) for name in ("service", "client")}
    assert len(batches) == 1
    assert batches.pop() > 3 * ISN_CLOCK * round_s()


def test_the_services_first_window_takes_in_an_old_acknowledgement() -> None:
    """An acknowledgement up to a window old is accepted (RFC 5961, 5.2); half of the buffer is window."""
    first = int(dict(HOSTS["service"].sysctls)["net.ipv4.tcp_rmem"].split()[1])
    assert first / 2 > ISN_CLOCK * round_s()


def test_the_action_is_at_the_services_port_and_ends_before_the_run(plan: Plan) -> None:
    """Sender, receiver, attacker and port are the lab's; even a slow machine is through, or has given up, in time."""
    (entry,) = plan.entries
    (step,) = entry.steps
    assert isinstance(step, Call)
    assert step.host == "attacker"
    assert step.arguments["port"] == int(HOSTS["service"].environment["PORT"])
    assert step.arguments["source"] == HOSTS["client"].environment["SERVICE"]
    assert step.arguments["target"] == plan.topology.by_name["client"].addresses[0]
    assert entry.start + step.timeout < plan.length


def test_there_are_ports_for_the_whole_run(plan: Plan) -> None:
    """In the guarded arm each exchange takes one for 60 s."""
    first, last = map(int, HOSTS["client"].environment["PORTS"].split("-"))
    assert last - first > 2 * plan.length / NS / round_s()


def test_the_samples_are_planned(time_wait: Found) -> None:
    """Either arm errs with a probability of less than 1 in 10,000.

    The twin's own checks would fail where late segments get through at nine of ten connections; the guarded arm
    would pass where they do at every second one.
    """
    connections, enough = time_wait.variables["CONNECTIONS"], time_wait.variables["ENOUGH"]
    assert at_most(enough - 1, connections, 0.9) < ALPHA
    assert at_most(0, enough, 0.5) < ALPHA


def test_two_tries_at_one_connection_are_one_sample(time_wait: Found) -> None:
    """The resets that it takes are those of enough connections, even where both late segments of each drew one."""
    needed = time_wait.variables["no_stray_byte"].arguments["needed"]
    assert needed // COPIES >= time_wait.variables["ENOUGH"]
    assert needed <= time_wait.variables["CONNECTIONS"]  # each draws one at least, which confirms the action


def test_a_run_is_short(plan: Plan) -> None:
    """The whole catalogue has to fit in a quarter of an hour."""
    assert plan.length <= 16 * NS


@pytest.mark.lab
@pytest.mark.catalogue
@pytest.mark.timeout(240)
def test_time_wait_keeps_late_segments_out_and_assassination_lets_them_in(tmp_path: Path) -> None:
    """`prove` passes: the guarded arm passes every check, and the twin fails exactly those it must."""
    verdicts = proved("bogon.time_wait", tmp_path)
    assert set(verdicts["guarded"].values()) == {"pass"}
    wrong = failed(verdicts, "assassinated")
    assert wrong - {"none_fails"} == {"no_stray_byte", "ports_kept"}
