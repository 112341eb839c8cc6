"""Tables for pipes: what pads a line's end on a screen is noise in a file."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text


def print_table(table: Table, console: Console, width: int | None = None) -> None:
    """The table; without blanks at line ends where no terminal is. `width` in columns, None for the console's own."""
    if console.is_terminal:
        console.print(table, width=width)
        return
    usual = console.width
    console.width = width or usual
    try:
        with console.capture() as captured:
            console.print(table)
    finally:
        console.width = usual
    for line in captured.get().splitlines():
        console.print(Text(line.rstrip()), soft_wrap=True)
