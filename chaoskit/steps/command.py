"""The steps that run a user's commands: in a host, or on the machine chaoskit runs on, for systems it did not start."""

from __future__ import annotations

import contextlib
import errno
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from chaoskit.core.errors import StepError
from chaoskit.core.host import Completed, HostState, RunningLab
from chaoskit.core.step import THIS_MACHINE, Evidence, Prior
from chaoskit.core.units import NS, show_duration
from chaoskit.steps.reach import host_of, running, seen, step_errors

Argv = tuple[str, ...]

_TAIL = 300
"""Characters of stderr that an error shows: its end says what went wrong."""


@dataclass(frozen=True)
class _Commands:
    """What both kinds have in common.

    Attributes:
        host: in whose namespaces the commands run; empty for the machine chaoskit runs on.
        do_argv: makes the change.
        confirm_argv: exits with 0 when the change is in effect.
        expect: a text its output must have as well; empty for none.
        timeout: ns each run of a command may take.
        effect: what the command does, in words, for plans; empty where it speaks for itself.
    """

    host: str
    do_argv: Argv
    confirm_argv: Argv
    expect: str = ""
    timeout: int = 5 * NS
    effect: str = ""

    on_network: ClassVar[bool] = True
    """What a host's processes were told is gone after a power-off, as its network is: the command is run again."""

    @property
    def target(self) -> str:
        """The host, or this machine."""
        return self.host or THIS_MACHINE

    def do(self, lab: RunningLab, prior: Prior) -> None:
        """Run the command, unless its effect was there before.

        Raises:
            StepError: it cannot be run, exits with another status than 0 or takes too long.
        """
        if not prior["already"]:
            self._succeed(lab, self.do_argv)

    def confirm(self, lab: RunningLab, prior: Prior) -> Evidence:
        """Run the command that looks."""
        return seen(lambda: self._look(lab, self.confirm_argv))

    def _look(self, lab: RunningLab, argv: Argv) -> Evidence:
        done = self._run(lab, argv)
        holds = done.exit_code == 0 and self.expect in done.stdout
        lacking = f", without {self.expect!r}" if done.exit_code == 0 and not holds else ""
        return Evidence(holds, f"{self.target}: {_shown(argv)} exits with {done.exit_code}{lacking}")

    def _succeed(self, lab: RunningLab, argv: Argv) -> None:
        done = self._run(lab, argv)
        if done.exit_code != 0:
            raise StepError(f"{self.target}: {_shown(argv)} exits with {done.exit_code}: {_said(done)}")

    def _run(self, lab: RunningLab, argv: Argv) -> Completed:
        with step_errors(f"{self.target}: {_shown(argv)}"):
            if not self.host:
                return _run_here(argv, self.timeout)
            return host_of(lab, self.host).run(argv, timeout=self.timeout / NS)


@dataclass(frozen=True)
class Command(_Commands):
    """Run a command, and another one to undo it.

    Where the change is in effect before anything is done - `before` says so, or `confirm` where there is no
    `before` - nothing is done and nothing will be undone: what was there is left as it was. Undoing may be
    asked for twice, and after a `do` that failed half way: the user's undo command has to be one that changes
    nothing more the second time.

    Attributes:
        undo_argv: takes the change back.
        before: exits with 0 when the change is there already, with 1 when it is not; empty for `confirm_argv`.
            Any other status is that it cannot tell, and then nothing is done.
    """

    undo_argv: Argv = ()
    before: Argv = ()

    kind: ClassVar[str] = "command"
    one_shot: ClassVar[bool] = False

    def describe(self) -> str:
        """One line for plans."""
        commands = f"{_shown(self.do_argv)} (undone by {_shown(self.undo_argv)})"
        return f"{self.target}: {self.effect or commands}"

    def prepare(self, lab: RunningLab) -> Prior:
        """Look whether the change is there already.

        Raises:
            StepError: the host does not run, or the command that looks cannot be run, or cannot tell.
        """
        if self.host:
            running(host_of(lab, self.host), "given a command")
        looks = self.before or self.confirm_argv
        done = self._run(lab, looks)
        if done.exit_code not in (0, 1):
            raise StepError(
                f"{self.target}: {_shown(looks)} exits with {done.exit_code}, and cannot tell: {_said(done)}",
                remedy="Let the command that looks exit with 0 where the change is there, and with 1 where it is not.",
            )
        return {"already": done.exit_code == 0 and (bool(self.before) or self.expect in done.stdout)}

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """Run the undo command; a host that is off took along what its processes were told.

        Raises:
            StepError: it cannot be run, exits with another status than 0 or takes too long.
        """
        off = bool(self.host) and host_of(lab, self.host).status().state is HostState.OFF
        if not (prior["already"] or off):
            self._succeed(lab, self.undo_argv)


@dataclass(frozen=True)
class CommandOnce(_Commands):
    """Run a command that nothing undoes."""

    kind: ClassVar[str] = "command-once"
    one_shot: ClassVar[bool] = True

    def describe(self) -> str:
        """One line for plans."""
        return f"{self.target}: {self.effect or _shown(self.do_argv)}"

    def prepare(self, lab: RunningLab) -> Prior:
        """See that it can be run; it is run even where its effect is there.

        Raises:
            StepError: the host does not run.
        """
        if self.host:
            running(host_of(lab, self.host), "given a command")
        return {"already": False}

    def undo(self, lab: RunningLab, prior: Prior) -> None:
        """Nothing: what was done cannot be undone."""


def _shown(argv: Sequence[str]) -> str:
    """A command as one would type it."""
    return argv[2] if argv[:2] == ("sh", "-c") and len(argv) == 3 else shlex.join(argv)


def _said(done: Completed) -> str:
    """The end of what a command said."""
    return (done.stderr.strip() or done.stdout.strip())[-_TAIL:]


_GUARDED = """\
exec 3<&0 </dev/null
( (read _ <&3 || kill -KILL 0) >/dev/null 2>&1 & )
exec "$@" 3<&-
"""
"""Runs a command in a process group that a process waits in: when its stdin ends without a word, it kills the group.

It is started in a subshell of its own, so that the command is nobody's parent.
"""


def _run_here(argv: Sequence[str], timeout: int) -> Completed:
    """Run a command on this machine, in a session of its own, of which nothing is left when its time is over.

    It ends with this process, however that ends: whoever undoes the change from the journal must not be overtaken by
    a command that is still making it.
    """
    if shutil.which(argv[0]) is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), argv[0])
    held, lifeline = os.pipe()
    try:
        with subprocess.Popen(
            ["sh", "-c", _GUARDED, "sh", *argv],
            stdin=held,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process:
            try:
                stdout, stderr = process.communicate(timeout=timeout / NS)
            except subprocess.TimeoutExpired as error:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise StepError(f"{_shown(argv)} was not over after {show_duration(timeout)}") from error
            os.write(lifeline, b"\n")  # it is over: what it left running on purpose stays
    finally:
        os.close(held)
        os.close(lifeline)
    return Completed(tuple(argv), process.returncode, stdout, stderr)
