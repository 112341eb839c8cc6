"""A view on a terminal that is redrawn in place, four times a second, and gone at its end."""

from __future__ import annotations

from collections.abc import Callable

from rich import live
from rich.console import Console, RenderableType


def screen(console: Console, look: Callable[[], RenderableType]) -> live.Live:
    """A view that is not shown yet.

    Args:
        console: the terminal's.
        look: what is to be seen now; called by the thread that redraws.
    """
    return live.Live(
        console=console,
        get_renderable=look,
        refresh_per_second=4,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
