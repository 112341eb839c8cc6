"""Progress on a stream that goes away."""

from __future__ import annotations

import errno
import io

import pytest

from chaoskit.cli.output import console
from chaoskit.report.forgiving import Forgiving
from chaoskit.report.terminal import progress_for


class _Fragile(io.StringIO):
    """A stream that takes nothing more once it has an error."""

    error = 0

    def write(self, text: str) -> int:
        if self.error:
            raise OSError(self.error, "gone")
        return super().write(text)


@pytest.mark.parametrize("error", [errno.EIO, errno.EPIPE, errno.ENOSPC])
def test_a_stream_that_goes_away_ends_the_watching_and_not_the_run(error: int) -> None:
    """What was said before is there; every word after the reader has gone is dropped without an error."""
    stream = _Fragile()
    progress = Forgiving(progress_for(console(stream)))
    progress.phase("lab")
    stream.error = error
    progress.phase("run", 30.0)
    progress.tick(1.0, 100.0, 0.0, 0.001)
    progress.fault("outage", "begin")
    progress.note("the pager went off")
    progress.close()
    stream.error = 0
    progress.note("nobody is there to read this")
    assert "lab" in stream.getvalue()
    assert "nobody" not in stream.getvalue()
