"""Write the reports of a recorded run again: report.html, report.md, verdict.json and junit.xml."""

from __future__ import annotations

import argparse
from pathlib import Path

from chaoskit.cli.output import say
from chaoskit.cli.status import PASS
from chaoskit.core.errors import UsageError

HELP = "write the reports of a recorded run again"
EXAMPLES = """\
  chaoskit report latest                     judge it again, write its reports, say where they are
  chaoskit report latest --markdown          the postmortem's text on stdout
  chaoskit report latest --to /srv/www/run   into another folder
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    parser.add_argument("run_name", metavar="RUN", help="a run directory, its name or part of it, or `latest`")
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="where runs are (runs/)")
    parser.add_argument("--to", type=Path, metavar="DIR", help="write into this folder, not into the run directory")
    parser.add_argument("--markdown", action="store_true", help="print report.md, write nothing")


def run(args: argparse.Namespace) -> int:
    """Write and say where."""
    from chaoskit.cli.run_directory import find
    from chaoskit.engine.rejudge import judge_directory
    from chaoskit.report import markdown, write_all
    from chaoskit.report.model import model_of

    directory = find(args.run_name, args.runs)
    result = judge_directory(directory)
    if args.markdown:
        say(markdown.render(result, [model_of(arm) for arm in result.arms]).rstrip())
        return PASS
    folder = args.to or directory
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_all(result, folder)
    except OSError as error:
        raise UsageError(f"cannot write reports into {folder}: {error.strerror}") from None
    for name in ("report.html", "report.md", "verdict.json", "junit.xml"):
        say(str(folder / name))
    return PASS
