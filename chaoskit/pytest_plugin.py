"""`pytest experiments/`: every experiment is an item, run as `chaoskit run` runs it.

Only files below the project's experiment folders (`[tool.chaoskit] experiments` in pyproject.toml) and
chaoskit's own are taken; everything else is pytest's. A failing check fails the item; an unknown is an
error and never a skip. This module is imported into every pytest of an environment, so it imports nothing
heavy until an experiment is loaded.
"""

from __future__ import annotations

import io
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from chaoskit.core.result import ExperimentResult
    from chaoskit.engine.found import Found
    from chaoskit.engine.sources import Source

_SOURCES = pytest.StashKey[dict[Path, "Source"]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of their own name, so that they cannot meet those of another plugin."""
    group = parser.getgroup("chaoskit", "experiments")
    group.addoption("--chaoskit-runs", type=Path, default=Path("runs"), metavar="DIR", help="where runs are recorded")
    group.addoption("--chaoskit-driver", choices=("native",), default="native", help="how labs are brought up")
    group.addoption(
        "--chaoskit-i-own-the-target",
        action="store_true",
        help="you may put load on the systems elsewhere that experiments name",
    )
    group.addoption("--chaoskit-seed", type=int, default=0, metavar="N", help="decides arrivals and picks")


def pytest_collection(session: pytest.Session) -> None:
    """Refuse wrong settings before anything is collected."""
    _sources(session.config)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Take files of experiments, in place of what pytest would make of them."""
    others = yield
    if file_path.suffix != ".py":
        return others
    source = _sources(parent.config).get(file_path.resolve())
    if source is None:
        return others
    return [ExperimentFile.from_parent(parent, path=file_path, source=source)]


def _sources(config: pytest.Config) -> dict[Path, Source]:
    if _SOURCES not in config.stash:
        from chaoskit.core.errors import UsageError
        from chaoskit.engine.sources import all_sources

        try:
            config.stash[_SOURCES] = {source.path: source for source in all_sources(config.rootpath)}
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
    return config.stash[_SOURCES]


class ExperimentFile(pytest.File):
    """A file of experiments."""

    source: Source

    @classmethod
    def from_parent(cls, parent: pytest.Collector, *, source: Source, **given: Any) -> ExperimentFile:  # type: ignore[override]
        """Make one, as pytest wants it made."""
        file = super().from_parent(parent, **given)
        file.source = source
        return file

    def collect(self) -> Iterator[ExperimentItem]:
        """An item an experiment."""
        from chaoskit.core.errors import DefinitionError
        from chaoskit.engine.module import load

        try:
            found = load(self.source)
        except DefinitionError as error:
            raise self.CollectError(str(error)) from None
        for each in found:
            yield ExperimentItem.from_parent(self, name=each.id, found=each)


class Failed(Exception):
    """The verdict is not a pass; the message is what a person needs to see, `short` what fits on a line of it."""

    def __init__(self, told: str, short: str) -> None:
        super().__init__(told)
        self.short = short


class Told:
    """What pytest prints of an item that did not pass, and the message in its short summary and in JUnit XML.

    pytest takes the message from `reprcrash`, as its own representation of an exception has it.
    """

    def __init__(self, text: str, short: str, path: Path, line: int) -> None:
        self.text = text
        self.reprcrash = Crash(str(path), line, short)

    def toterminal(self, tw: Any) -> None:
        """Print it."""
        tw.line(self.text)

    def __str__(self) -> str:
        return self.text


class Crash(NamedTuple):
    """Where an item did not pass, and why in a line."""

    path: str
    lineno: int
    message: str


class ExperimentItem(pytest.Item):
    """The guarded arm of one experiment.

    It runs in `setup`, so that pytest calls an unknown an error; a fail is raised in the call.
    """

    found: Found
    result: ExperimentResult

    @classmethod
    def from_parent(cls, parent: pytest.Collector, *, found: Found, **given: Any) -> ExperimentItem:  # type: ignore[override]
        """Make one, as pytest wants it made."""
        item = super().from_parent(parent, **given)
        item.found = found
        return item

    def setup(self) -> None:
        """Run it; an unknown verdict, and whatever kept it from running, is an error."""
        from chaoskit.core.verdict import UNKNOWN

        self.result = self._result()
        if self.result.verdict is UNKNOWN:
            raise Failed(_told(self.result), _short(self.result))

    def _result(self) -> ExperimentResult:
        """Run it here; as an ordinary user in a child, since other tests must not find themselves to be root."""
        from chaoskit.cli.child import run_in_child
        from chaoskit.core.progress import Silent
        from chaoskit.engine.options import RunOptions
        from chaoskit.engine.prove import Choice, run_experiment

        given = self.config.option
        choice = Choice(given.chaoskit_seed, given.chaoskit_driver)
        elsewhere = self.found.experiment.lab.is_external
        if given.chaoskit_driver == "native" and os.geteuid() != 0 and not elsewhere:
            return run_in_child(self.found, choice, given.chaoskit_runs, self.config.rootpath)
        options = RunOptions(given.chaoskit_runs, owns_target=given.chaoskit_i_own_the_target)
        return run_experiment(self.found, choice, options, Silent())

    def runtest(self) -> None:
        """Fail where a check failed."""
        from chaoskit.core.verdict import PASS

        if self.result.verdict is not PASS:
            raise Failed(_told(self.result), _short(self.result))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> Any:
        """The verdicts and the run directory, or a user's mistake, without a traceback."""
        from chaoskit.core.errors import ChaoskitError

        error = excinfo.value
        if isinstance(error, Failed | ChaoskitError):
            short = error.short if isinstance(error, Failed) else str(error.args[0]).partition("\n")[0]
            where = self.found.experiment.where
            return Told(str(error), short, Path(where.file), where.line)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """File, line and name, for pytest's headings."""
        where = self.found.experiment.where
        return Path(where.file), where.line - 1, self.name


def _short(result: ExperimentResult) -> str:
    """What was measured against which bound, by the first gate or check that has the run's verdict."""
    arm = result.arms[0]
    wrong = [one for one in (*arm.gates, *arm.checks) if one.verdict.outcome is arm.verdict]
    if arm.history.meta.stopped or not wrong:
        return f"{arm.verdict}: {arm.reason}"
    first = wrong[0].verdict
    numbers = f": {first.measured_text} against {first.bound_text}" if first.bound else ""
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return f"{arm.verdict}: {wrong[0].name}{numbers}: {first.reason}{more}"


def _told(result: ExperimentResult) -> str:
    from rich.console import Console

    from chaoskit.report.terminal import print_result

    text = io.StringIO()
    print_result(result, Console(file=text, width=120, highlight=False))
    return f"{text.getvalue()}run      {result.directory}"
