from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from chaoskit.core.topology import Link, Topology
from chaoskit.report.charts.palette import Palette
from chaoskit.report.charts.topology import own_part, topology_picture
from chaoskit.testing import host, topology_of
from tests.report import synthetic

PALETTE = Palette(("eu", "na"), ("client", "service"))


def svg(topology: Topology, hit: dict[str, str] | None = None) -> ET.Element:
    """The picture, parsed."""
    found = re.search(r"<svg.*</svg>", topology_picture(topology, hit or {}, PALETTE))
    assert found
    return ET.fromstring(found[0])


def bars(picture: ET.Element) -> dict[str, tuple[float, float, float]]:
    """Each network's bar: place, top and bottom."""
    names = [text.text or "" for text in picture.findall("text[@class='net']")]
    rects = [[float(rect.get(key, "")) for key in ("x", "y", "height")] for rect in picture.findall("rect")]
    return {name: (x, y, y + height) for name, (x, y, height) in zip(names, rects, strict=True)}


def test_every_host_is_a_row_with_a_plug_for_each_address() -> None:
    """A balancer on two networks has two."""
    rows = {row.findtext("title", ""): row for row in svg(synthetic.topology()).findall("g")}
    assert len(rows) == 14
    balancer = rows["lb-eu: balancer, 198.18.0.13, 198.18.1.3"]
    assert [text.text for text in balancer.findall("text[@class='address']")] == [".13", ".3"]


@pytest.mark.parametrize(
    ("prefix", "shown"), [(24, ".10"), (23, ".17.10"), (16, ".17.10"), (28, ".10"), (8, ".18.17.10")]
)
def test_an_address_is_shown_as_far_as_its_subnet_leaves_it_open(prefix: int, shown: str) -> None:
    """Two hosts of one network never look alike."""
    assert own_part(Link("a", "n", "eth0", "198.18.17.10", prefix, "")) == shown


def test_networks_that_do_not_meet_share_a_column() -> None:
    """The picture of many regions stays narrow, and no two bars overlap."""
    found = bars(svg(synthetic.topology()))
    assert found["eu"][0] == found["na"][0] != found["edge"][0]
    assert found["eu"][2] < found["na"][1]


def test_hosts_that_faults_hit_are_marked() -> None:
    """In the picture, in its description and by the fault's name."""
    picture = svg(synthetic.topology(), {"web-eu-1": "outage"})
    assert [text.text for text in picture.findall("g/text[@class='host hit']")] == ["web-eu-1"]
    assert "hit by faults: web-eu-1" in (picture.get("aria-label") or "")
    assert any("hit by outage" in (title.text or "") for title in picture.iter("title"))


def test_large_labs_fold_hosts_of_one_service_into_a_row() -> None:
    """Five hundred hosts on five networks are five rows."""
    hosts = [host(f"web-{i}", f"198.18.{i // 100}.{i % 100 + 1}", network=f"n{i // 100}") for i in range(500)]
    rows = svg(topology_of(hosts), {"web-7": "outage"}).findall("g")
    assert [row.findtext("text[@class='host hit']") or row.findtext("text[@class='host']") for row in rows] == [
        "web × 100 (1)",
        *["web × 100"] * 4,
    ]
