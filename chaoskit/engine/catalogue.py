"""Prove a whole catalogue: many experiments, and a summary that is on disk from the first of them on."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chaoskit.core.progress import Board
from chaoskit.core.summary import Item, Summary
from chaoskit.engine.discovery import Broken
from chaoskit.engine.found import Found
from chaoskit.engine.options import RunOptions
from chaoskit.engine.paths import make_directory, new_run_id, point_latest, space_is_said
from chaoskit.engine.prove import Choice, prove_each
from chaoskit.report.write import write_summary


def prove_all(
    wanted: Sequence[Found],
    broken: Sequence[Broken],
    choice: Choice,
    options: RunOptions,
    board: Board,
    command: str,
    shown: Mapping[str, Item] | None = None,
) -> Summary:
    """Prove experiments, as many runs at a time as `choice.jobs` says, and write a summary with an index of reports.

    What could not be proved, for whatever reason, is an item with its error. The summary is written anew after each
    experiment, so that one that is interrupted tells what had been done.

    Args:
        wanted: what to prove, in this order.
        broken: files of experiments that could not be loaded: errors of the summary.
        choice: how.
        options: where.
        board: who watches.
        command: the command line that repeats it.
        shown: what need not be run, as an earlier proof has shown it.

    Raises:
        ChaoskitError: the summary cannot be written.
        KeyboardInterrupt: it was interrupted; nothing of the runs is left, and the summary says so.
    """
    directory = make_directory(options.runs.resolve() / new_run_id("prove"))
    order = [*(each.source.module for each in broken), *(each.id for each in wanted)]
    progress = _Progress(Summary(directory, (), len(order), 0.0, choice.jobs, command), order)
    for each in broken:
        progress.add(Item(each.source.module, f"in {each.source.path.name}", None, str(each.error)))
    for item in (shown or {}).values():
        progress.add(item)
        board.note(f"{item.experiment}: shown before, in {item.result.directory.name if item.result else '?'}")
    progress.write()
    point_latest(options.runs, directory)
    try:
        prove_each([each for each in wanted if each.id not in (shown or {})], choice, options, board, progress.take)
    except KeyboardInterrupt:
        progress.write("it was interrupted; what was under way has been undone")
        raise
    return progress.write()


@dataclass
class _Progress:
    """A summary that grows."""

    start: Summary
    order: Sequence[str]
    _items: dict[str, Item] = field(default_factory=dict)
    _begin: float = field(default_factory=time.monotonic)

    def add(self, item: Item) -> None:
        self._items[item.experiment] = item

    def take(self, item: Item) -> None:
        self.add(item)
        self.write()

    def write(self, stopped: str = "") -> Summary:
        items = tuple(self._items[name] for name in self.order if name in self._items)
        start, seconds = self.start, time.monotonic() - self._begin
        summary = Summary(start.directory, items, start.wanted, seconds, start.jobs, start.command, stopped)
        with space_is_said(start.directory):
            write_summary(summary)
        return summary
