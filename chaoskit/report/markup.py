"""HTML and SVG elements as text in which everything that is not markup has been escaped."""

from __future__ import annotations

import html


class Markup(str):
    """Text that is markup already, and goes into a document as it stands."""

    __slots__ = ()


Content = str | Markup | None
"""What an element holds: markup as it stands, plain text escaped, None left out."""

_VOID = {"br", "circle", "hr", "img", "line", "meta", "path", "rect"}


def el(name: str, /, *content: Content, **attributes: str | float | bool | None) -> Markup:
    """An element. `class_` is `class`, `aria_label` is `aria-label`; False and None leave an attribute out."""
    start = f"<{name}{_attributes(attributes)}"
    if name in _VOID and not content:
        return Markup(start + "/>")
    return Markup(f"{start}>{join(*content)}</{name}>")


def join(*content: Content) -> Markup:
    """Contents one after the other."""
    return Markup("".join(_safe(item) for item in content if item is not None))


def number(value: float) -> str:
    """A coordinate with two decimals at most, and none it does not need."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _safe(item: str) -> str:
    return item if isinstance(item, Markup) else html.escape(item)


def _attributes(attributes: dict[str, str | float | bool | None]) -> str:
    return "".join(_attribute(name, value) for name, value in attributes.items())


def _attribute(name: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    written = name.rstrip("_") if name in ("class_", "for_") else name.replace("_", "-")
    if value is True:
        return f" {written}"
    text = value if isinstance(value, str) else number(value)
    return f' {written}="{html.escape(text)}"'
