"""Write a first file of experiments for a running Compose project, with bounds from its own steady state.

The project is looked at, its entry is asked once, and then driven at 50 requests a second for 5 s from a host that
joins its network for that time. Nothing of it is broken. The file is yours: change what does not fit.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from chaoskit.cli import options
from chaoskit.cli.output import console, say
from chaoskit.cli.status import PASS
from chaoskit.core.errors import UsageError

HELP = "write first experiments for a running Compose project"
EXAMPLES = """\
  chaoskit init --attach shop                                     writes chaos/shop.py
  chaoskit init --attach shop checks/shop.py                      writes that file; an existing one is left alone
  chaoskit init --attach shop --entry http://web:8080/health      callers go there
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    parser.add_argument("file", metavar="FILE", nargs="?", type=Path, help="where to write it (chaos/PROJECT.py)")
    parser.add_argument(
        "--entry",
        metavar="URL",
        help="where callers go, seen from the project's own network (its published port, or whatever speaks HTTP)",
    )
    options.attach(parser)


def run(args: argparse.Namespace) -> int:
    """Survey, measure, write, and say what to type next."""
    from chaoskit.cli.leftovers import offer_sweep
    from chaoskit.engine.authoring.first import First
    from chaoskit.engine.authoring.measure import measured
    from chaoskit.engine.authoring.survey import survey
    from chaoskit.engine.prove import Choice
    from chaoskit.report.forgiving import Forgiving
    from chaoskit.report.terminal import progress_for

    attachment = options.attachment(args)
    if attachment is None:
        raise UsageError(
            "which project?",
            remedy="Name it: --attach PROJECT; `docker compose ls` shows what runs. "
            "`chaoskit new` writes an experiment on a lab that comes with chaoskit.",
        )
    file: Path = args.file or Path("chaos") / f"{attachment.project}.py"
    _refuse(file)
    offer_sweep()
    entry, replicated = survey(attachment, args.entry)
    progress = Forgiving(progress_for(console(sys.stderr)))
    try:
        found = measured(attachment.project, entry, Choice(0, attachment=attachment), progress)
    finally:
        progress.close()
    _write(file, First(attachment.project, entry, found, replicated).text(str(file)))
    say(f"wrote {file}")
    say(f"  entry      {entry.url}: {found}")
    say(f"  instances  {', '.join(f'{name} {count}' for name, count in replicated.items()) or 'one of each service'}")
    say(f"  chaoskit plan {file} --attach {attachment.project}     what it would do; touches nothing")
    say(f"  chaoskit run {file} --attach {attachment.project}      do it")
    return PASS


def _refuse(file: Path) -> None:
    if file.suffix != ".py":
        raise UsageError(f"{file} is no Python file", remedy="Name it with the suffix .py.")
    if file.exists():
        raise UsageError(f"{file} exists already", remedy="Name another file.")


def _write(file: Path, text: str) -> None:
    """Write it, unless somebody else has meanwhile."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError:
        raise UsageError(f"{file} exists already", remedy="Name another file.") from None
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from None
