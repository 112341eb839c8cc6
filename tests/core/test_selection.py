"""Selectors as one types them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit import everything, label, name, region, role
from chaoskit.core.errors import UsageError
from chaoskit.core.selection import selection
from chaoskit.core.selector import Selector, hosts
from chaoskit.testing import two_regions

LAB = two_regions()
PYTHON = {"everything": everything, "label": label, "name": name, "region": region, "role": role}


def named(selector: Selector, seed: int = 1) -> list[str]:
    """The hosts it means."""
    return [host.name for host in hosts(selector, LAB, seed)]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("web-eu-1", name("web-eu-1")),
        ("web-*", name("web-*")),
        ("web-eu", name("web-eu")),
        ("service:web-eu", name("web-eu")),
        ("name:client-eu", name("client-eu")),
        ("role:service", role("service")),
        ("region:eu", region("eu")),
        ("label:chaoskit.role=client", label("chaoskit.role", "client")),
        ("*", everything()),
        ("everything", everything()),
        ("role:service & region:eu", role("service") & region("eu")),
        ("role:service&region:eu&!web-eu-2", role("service") & region("eu") - name("web-eu-2")),
        ("!role:service", everything() - role("service")),
        ("client-eu, web-na-1", name("client-eu") | name("web-na-1")),
        ("role:client,role:service&region:na", role("client") | (role("service") & region("na"))),
        ("role:service & region:eu@2", (role("service") & region("eu")).pick(2)),
        ("web-*@50%", name("web-*").share(0.5)),
    ],
)
def test_a_text_means_what_its_python_means(text: str, meant: Selector) -> None:
    """And it is written as that Python, which means the same hosts again."""
    assert named(selection(text)) == named(meant)
    assert named(eval(str(selection(text)), dict(PYTHON))) == named(meant)


@pytest.mark.parametrize(
    "text",
    ["", " ", "web-1,", "role:", "colour:red", "a b", "label:key", "web@", "web@x", "web@0", "web@0%", "&web", "none"],
)
def test_what_means_nothing_is_refused(text: str) -> None:
    """Where it is no name either, the message says what can be written."""
    with pytest.raises(UsageError):
        named(selection(text))


@given(st.text(max_size=40))
def test_any_text_is_a_selector_or_a_mistake_of_its_author(text: str) -> None:
    """Never a traceback; and a selector's own text can be read by Python."""
    try:
        meant = selection(text)
    except UsageError:
        return
    assert isinstance(eval(str(meant), dict(PYTHON)), Selector)
