"""Run a command in a host of a lab that is up; its exit status is the command's."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from chaoskit.cli.commands.lab import _options
from chaoskit.core.units import duration

HELP = "run a command in a host"
EXAMPLES = """\
  chaoskit lab exec gslb client-eu -- getent hosts price.example.com
  chaoskit lab exec gslb lb-eu -- bash                a shell, on a terminal
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    _options.running_lab(parser, host=True)
    parser.add_argument("--timeout", default="60s", metavar="TIME", help="how long it may take, off a terminal (60s)")
    parser.add_argument("argv", metavar="COMMAND", nargs="+", help="the command and its arguments, after --")


def run(args: argparse.Namespace) -> int:
    """On a terminal the command has it; elsewhere its output is passed on when it ends."""
    from chaoskit.engine import labs

    if sys.stdin.isatty() and sys.stdout.isatty():
        _become(labs.pid(args.lab, args.host), args.argv)
    done = labs.run(args.lab, args.host, args.argv, timeout=duration(args.timeout) / 1e9)
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    return done.exit_code if done.exit_code >= 0 else 128 - done.exit_code


def _become(pid: int, argv: list[str]) -> None:
    """Replace this process by the command, inside the namespaces of the host's init and with its environment."""
    from chaoskit.kernel.tools import find_tool

    nsenter = find_tool("nsenter", "util-linux")
    user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
    spaces = ["--mount", "--uts", "--ipc", "--net", "--pid"]
    pairs = Path(f"/proc/{pid}/environ").read_text(encoding="utf-8", errors="surrogateescape").split("\0")
    environment = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    terminal = {"TERM": os.environ.get("TERM", "dumb")}
    os.execve(nsenter, [nsenter, f"--target={pid}", *user, *spaces, "--", *argv], {**environment, **terminal})
