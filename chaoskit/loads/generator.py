"""The runner's side of the load generator: a child process that is told what to do and hands rows back."""

from __future__ import annotations

from chaoskit.loads.work import Client, Job, Work

__all__ = ["Client", "Job", "Work"]
