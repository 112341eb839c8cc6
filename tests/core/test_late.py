"""Late targets as selectors: what an answer selects, and what there is before one."""

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.late import Unanswered, found_by
from chaoskit.core.selector import Answers, hosts, links, name, role
from chaoskit.probes.holds_address import holds_address
from chaoskit.testing import two_regions

LAB = two_regions()
HOLDERS = holds_address("198.18.1.100").at(role("balancer"), every="50ms")
HOLDER = found_by(HOLDERS, "holds")
ANSWER: Answers = {HOLDER.text: ("lb-na",)}


def test_the_answer_is_the_host_and_so_are_its_links() -> None:
    """A link goes with its host, so that an action can pull the cable of whoever it is; both compose."""
    assert [host.name for host in hosts(HOLDER, LAB, 1, ANSWER)] == ["lb-na"]
    assert [link.name for link in links(HOLDER, LAB, 1, ANSWER)] == ["lb-na/na"]
    assert [link.name for link in links(HOLDER & name("*/na"), LAB, 1, ANSWER)] == ["lb-na/na"]
    assert [host.name for host in hosts(role("balancer") - HOLDER, LAB, 1, ANSWER)] == ["lb-eu"]


def test_before_the_answer_there_is_nobody() -> None:
    """The question is what is missing; it says who the candidates are."""
    with pytest.raises(Unanswered) as missing:
        hosts(HOLDER, LAB, 1)
    assert str(missing.value.question.candidates) == "role('balancer')"


def test_a_probe_that_is_read_nowhere_asks_nobody() -> None:
    """An error where it is written."""
    with pytest.raises(UsageError, match="does not say where"):
        found_by(holds_address("198.18.1.100"), "holds")
