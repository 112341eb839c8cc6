from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from chaoskit.report.markup import Markup, el, number


class Reader(HTMLParser):
    """What a browser would make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the element."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")))
def test_text_and_attributes_come_back_as_they_were(text: str) -> None:
    """Nothing that a name or a log holds becomes an element or ends an attribute."""
    reader = Reader()
    reader.feed(el("p", text, title=text))
    reader.close()
    assert reader.text == text
    assert reader.tags == [("p", {"title": text})]


def test_attributes_are_written_as_html_has_them() -> None:
    """Keywords of Python, hyphens, flags, and attributes that are left out."""
    made = el("i", Markup("<b>x</b>"), None, class_="a", aria_label="l", hidden=True, id=None, inert=False, x=1.50)
    assert made == '<i class="a" aria-label="l" hidden x="1.5"><b>x</b></i>'
    assert el("meta", name="n") == '<meta name="n"/>'


def test_numbers_are_short() -> None:
    """Coordinates make up most of a report."""
    assert [number(n) for n in (1.0, 0.125, 100, -0.5)] == ["1", "0.12", "100", "-0.5"]
