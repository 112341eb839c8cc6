"""Labs loaded whole."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaoskit.core.errors import ChaoskitError
from chaoskit.core.lab import Lab
from chaoskit.core.selector import hosts, region, role
from chaoskit.labs.find import shipped_labs
from chaoskit.labs.load import load_lab

FILES = Path(__file__).parent / "compose" / "files"
TEXTS = [path.read_text() for path in sorted(FILES.glob("*/*.y*ml"))]
WORDS = [
    "",
    "[]",
    "{}",
    "null",
    "1",
    "-1",
    "x",
    "[x]",
    "{x: y}",
    "${X",
    "$",
    "&a b",
    "*a",
    "!reset",
    "!override x",
    "'",
]


@pytest.mark.parametrize("name", shipped_labs())
def test_a_shipped_lab_loads_and_runs_natively(name: str) -> None:
    """Every shipped lab parses, has roles, and holds nothing that the native driver refuses."""
    spec = load_lab(Lab(name))
    assert spec.name == name
    assert [host.name for host in spec.hosts] == [host.name for host in spec.topology.hosts]
    assert all(host.role for host in spec.topology.hosts)
    assert spec.refused == ()


def test_the_demo_lab_and_its_twin() -> None:
    """The twin's overlay replaces the GSLB servers' daemon and leaves every address as it was."""
    guarded, twin = load_lab(Lab("gslb")), load_lab(Lab("gslb", overlays=["gslb.plain-dns.yaml"]))
    assert len(hosts(role("service") & region("eu"), guarded.topology, random.Random(1))) == 3
    assert guarded.topology.networks == twin.topology.networks
    assert {host.name: host.addresses for host in guarded.topology.hosts} == {
        host.name: host.addresses for host in twin.topology.hosts
    }
    changed = [host.name for host, other in zip(guarded.hosts, twin.hosts, strict=True) if host.image != other.image]
    assert changed == [host.name for host in guarded.hosts if host.image == "chaoskit/gdnsd"]


def test_loading_twice_gives_the_same_lab() -> None:
    """Nothing in a lab depends on chance: addresses, MACs and names are the same every time."""
    lab = Lab(str(FILES / "vote" / "compose.yaml"))
    assert load_lab(lab) == load_lab(lab)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_an_error_and_never_a_traceback(tmp_path: Path, data: st.DataObject) -> None:
    """Whatever is lost or mistyped in a file, loading gives a lab or an error that names a file."""
    lines = data.draw(st.sampled_from(TEXTS)).splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        key, colon, _ = lines[at].partition(":")
        lines[at] = f"{key}{colon} {data.draw(st.sampled_from(WORDS))}" if data.draw(st.booleans()) else ""
    (tmp_path / "compose.yaml").write_text("\n".join(lines))
    lab = Lab(str(tmp_path / "compose.yaml"), profiles=["*"], environment={"ROOT_PASSWORD": "x"})
    assert _named_or_loaded(lab, tmp_path)


def _named_or_loaded(lab: Lab, folder: Path) -> bool:
    """Whether a lab loads, or fails with a message that names a file of its folder."""
    try:
        return bool(load_lab(lab).files)
    except ChaoskitError as error:
        return str(folder) in str(error)
