"""Which signals end a run."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from chaoskit.engine.interruption import interruption_waits
from chaoskit.engine.options import RunOptions


def _interrupted(options: RunOptions, number: signal.Signals) -> None:
    with interruption_waits(options):
        os.kill(os.getpid(), number)
        assert options.cancel.wait(5)


@pytest.mark.usefixtures("signals_heard")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_run_at_its_next_tick(tmp_path: Path, number: signal.Signals) -> None:
    """It breaks nothing off: the run sees that it is to end, and KeyboardInterrupt comes when it has."""
    with pytest.raises(KeyboardInterrupt):
        _interrupted(RunOptions(tmp_path), number)


@pytest.mark.usefixtures("signals_heard")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_what_was_ignored_at_the_start_stays_ignored(tmp_path: Path, number: signal.Signals) -> None:
    """A run in the background of a script is not ended by Ctrl-C on that script, one under nohup(1) not by SIGHUP."""
    options = RunOptions(tmp_path)
    signal.signal(number, signal.SIG_IGN)
    with interruption_waits(options):
        os.kill(os.getpid(), number)
    assert not options.cancel.is_set()
    assert signal.getsignal(number) is signal.SIG_IGN
