"""Put load on one target, without an experiment: arrivals do not wait for answers, latency counts from their moment.

An expectation is a bound on one number, such as

  p99<50ms       so do p50, p99.9, max: of all arrivals, where one that failed was never answered well
  ok>=99.9%      so does every class of outcome: 503<1%, 'connect timeout'<0.1%; errors is all but ok
  rate>=450/s    requests answered, be it with an error
  lag<5ms        the generator's own delay (p99)

Where the generator itself is too late (--lag) an expectation is unknown: what it measured says nothing of the target.
Exit status: 0 every expectation holds, 1 one fails, 2 one is unknown, 3 an error, 130 interrupted; Ctrl-C ends the
load, and the answer is about what it did until then.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chaoskit.cli import options
from chaoskit.cli.output import console, say, say_json, say_table
from chaoskit.cli.status import INTERRUPTED, worst
from chaoskit.core.errors import LabError
from chaoskit.core.units import duration
from chaoskit.core.verdict import exit_status

if TYPE_CHECKING:
    from chaoskit.cli.load_text import Judged
    from chaoskit.engine.loading.plan import LoadPlan
    from chaoskit.engine.loading.result import LoadResult

HELP = "put load on one target, and say what came of it"
EXAMPLES = """\
  chaoskit load http://127.0.0.1:8080/ --rate 500/s --for 30s
  chaoskit load http://127.0.0.1:8080/ --rate 500/s --for 30s --expect 'p99<50ms' --expect 'ok>=99.9%'
  chaoskit load http://127.0.0.1:8080/cart --rate 50/s --for 1m --body @cart.json --header 'Content-Type: text/json'
  chaoskit load http://127.0.0.1:8080/ --closed 50 --think 1s --for 1m --retries 3 --backoff 100ms
  chaoskit load http://127.0.0.1:8080/ --replay friday.csv --column time --speed 2 --for 10m --record out/friday
  chaoskit load tcp://127.0.0.1:5432 --rate 2k/s --for 10s --json     handshakes alone, for a machine
  chaoskit load 'dns://127.0.0.1/www.example.com?type=A' --rate 1k/s --for 10s
  chaoskit lab exec vip client-1 -- chaoskit load http://198.18.112.100/ --rate 200/s --for 10s
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    parser.add_argument("target", metavar="URL", help="http(s)://..., tcp://HOST:PORT or dns://SERVER/NAME?type=A")
    when = parser.add_mutually_exclusive_group(required=True)
    when.add_argument("--rate", metavar="RATE", help="arrivals, such as 500/s or 12k/min")
    when.add_argument(
        "--replay", type=Path, metavar="FILE", help="arrivals at the time stamps in this file, CSV or Parquet"
    )
    when.add_argument(
        "--closed", type=options.positive, metavar="USERS", help="so many users who wait for each answer: a closed loop"
    )
    parser.add_argument("--for", required=True, dest="lasting", metavar="TIME", help="how long they come, such as 30s")
    parser.add_argument(
        "--arrivals",
        choices=("poisson", "constant", "paced"),
        default="poisson",
        help="with --rate: a crowd (default), a metronome, or one in each interval of 1 / rate, somewhere in it",
    )
    parser.add_argument("--column", metavar="NAME", help="with --replay: which one holds the stamps (the first)")
    parser.add_argument("--speed", type=float, metavar="FACTOR", help="with --replay: 2 takes half the time (1)")
    parser.add_argument(
        "--think", metavar="TIME", help="with --closed: from an answer to the user's next request, on average (0)"
    )
    parser.add_argument(
        "--clients", type=options.positive, metavar="N", help="so many users, each with connections of its own"
    )
    parser.add_argument(
        "--sources", metavar="PREFIX", help="with --clients: the addresses they come from, such as 127.1.0.0/16"
    )
    parser.add_argument(
        "--connections",
        choices=("keep-alive", "new"),
        default="keep-alive",
        help="keep connections (default), or open one a request",
    )
    parser.add_argument(
        "--retries", type=options.count, default=0, metavar="N", help="further attempts of a failed request"
    )
    parser.add_argument(
        "--backoff", metavar="TIME", help="with --retries: wait before them, up to this long first, then twice that..."
    )
    parser.add_argument("--timeout", default="1s", metavar="TIME", help="of a request, from its intended start (1s)")
    parser.add_argument(
        "--workers",
        type=options.positive,
        metavar="N",
        help="generator processes, a core each (one for each 20,000/s, as far as there are cores)",
    )
    options.seed(parser)
    _request(parser.add_argument_group("the request"))
    _answer(parser.add_argument_group("the answer"))
    parser.add_argument(
        "--i-own-the-target",
        action="store_true",
        dest="owns_target",
        help="you may put load on this target; without, load goes to loopback and labs only",
    )


