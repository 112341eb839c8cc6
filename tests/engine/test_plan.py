"""Plans: what will happen to whom, the same for the same seed, and refused where it cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaoskit.core.errors import DefinitionError, LabError, UsageError
from chaoskit.core.units import NS
from chaoskit.engine.discovery import select
from chaoskit.engine.found import Found
from chaoskit.engine.plan import Plan, make_plan
from tests.samples import shop, write


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """An experiment about a lab of six hosts."""
    (found,) = select([str(shop(tmp_path_factory.mktemp("shop")))])
    return found


def hit(plan: Plan) -> list[tuple[str, ...]]:
    """The targets of each entry."""
    return [entry.targets for entry in plan.entries]


def test_entries_are_concrete_and_in_the_order_of_time(checkout: Found) -> None:
    """Each entry has its steps and targets; the timeline's own order does not matter."""
    plan = make_plan(checkout)
    assert [(entry.name, entry.start, entry.lasting) for entry in plan.entries] == [
        ("outage", 4 * NS, 4 * NS),
        ("freeze", 9 * NS, NS),
    ]
    assert len(plan.entries[0].steps) == 2
    assert plan.entries[1].targets == ("web-1",)
    assert not plan.entries[0].one_shot


def test_loads_and_probes_know_their_hosts(checkout: Found) -> None:
    """Who sends, and where readings are taken, is decided before anything starts."""
    plan = make_plan(checkout)
    assert [(load.name, [host.name for host in load.clients]) for load in plan.loads] == [("buyers", ["buyer"])]
    assert [host.name for host in plan.probes[0].hosts] == ["web-1", "web-2", "web-3", "web-4"]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_the_same_seed_makes_the_same_plan(checkout: Found, seed: int) -> None:
    """Picks depend on the seed alone."""
    first, second = make_plan(checkout, seed=seed), make_plan(checkout, seed=seed)
    assert hit(first) == hit(second)
    assert [entry.steps for entry in first.entries] == [entry.steps for entry in second.entries]


def test_another_seed_picks_others(checkout: Found) -> None:
    """Over some seeds every pair of four instances has its turn more than once."""
    assert len({hit(make_plan(checkout, seed=seed))[0] for seed in range(60)}) == 6


def test_a_twin_drives_its_substitute_under_the_same_name(checkout: Found) -> None:
    """Checks go on to refer to the original; its name is the substitute's as well."""
    plan = make_plan(checkout, arm="half-the-buyers")
    assert plan.twin is not None
    assert [(load.name, load.load.arrivals.rate_at(0)) for load in plan.loads] == [("buyers", 50)]
    assert plan.names.of(plan.loads[0].load) == plan.names.of(plan.experiment.loads[0]) == "buyers"
    assert [name for name, _ in plan.checks] == ["available", "back", "hazard"]


def test_an_arm_hits_the_same_hosts_as_the_guarded_one(checkout: Found) -> None:
    """A twin differs by its mistake alone."""
    assert hit(make_plan(checkout, arm="half-the-buyers", seed=3)) == hit(make_plan(checkout, seed=3))


def test_a_twins_overlay_is_merged_over_the_lab(checkout: Found) -> None:
    """The twin's lab has what its Compose file adds."""
    assert "extra" not in make_plan(checkout).topology.by_name
    assert "extra" in make_plan(checkout, arm="one-more-host").topology.by_name


@pytest.mark.parametrize(
    ("change", "arguments", "said"),
    [
        (("", ""), {"arm": "half-the-buyer"}, "no arm 'half-the-buyer'\n  Did you mean 'half-the-buyers'"),
        (("", ""), {"driver": "vagrant"}, "does not run on the vagrant driver"),
        (('role("service").pick(2)', 'role("servce")'), {}, r"role\('servce'\) matches no host"),
        (('role("service").pick(2)', 'role("service").pick(9)'), {}, "wants 9, but only 4"),
        (('role("service").pick(2)', 'name("db")'), {}, "would hit db, which is protected"),
        (
            ("at_least=0.9)", "at_least=0.9, clients=role('byer'))"),
            {},
            r"shop.py:\d+: availability: role\('byer'\) match",
        ),
        (("instead={buyers: hasty}", "instead={buyers: outage}"), {"arm": "half-the-buyers"}, "in place of a load"),
        (
            (
                "probes.alive import alive",
                "probes.capture import capture\ndef alive(): return capture(network='front')",
            ),
            {},
            r"shop.py:\d+: capture: web-1 is on no network 'front'",
        ),
        (("    checks=[av", "    boot=[crash(name('web-2'))], duration='20m', checks=[av"), {}, "10 min at most"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_starts(
    tmp_path: Path, change: tuple[str, str], arguments: dict[str, str], said: str
) -> None:
    """Each mistake is one message that names it."""
    file = shop(tmp_path)
    text = file.read_text().replace(*change) if change[0] else file.read_text()
    write(file, text.replace('    duration="20s",\n', "") if "20m" in text else text)
    (found,) = select([str(file)])
    with pytest.raises((UsageError, DefinitionError), match=said):
        make_plan(found, **arguments)  # type: ignore[arg-type]


def test_a_missing_lab_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    """The Compose file is looked for beside the experiment."""
    file = shop(tmp_path)
    (tmp_path / "compose.yaml").unlink()
    (found,) = select([str(file)])
    with pytest.raises(LabError, match=r"compose\.yaml"):
        make_plan(found)
