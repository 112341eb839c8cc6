"""The ends of the hosts' logs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from chaoskit.core.result import ArmResult
from chaoskit.report.markup import Markup, el

_ATTACHED = "attached"
_NOT_OURS = "The logs of a running project are not recorded; its own logging has them."

LINES = 30
"""Lines of each log that are shown."""

_MOST_FILES, _LONGEST, _READ = 40, 300, 64 * 1024
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")
"""Terminal control sequences (ECMA-48) and control characters."""


def logs(arm: ArmResult, first: Iterable[str]) -> Markup:
    """A folded tail for each host that wrote something; hosts named in `first` come first."""
    preferred = list(first)
    files = sorted((arm.directory / "logs").glob("*.log"), key=lambda file: (file.stem not in preferred, file.stem))
    tails = {file.stem: lines for file in files if (lines := tail(file))}
    if not tails:
        attached = arm.history.meta.driver == _ATTACHED
        return el("p", _NOT_OURS if attached else "No host wrote a log.", class_="none")
    shown = list(tails.items())[:_MOST_FILES]
    folded = [
        el(
            "details",
            el("summary", host),
            el("pre", "\n".join(lines), tabindex="0", aria_label=f"log of {host}"),
            class_="log",
        )
        for host, lines in shown
    ]
    more = len(tails) - len(shown)
    note = el("p", f"{more} further logs are in {arm.directory / 'logs'}", class_="none") if more else None
    return el("div", *folded, note)


def tail(file: Path) -> list[str]:
    """The last lines of a file as text, without what a terminal would act on; long lines are cut.

    Raises:
        OSError: the file cannot be read.
    """
    with file.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - _READ))
        text = stream.read().decode(errors="replace")
    lines = _CONTROL.sub("", text).splitlines()[-LINES:]
    return [line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…" for line in lines]
