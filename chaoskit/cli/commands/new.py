"""Write a commented first experiment, which runs as it is on a lab that comes with chaoskit."""

from __future__ import annotations

import argparse
from importlib.resources import files
from pathlib import Path

from chaoskit.cli.output import say
from chaoskit.cli.status import PASS
from chaoskit.core.errors import UsageError

HELP = "write a commented first experiment"
EXAMPLES = """\
  chaoskit new                     writes chaos/first.py
  chaoskit new chaos/checkout.py   writes that file; an existing one is left alone
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    parser.add_argument("file", metavar="FILE", nargs="?", type=Path, default=Path("chaos/first.py"))


def run(args: argparse.Namespace) -> int:
    """Write it and say what to type next."""
    file: Path = args.file
    if file.suffix != ".py":
        raise UsageError(f"{file} is no Python file", remedy="Name it with the suffix .py.")
    text = (files("chaoskit.cli") / "first_experiment.py.txt").read_text(encoding="utf-8").replace("FILE", str(file))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError:
        raise UsageError(f"{file} exists already", remedy="Name another file.") from None
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from None
    say(f"wrote {file}")
    say(f"  chaoskit plan {file}::one_of_three     what it would do; touches nothing")
    say(f"  chaoskit run {file}::one_of_three      do it")
    return PASS
