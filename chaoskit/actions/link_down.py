"""`link_down`: a cable is pulled."""

from __future__ import annotations

from collections.abc import Iterable

from chaoskit.core.action import Planning, action
from chaoskit.core.selector import Selector
from chaoskit.core.step import Step
from chaoskit.steps.link import SetLink


@action(longest="10m")
def link_down(plan: Planning, links: Selector) -> Iterable[Step]:
    """Set interfaces down inside their hosts: the host itself notices, unlike with `partition`.

    Its routes by that interface go, its peer loses the carrier, neighbours get no ARP reply. Undoing sets
    the interface up again with the routes it had; those of routing daemons are left to them.

    Args:
        plan: the lab.
        links: by `HOST/NETWORK`, as in `name("lb-eu/edge")`, or by the labels of their hosts.
    """
    return [SetLink(link.host, link.network, link.device) for link in plan.links(links)]
