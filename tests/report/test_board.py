from __future__ import annotations

import io
import threading

from rich.console import Console

from chaoskit.report.board import LiveBoard, PlainBoard, board_for


def terminal(text: io.StringIO) -> Console:
    """A terminal of a hundred columns."""
    return Console(file=text, width=100, force_terminal=True, color_system=None, _environ={"TERM": "xterm"})


def shown(board: LiveBoard) -> list[str]:
    """The view's lines as they are now; the last one tells the time of all."""
    text = io.StringIO()
    Console(file=text, width=100).print(board)
    return [line.rstrip() for line in text.getvalue().splitlines()]


def test_a_pipe_gets_lines_and_a_terminal_a_view() -> None:
    """Nobody has to ask for it."""
    assert isinstance(board_for(Console(file=io.StringIO())), PlainBoard)
    assert isinstance(board_for(terminal(io.StringIO())), LiveBoard)


def test_every_line_in_a_pipe_names_its_run() -> None:
    """Those of several runs are mixed; what a run's load does each second is not told."""
    text = io.StringIO()
    board = PlainBoard(Console(file=text, width=40))
    first, second = board.watch("gslb.pool_death", "guarded"), board.watch("dns.server_death", "one-server")
    for run in (first, second):
        run.phase("run", 30)
        run.tick(1.0, 500, 0.0, 0.001)
        run.fault("outage", "begin", 4.04)
    second.note("a guard tripped")
    second.close()
    board.ended("dns.server_death", "one-server", "proved: answered failed: 40 % against >= 99 %", 41.4)
    board.note("all done")
    board.close()
    assert text.getvalue().splitlines() == [
        "gslb.pool_death guarded: begins",
        "dns.server_death one-server: begins",
        "gslb.pool_death guarded: T+4.0 s  outage begin",
        "dns.server_death one-server: T+4.0 s  outage begin",
        "dns.server_death one-server: a guard tripped",
        "dns.server_death one-server: proved: answered failed: 40 % against >= 99 % (41 s)",
        "all done",
    ]


def test_a_terminal_shows_a_line_a_run_while_it_goes_on() -> None:
    """Phase, load and what is in force; a run that is over has no line, one that ended is kept above."""
    text = io.StringIO()
    board = LiveBoard(terminal(text))
    first, second = board.watch("gslb.pool_death", "guarded"), board.watch("dns.server_death", "guarded")
    first.phase("run", 30)
    first.tick(12.0, 498, 0.25, 0.0031)
    first.fault("outage", "begin")
    second.phase("lab")
    lines = shown(board)
    assert lines[0] == "gslb.pool_death guarded  run 12 s  498 /s, errors 25.0 %, p99 3.1 ms  in force outage"
    assert lines[1].startswith("dns.server_death guarded  lab 0 s")
    first.fault("outage", "undone")
    second.close()
    assert [line.split()[0] for line in shown(board)] == ["gslb.pool_death", "0"]
    assert "in force" not in shown(board)[0]
    board.ended("dns.server_death", "guarded", "pass: all 3 checks passed", 30.0)
    board.close()
    assert "dns.server_death guarded: pass: all 3 checks passed (30 s)" in text.getvalue()
    assert text.getvalue().count("\x1b[?25l") == text.getvalue().count("\x1b[?25h")


def test_runs_of_several_threads_leave_no_line_behind() -> None:
    """Begun and closed at once by many, the view is empty in the end."""
    board = LiveBoard(terminal(io.StringIO()))

    def work(number: int) -> None:
        for _ in range(50):
            board.watch(f"e.{number}", "guarded").close()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    left = shown(board)
    board.close()
    assert len(left) == 1


def test_a_console_that_takes_nothing_more_stops_no_run() -> None:
    """A terminal that hung up is written to once and never again."""

    class Gone(io.StringIO):
        writes = 0

        def write(self, text: str) -> int:
            Gone.writes += 1
            raise OSError(5, "Input/output error")

    board = PlainBoard(Console(file=Gone()))
    run = board.watch("e.a", "guarded")
    run.fault("outage", "begin")
    board.ended("e.a", "guarded", "pass", 1.0)
    assert Gone.writes == 1
