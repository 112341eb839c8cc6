"""How a run is to be done: what the command line and pytest can choose beside the experiment itself."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chaoskit.core.units import NS


@dataclass(frozen=True)
class RunOptions:
    """Choices of one invocation.

    Attributes:
        runs: the folder in which run directories are made.
        ready_within: ns a lab may take to come up with all healthchecks healthy.
        owns_target: the user said that a system elsewhere, or one that a load may leave its lab for, is theirs.
        keep: texts that go into a run's directory before anything happens, by the name of the file.
        cancel: set by whoever wants runs on other threads to end as if they had been interrupted.
    """

    runs: Path = Path("runs")
    ready_within: int = 60 * NS
    owns_target: bool = False
    keep: Mapping[str, str] = field(default_factory=dict)
    cancel: threading.Event = field(default_factory=threading.Event)
