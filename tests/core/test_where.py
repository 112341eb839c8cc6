import inspect

from chaoskit.core.check import check
from chaoskit.core.history import History
from chaoskit.core.verdict import Verdict, passed
from chaoskit.core.where import Where, caller
from chaoskit.core.window import window


def line() -> int:
    """The number of the line that calls."""
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def test_a_value_knows_the_line_it_was_written_on() -> None:
    """Through the core's own functions, decorators and generated initialisers, to the experiment's file."""

    @check
    def well(history: History) -> Verdict:
        """Pass."""
        del history
        return passed("well")

    assert (window().where, line()) == (Where(__file__, line()), line())
    assert (well().where, line()) == (Where(__file__, line()), line())
    assert caller().file == __file__


def test_a_place_reads_as_file_and_line() -> None:
    """As compilers write it, so that editors can jump there."""
    assert str(Where("chaos/pool.py", 12)) == "chaos/pool.py:12"
