"""`chaoskit`: parse, call one function, print, say the exit status."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence

from chaoskit.cli.interruption import interruptible
from chaoskit.cli.output import complain
from chaoskit.cli.parser import parse
from chaoskit.cli.status import BROKEN_PIPE, ERROR, INTERRUPTED
from chaoskit.cli.streams import open_standard_streams
from chaoskit.core.errors import ChaoskitError

_NOBODY_READS = (errno.EPIPE, errno.EIO)
"""Whoever read our output has gone: the end of a pipe, or of a terminal (write(2), tty_ioctl(4))."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status; a user's mistake never shows a traceback."""
    open_standard_streams()
    try:
        args = parse(argv)
        with interruptible():
            status: int = args.run(args)
        sys.stdout.flush()
    except ChaoskitError as error:
        complain(str(error))
        return ERROR
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  Python's own status for it, 1, would say that a check failed
        if isinstance(error, OSError) and error.errno in _NOBODY_READS:
            # Python would complain again when it flushes at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            os.dup2(sys.stdout.fileno(), sys.stderr.fileno())
            return BROKEN_PIPE
        traceback.print_exc()
        complain("this is a mistake in chaoskit; please report it with the lines above")
        return ERROR
    return status


if __name__ == "__main__":
    sys.exit(main())
