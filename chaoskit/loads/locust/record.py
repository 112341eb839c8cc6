"""`--chaoskit-record DIR`: the rows of all engines of a run, however many machines they are on, in one folder."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gevent
from locust.env import Environment

from chaoskit.core.clock_offset import ClockCourse
from chaoskit.core.errors import ChaoskitError
from chaoskit.core.step import Json
from chaoskit.loads.recording import Recording

_OPTION = "--chaoskit-record"
logger = logging.getLogger("chaoskit")


def declare(parser: Any) -> None:
    """Let Locust's command line know of it."""
    parser.add_argument(
        _OPTION,
        metavar="DIR",
        default="",
        env_var="CHAOSKIT_RECORD",
        help="Record every request of an ArrivalUser, of all workers on one clock, as Parquet files in this folder of "
        "the master's. A second run of the web UI goes to DIR.2.",
        include_in_web_ui=False,
    )


def record_of(environment: Environment, run: int) -> Record | None:
    """The record of a run, if there is to be one.

    Raises:
        UsageError: it cannot be where it is to be.
    """
    wanted = getattr(environment.parsed_options, _OPTION.lstrip("-").replace("-", "_"), "")
    if not wanted:
        return None
    return Record(Path(wanted if run == 1 else f"{wanted}.{run}"))


class Record:
    """The rows of one run.

    Args:
        directory: where.

    Raises:
        UsageError: it cannot be there.
    """

    def __init__(self, directory: Path) -> None:
        self._recording = Recording(directory)

    def add(self, member: str, part: Mapping[str, Any]) -> None:
        """What an engine hands over.

        Raises:
            OSError: the disk would not take it.
        """
        self._recording.take(member, part["kind"], part["number"], part["data"])

    def close(
        self,
        began: int,
        clocks: Mapping[str, tuple[int, ClockCourse]],
        accounts: Mapping[str, Mapping[str, Any]],
        facts: Mapping[str, Json],
    ) -> None:
        """Put everything on this machine's clock, and say what there is.

        Args:
            began: the origin, CLOCK_MONOTONIC ns.
            clocks: by engine the same by its own clock, and how far that one leads.
            accounts: of those that told.
            facts: what is to be known beside.
        """
        told = {member: int(account.get("parts", 0)) for member, account in accounts.items()}
        lost = sum(parts - self._recording.parts_of(member) for member, parts in told.items())
        if lost:
            logger.warning("%d parts of rows did not arrive: what is recorded is not all", lost)
        try:
            whole = self._recording.finish(clocks, began, {**facts, "lost_parts": lost}, lambda: gevent.sleep(0))
        except (OSError, ChaoskitError) as error:
            logger.error("Rows are in %s as they came, but could not be merged: %s", self._recording.directory, error)
            return
        logger.info(
            "%d requests recorded in %s, moments of any two at most %.3f ms off against each other",
            whole.rows,
            self._recording.directory,
            whole.error * 1000,
        )
