"""Facts about machines, from files that stand for other machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.engine.doctor.fact import MISSING, OK, SUBSTITUTE, Standing, every_fact
from chaoskit.engine.doctor.facts import apparmor, cgroups, clock, kernel, pressure, uring
from chaoskit.engine.doctor.trial import trial
from chaoskit.loads import transport


def test_every_fact_of_this_machine_says_what_follows() -> None:
    """What stands in or is missing has a consequence; names are each their own."""
    facts = every_fact()
    assert len({fact.name for fact in facts}) == len(facts)
    assert {"kernel", "namespaces", "nft", "netem", "egress rules", "io_uring", "clock source", "PSI", "cgroups"} <= {
        f.name for f in facts
    }
    assert all(fact.standing is OK or fact.means for fact in facts)
    assert all(fact.value for fact in facts)


def test_a_facility_that_does_not_exist_is_told_from_one_that_does() -> None:
    """Bridges are everywhere labs run; the attempts change nothing outside their own namespaces."""
    links = set(Path("/sys/class/net").iterdir())
    assert trial()["bridge"] == trial()["veth"] == ""
    assert set(Path("/sys/class/net").iterdir()) == links


def test_an_absent_facility_is_seen_as_absent() -> None:
    """The same question about a link, a discipline and a family that no kernel has."""
    from chaoskit.engine.doctor import trial as module

    for attempt in (module._link, module._family):
        with pytest.raises(OSError, match=r"."):
            attempt("nonesuch")


@pytest.mark.parametrize(
    ("chosen", "refused", "standing", "value", "means"),
    [
        ("", "", OK, "allowed", "the load engine uses io_uring"),
        ("epoll", "", OK, "allowed", "the load engine uses epoll"),
        ("", "Function not implemented", SUBSTITUTE, "Function not implemented", "the load engine uses epoll"),
        ("io_uring", "Function not implemented", MISSING, "Function not implemented", "no HTTP load runs: "),
        ("kqueue", "", MISSING, "allowed", "no HTTP load runs: CHAOSKIT_TRANSPORT=kqueue names no transport"),
    ],
)
def test_the_load_engines_way_to_the_kernel_is_named(
    chosen: str, refused: str, standing: Standing, value: str, means: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether io_uring may be used, and what is: the environment may choose, and a choice that fails has a remedy."""
    monkeypatch.setenv(transport.VARIABLE, chosen)
    for module in (transport, uring):
        monkeypatch.setattr(module, "refusal", lambda: refused)
    (fact,) = uring.facts()
    assert (fact.name, fact.standing, fact.value) == ("io_uring", standing, value)
    assert fact.means.startswith(means)
    assert bool(fact.remedy) == (standing is MISSING)


@pytest.mark.parametrize(
    ("release", "expected"),
    [("6.18.44-cloud", (6, 18)), ("5.10.0-28-amd64", (5, 10)), ("unknown", (0, 0))],
)
def test_a_kernels_version_is_read(release: str, expected: tuple[int, int]) -> None:
    """Distributions append words."""
    assert kernel.version(release) == expected


@pytest.mark.parametrize(
    ("source", "standing"), [("tsc", OK), ("kvm-clock", OK), ("hpet", SUBSTITUTE), ("acpi_pm", SUBSTITUTE)]
)
def test_a_slow_clock_source_is_pointed_out(tmp_path: Path, source: str, standing: Standing) -> None:
    """Reading it takes microseconds, which a busy generator feels."""
    (tmp_path / "current").write_text(f"{source}\n")
    (fact,) = clock.facts(tmp_path / "current")
    assert (fact.standing, fact.value) == (standing, source)


@pytest.mark.parametrize(
    ("folders", "files", "value", "standing"),
    [
        (["cpu", "memory", "freezer"], [], "v1 (cpu, memory, freezer)", OK),
        (["cpu", "unified"], ["unified/cgroup.procs"], "v1 (cpu) and v2", OK),
        ([], ["cgroup.controllers"], "v2", OK),
        ([], [], "none mounted", SUBSTITUTE),
    ],
)
def test_control_groups_are_told_apart(
    tmp_path: Path, folders: list[str], files: list[str], value: str, standing: Standing
) -> None:
    """Version 1, version 2, both, or none."""
    for folder in folders:
        (tmp_path / folder).mkdir()
    for file in files:
        (tmp_path / file).touch()
    (fact,) = cgroups.facts(tmp_path)
    assert (fact.value, fact.standing) == (value, standing)


@pytest.mark.parametrize(
    ("profiles", "confined"),
    [
        ("/usr/sbin/named (enforce)\n/usr/sbin/unbound (complain)\n", ["AppArmor: named"]),
        ("named (enforce)\nunbound (enforce)\n", ["AppArmor: named", "AppArmor: unbound"]),
        ("/usr/sbin/cupsd (enforce)\n", []),
    ],
)
def test_enforced_profiles_of_daemons_are_pointed_out(tmp_path: Path, profiles: str, confined: list[str]) -> None:
    """A profile that only complains keeps nobody from anything."""
    (tmp_path / "profiles").write_text(profiles)
    facts = list(apparmor.facts(tmp_path / "profiles"))
    assert [fact.name for fact in facts if fact.standing is MISSING] == confined
    assert all("apparmor_parser -R" in fact.remedy for fact in facts if fact.standing is MISSING)


def test_a_machine_without_apparmor_or_pressure_is_no_trouble(tmp_path: Path) -> None:
    """Both are looked for where other machines have them."""
    (fact,) = apparmor.facts(tmp_path / "none")
    assert fact.standing is OK
    (fact,) = pressure.facts(tmp_path / "none")
    assert fact.standing is SUBSTITUTE
