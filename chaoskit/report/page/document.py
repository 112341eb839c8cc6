"""An HTML file that needs nothing else: styles and script are inside."""

from __future__ import annotations

from importlib.resources import files

from chaoskit.report.markup import Content, Markup, el

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
"""Content Security Policy: whatever a name in a report may hold, the file cannot fetch anything."""


def document(title: str, *body: Content) -> str:
    """The whole file."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", title),
        el("style", asset("report.css")),
    )
    return f"<!doctype html>\n{el('html', head, el('body', *body), lang='en')}\n"


def asset(name: str) -> Markup:
    """A style sheet or a script, as it stands."""
    return Markup((files("chaoskit.report") / "assets" / name).read_text(encoding="utf-8"))