def _request(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--method", default="", metavar="WORD", help="GET, or POST where there is a body")
    group.add_argument(
        "--header", action="append", default=[], metavar="'NAME: VALUE'", help="a header field; may be repeated"
    )
    group.add_argument("--body", default="", metavar="TEXT", help="what is sent along; @FILE for what a file holds")
    group.add_argument("--cacert", default="", metavar="FILE", help="trust the authorities in this file (PEM)")
    group.add_argument("--insecure", action="store_true", help="take any certificate for the target's")


def _answer(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--expect", action="append", default=[], metavar="BOUND", help="what must hold, see above; may be repeated"
    )
    group.add_argument(
        "--lag", metavar="TIME", help="how late the generator may be itself and be believed (50ms, the 99th percentile)"
    )
    group.add_argument("--hdr", type=Path, metavar="FILE", help="write latencies as HdrHistogram's plotter reads them")
    group.add_argument("--plot", type=Path, metavar="FILE", help="write an HTML page: outcomes and latency over time")
    group.add_argument(
        "--record", type=Path, metavar="DIR", help="write a row of every request, as Parquet files in a new folder"
    )
    group.add_argument("--json", action="store_true", help="answer in JSON, alone on stdout")


def run(args: argparse.Namespace) -> int:
    """Drive, print, and judge."""
    from chaoskit.cli.load_plan import load_plan
    from chaoskit.cli.load_text import result_json, result_rows, verdict_rows
    from chaoskit.engine.loading.expectation import expectation

    expectations = [expectation(text) for text in args.expect]
    plan = load_plan(args)
    _refuse_unwritable(args)
    result = _drive(args, plan)
    judged = [(each, each.judge(result)) for each in expectations]
    _write(args, result)
    if args.json:
        say_json(result_json(result, judged))
    else:
        say_table(list(result_rows(result)))
        if judged:
            say()
            say_table(list(verdict_rows(judged)), header=("verdict", "expected", "measured", "reason"))
    return _status(result, judged)


def _status(result: LoadResult, judged: Judged) -> int:
    if result.interrupted:
        return INTERRUPTED
    return worst(exit_status(verdict.outcome) for _each, verdict in judged)


def _drive(args: argparse.Namespace, plan: LoadPlan) -> LoadResult:
    from chaoskit.cli.load_view import view_for
    from chaoskit.engine.loading.drive import drive
    from chaoskit.engine.loading.result import LAG_BOUND

    bound = LAG_BOUND if args.lag is None else duration(args.lag)
    view = view_for(console(sys.stderr), plan.request.title, plan.duration)
    try:
        return drive(plan, view.see, lag_bound=bound, record=args.record)
    except OSError as error:
        if args.record is None:
            raise
        raise LabError(f"rows cannot be recorded in {args.record}: {error.strerror}") from error
    finally:
        view.close()


def _refuse_unwritable(args: argparse.Namespace) -> None:
    from chaoskit.cli.running import refuse_unwritable

    for path in (args.hdr, args.plot):
        if path:
            refuse_unwritable(path)


def _write(args: argparse.Namespace, result: LoadResult) -> None:
    if args.hdr:
        from chaoskit.engine.loading.hgrm import percentile_distribution

        args.hdr.write_text(percentile_distribution(result.tally.whole.latencies), encoding="ascii")
    if args.plot:
        from chaoskit.cli.load_text import result_rows
        from chaoskit.engine.loading.plot import course_of
        from chaoskit.report.load import render

        args.plot.write_text(render(result.plan.request.title, dict(result_rows(result)), course_of(result)), "utf-8")
