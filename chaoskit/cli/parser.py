"""The argument parser: one module a command, found by walking `chaoskit.cli.commands`."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import NoReturn, Protocol, cast

from chaoskit import __version__
from chaoskit.cli import commands
from chaoskit.core.errors import UsageError
from chaoskit.core.suggest import did_you_mean


class Command(Protocol):
    """What a module of `chaoskit.cli.commands` holds.

    A package of commands (`lab`) has HELP and EXAMPLES, and its modules are the commands.
    """

    HELP: str
    """One line for the list of commands."""
    EXAMPLES: str
    """What people type, with what it does."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options and operands."""
        ...

    def run(self, args: argparse.Namespace) -> int:
        """Do it, and say the exit status."""
        ...


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose mistakes are usage errors of chaoskit (exit 3) and name the nearest right word."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of exiting with 2, which would say `unknown`."""
        raise UsageError(message, remedy=f"Try `{self.prog} --help`.")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        choices = [str(choice) for choice in action.choices or ()]
        if action.choices is not None and value not in action.choices:
            word = "command" if isinstance(action, argparse._SubParsersAction) else "value"
            hint = did_you_mean(str(value), choices)
            raise argparse.ArgumentError(
                None if word == "command" else action, f"no {word} {value!r}. {hint}There are: {', '.join(choices)}."
            )


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read a command line; the result's `run` is the command, and `command_line` its words.

    Raises:
        UsageError: a command, option or value that is not known or missing.
    """
    args, extra = build().parse_known_args(argv)
    args.command_line = list(sys.argv[1:] if argv is None else argv)
    chosen: Parser = args.parser
    for word in extra:
        hint = did_you_mean(word.partition("=")[0], chosen._option_string_actions) if word.startswith("-") else ""
        what = "option" if word.startswith("-") else "operand"
        raise UsageError(f"{chosen.prog} takes no {what} {word!r}", remedy=f"{hint}Try `{chosen.prog} --help`.")
    return args


def build() -> Parser:
    """The whole parser."""
    parser = Parser(
        prog="chaoskit",
        description="Does the plumbing between your services do what you claim when it breaks?",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"chaoskit {__version__}")
    parser.set_defaults(parser=parser)
    _add_all(parser, commands)
    return parser


_EPILOG = """\
examples:
  chaoskit list                     what can be run here
  chaoskit plan gslb.pool_death     what it would do, and to whom; touches nothing
  chaoskit run gslb.pool_death      do it, and judge what happened
  chaoskit prove gslb.pool_death    run its twins as well: the checks must notice each mistake

exit status: 0 pass, 1 fail, 2 unknown, 3 an error of usage or of chaoskit, 130 interrupted;
of several experiments the worst, where 3 > 1 > 2 > 0
"""


def _add_all(parser: argparse.ArgumentParser, package: ModuleType) -> None:
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    for name, module in _modules(package):
        command = cast(Command, module)
        sub = subparsers.add_parser(
            name,
            help=command.HELP,
            description=(module.__doc__ or "").strip(),
            epilog=f"examples:\n{command.EXAMPLES}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        sub.set_defaults(parser=sub)
        if hasattr(module, "__path__"):
            _add_all(sub, module)
        else:
            command.arguments(sub)
            sub.set_defaults(run=command.run)


def _modules(package: ModuleType) -> Iterator[tuple[str, ModuleType]]:
    for info in pkgutil.iter_modules(package.__path__):
        if info.name.startswith("_"):
            continue
        yield info.name, importlib.import_module(f"{package.__name__}.{info.name}")
