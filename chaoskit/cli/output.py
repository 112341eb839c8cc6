"""How commands speak: answers on stdout, everything else on stderr, colour only where a person looks."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

_WIDE = 140
_STYLES = {"bold": "1", "red": "31", "green": "32", "yellow": "33", "dim": "2"}


def coloured(stream: TextIO) -> bool:
    """Whether a stream wants colour: a terminal, and neither NO_COLOR (https://no-color.org) nor TERM=dumb is set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, style: str, stream: TextIO) -> str:
    """The text in a style, where the stream wants colour."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if coloured(stream) else text


def console(stream: TextIO) -> Console:
    """A rich console; where nobody's terminal decides, lines are wide enough that nothing is cut."""
    from rich.console import Console  # noqa: PLC0415  a tenth of a second that --help need not take

    class Piped(Console):
        """Ends the command as any write to a closed pipe does; rich would exit with 1, the status of a fail."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    return Piped(file=stream, width=None if stream.isatty() else _WIDE, highlight=False)


def say(text: str = "") -> None:
    """A line of the answer."""
    print(text)


def tell(text: str) -> None:
    """A line about the work, which is no part of the answer."""
    print(text, file=sys.stderr)


def complain(text: str) -> None:
    """An error, on stderr."""
    tell(f"{paint('error:', 'red', sys.stderr)} {text}")


def warn(text: str) -> None:
    """A warning, on stderr."""
    tell(f"{paint('warning:', 'yellow', sys.stderr)} {text}")


def say_json(value: object) -> None:
    """The answer for a machine: one JSON document, alone on stdout."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def say_table(rows: Sequence[Sequence[str]], *, header: Sequence[str] = (), indent: str = "") -> None:
    """Rows in aligned columns; on a terminal the last column wraps, elsewhere a row is a line."""
    lines = [*([header] if header else []), *rows]
    if not lines:
        return
    widths = [max(len(row[column]) for row in lines) for column in range(len(lines[0]) - 1)]
    for number, row in enumerate(lines):
        lead = indent + "".join(f"{cell:<{width}}  " for cell, width in zip(row, widths, strict=False))
        text = _wrapped(lead, row[-1])
        say(paint(text, "bold", sys.stdout) if header and number == 0 else text)


def _wrapped(lead: str, last: str) -> str:
    if not sys.stdout.isatty():
        return f"{lead}{last}".rstrip()
    room = max(shutil.get_terminal_size().columns - len(lead), 30)
    parts = textwrap.wrap(last, room, break_on_hyphens=False, break_long_words=False) or [""]
    return (lead + ("\n" + " " * len(lead)).join(parts)).rstrip()
