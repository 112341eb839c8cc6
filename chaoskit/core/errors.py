"""What can go wrong, as types: every message says what happened and what to do about it."""

from __future__ import annotations


class ChaoskitError(Exception):
    """An error the user can act on; the command line prints it without a traceback and exits 3.

    Attributes:
        remedy: what to do about it, a sentence or a command; empty when the message says it all.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text}\n  {self.remedy}" if self.remedy else text


class UsageError(ChaoskitError):
    """A value, a name or an option that cannot be what was meant."""


class DefinitionError(ChaoskitError):
    """An experiment that contradicts itself; the message starts with file and line."""


class LabError(ChaoskitError):
    """A lab that cannot be read, brought up, entered or taken down."""


class NotReady(LabError):
    """A lab that was not ready in time; on a machine with less else to do it may be."""


class LabGone(LabError):
    """A lab of which nothing is there any more; what was done to it ended with it."""


class LabBusy(LabError):
    """A lab that needs what another one has now, and may come up when that one is down."""


class MissingTool(LabError):
    """A program this machine lacks; the remedy names the package that holds it."""


class StepError(ChaoskitError):
    """A step of an action that could not be done, confirmed or undone."""


class RunAborted(ChaoskitError):
    """A run that was stopped before its end: by a guard, by hand or by a broken part of chaoskit."""


class Undefined(ChaoskitError):
    """A check asked the history for something that never happened; the check is then unknown."""
