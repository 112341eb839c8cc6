"""Do one thing to a running Compose project, see that it takes effect, and undo it when its time is over.

What an action takes is an option of its own; `--on` says where, in words such as these:

  app-*                a name or glob; a service's name means all of its instances
  service:app          so do role:R, region:R, label:K=V, everything
  app-1, redis         one or the other
  app-* & !app-3       the first, but not the second
  app-*@1   app-*@50%  any one of them, half of them

Ctrl-C undoes it at once. It is a run like any other: the rest of the project is watched, and when something else goes
down the fault is undone; there is a report, and the project is compared with how it was found.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from chaoskit.cli import options
from chaoskit.cli.output import console, say_json, say_table
from chaoskit.cli.status import INTERRUPTED, PASS
from chaoskit.core.errors import UsageError
from chaoskit.core.suggest import did_you_mean
from chaoskit.core.units import duration, show_duration

if TYPE_CHECKING:
    from chaoskit.core.action import ActionKind
    from chaoskit.engine.authoring.arguments import Argument
    from chaoskit.engine.authoring.fault import Fault
    from chaoskit.engine.registry import Registered

HELP = "do one thing to a running Compose project, and undo it"
EXAMPLES = """\
  chaoskit fault --list                                               actions, and what each takes
  chaoskit fault pause --attach shop --on 'app-*@1' --for 30s         one instance of app freezes for 30 s
  chaoskit fault block_port --attach shop --on redis --port 6379 --for 1m
  chaoskit fault partition --attach shop --on 'app-1 | redis' --for 20s     two that do not hear each other
  chaoskit fault pause --help                                         the options of one action
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what comes first; the rest is the chosen action's."""
    parser.add_argument("--list", action="store_true", help="list actions, and what each takes")
    parser.add_argument("action", metavar="ACTION", nargs="?", help="what to do; --list shows what there is")
    parser.add_argument(
        "rest", metavar="OPTION ...", nargs=argparse.REMAINDER, help="see `chaoskit fault ACTION --help`"
    )


def run(args: argparse.Namespace) -> int:
    """Do it, print the verdicts; the exit status is the verdict's, or that of an interruption."""
    if args.list or args.action is None:
        _list()
        return PASS
    action = _action(args.action)
    return _run(action, _parsed(action, args.rest))


def _list() -> None:
    from chaoskit.engine.authoring.arguments import arguments as takes
    from chaoskit.engine.registry import kinds

    rows = []
    for each in kinds("actions"):
        try:
            needed = [f"--{one.option} {one.takes}" for one in takes(_kind(each)) if one.required]
        except UsageError:
            continue  # what takes a load, for one, is said in an experiment
        rows.append((each.name, " ".join(needed), each.summary))
    say_table(rows, header=("action", "needs", ""))


def _action(name: str) -> Registered:
    from chaoskit.engine.registry import kinds

    known = {each.name: each for each in kinds("actions")}
    if name not in known:
        raise UsageError(
            f"there is no action {name!r}", remedy=f"{did_you_mean(name, known)}`chaoskit fault --list` shows them."
        )
    return known[name]


def _kind(action: Registered) -> ActionKind[...]:
    from chaoskit.core.action import ActionKind

    assert isinstance(action.kind, ActionKind)
    return action.kind


def _parsed(action: Registered, words: list[str]) -> argparse.Namespace:
    """The options of an action, and those that every fault has."""
    from chaoskit.cli.describe import parameter_docs
    from chaoskit.cli.parser import Parser
    from chaoskit.engine.authoring.arguments import arguments as takes

    parser = Parser(
        prog=f"chaoskit fault {action.name}",
        description=action.doc.partition("Args:")[0].strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    own = parser.add_argument_group(action.name)
    docs = parameter_docs(action.doc)
    for each in takes(_kind(action)):
        _declare(own, each, docs.get(each.parameter, ""))
    span = "how long it is watched" if _kind(action).one_shot else "how long it is in force"
    parser.add_argument("--for", required=True, dest="lasting", metavar="TIME", help=f"{span}, such as 30s")
    options.attach(parser)
    options.seed(parser)
    options.runs(parser)
    options.as_json(parser)
    args = parser.parse_args(words)
    args.given = {option: text for option, text in vars(args).items() if option.startswith("=") and text is not None}
    return args


def _declare(group: argparse._ArgumentGroup, each: Argument, doc: str) -> None:
    default = "" if each.default in (None, repr(None)) else f" ({each.default} by default)"
    group.add_argument(
        f"--{each.option}",
        dest=f"={each.option}",
        metavar=each.takes if not each.choices else None,
        choices=each.choices or None,
        required=each.required,
        help=f"{doc}{default}".replace("%", "%%"),
    )


def _fault(action: Registered, args: argparse.Namespace, project: str) -> Fault:
    from chaoskit.engine.authoring.arguments import call
    from chaoskit.engine.authoring.fault import Fault

    kind, lasting = _kind(action), duration(args.lasting)
    if lasting == 0:
        raise UsageError("a fault that lasts 0 s is none", remedy="Write --for 30s.")
    if not kind.one_shot and lasting > kind.longest:
        raise UsageError(
            f"{action.name} may be in force for {show_duration(kind.longest)} at most, not {args.lasting}",
            remedy="Write a shorter --for, and do it again when it is over.",
        )
    given = {option.removeprefix("="): text for option, text in args.given.items()}
    return Fault(action.name, action.module, call(kind, given), lasting, kind.one_shot, project)


def _run(action: Registered, args: argparse.Namespace) -> int:
    from dataclasses import replace

    from chaoskit.cli.leftovers import offer_sweep
    from chaoskit.cli.running import verdict_status
    from chaoskit.engine.authoring.by_hand import run_fault
    from chaoskit.engine.conduct import INTERRUPTED as WAS_INTERRUPTED
    from chaoskit.engine.options import RunOptions
    from chaoskit.engine.prove import Choice
    from chaoskit.report.forgiving import Forgiving
    from chaoskit.report.json import run_object
    from chaoskit.report.terminal import print_result, progress_for

    attachment = options.attachment(args)
    if attachment is None:
        raise UsageError("which project?", remedy="Name it: --attach PROJECT; `docker compose ls` shows what runs.")
    fault = _fault(action, args, attachment.project)
    offer_sweep()
    choice = Choice(args.seed, attachment=replace(attachment, watched=True))
    progress = Forgiving(progress_for(console(sys.stderr)))
    try:
        result = run_fault(fault, choice, RunOptions(args.runs), progress)
    finally:
        progress.close()
    if args.json:
        say_json(run_object(result, result.arms[0]))
    else:
        print_result(result, console(sys.stdout))
    stopped = result.arms[0].history.meta.stopped
    return INTERRUPTED if stopped == WAS_INTERRUPTED else verdict_status(result, tolerant=False)
