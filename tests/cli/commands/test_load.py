"""`chaoskit load`, on real servers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from chaoskit.core.load import OUTCOMES
from chaoskit.loads.recording import read
from chaoskit.loads.scale import cores
from chaoskit.loads.transport import transport
from tests.cli.conftest import Cli, Said
from tests.loads.authority import Authority, over_tls
from tests.loads.servers import HELLO, answers, serving
from tests.support.ports import free_port

BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
SHORT = ("--rate", "200/s", "--for", "1s")


@pytest.fixture
def url() -> Iterator[str]:
    """A server that says hello."""
    with serving(answers(HELLO)) as port:
        yield f"http://127.0.0.1:{port}/"


def answer(said: Said) -> dict[str, Any]:
    """The JSON object on stdout."""
    assert isinstance(said.json, dict), said.err
    return said.json


def test_json_accounts_for_every_arrival(cli: Cli, url: str) -> None:
    """The outcomes add up to what was scheduled, by the classes that histories have; times are seconds."""
    done = cli("load", url, *SHORT, "--arrivals", "constant", "--json")
    load = answer(done)
    assert done.status == 0
    assert load["scheduled"] == pytest.approx(200, abs=1)
    assert sum(load["outcomes"].values()) == load["scheduled"]
    assert set(load["outcomes"]) <= {str(outcome) for outcome in OUTCOMES}
    assert load["outcomes"]["ok"] == load["scheduled"]
    assert load["rate"] == pytest.approx(200, rel=0.01)
    assert set(load["latency"]) == {"p50", "p90", "p99", "p99.9", "max"}
    assert 0 < load["latency"]["p50"] <= load["latency"]["p99"] <= load["latency"]["max"] < 1
    assert set(load["lag"]) == {"p50", "p99", "max"}
    assert (load["seed"], load["duration"], load["workers"]) == (0, 1.0, 1)
    assert load["transport"] == transport().name


def test_the_table_says_the_same_and_progress_is_on_stderr(cli: Cli, url: str) -> None:
    """For a person; what is measured by a generator that kept time has no warning."""
    done = cli("load", url, "--rate", "100/s", "--for", "1500ms")
    lines = {line.split()[0]: line for line in done.out.splitlines()}
    assert {"target", "arrivals", "scheduled", "outcomes", "rate", "latency", "lag"} <= set(lines)
    assert f"GET {url}" in lines["target"]
    assert "p99.9" in lines["latency"]
    assert "T+1.0 s" in done.err or "T+1.1 s" in done.err


def test_a_load_shared_by_two_generators_is_the_same_load(cli: Cli, url: str) -> None:
    """The seed decides the arrivals, not how many processes make them; nothing is lost in the merge."""
    one, two = (answer(cli("load", url, *SHORT, "--seed", "7", "--workers", n, "--json")) for n in "12")
    assert one["scheduled"] == two["scheduled"] > 100
    assert two["outcomes"] == {"ok": two["scheduled"]}


def test_a_high_rate_has_a_generator_for_each_core_that_it_needs(cli: Cli) -> None:
    """Two for 30,000 a second, or fewer where there are fewer cores; nobody listens there."""
    target = f"http://127.0.0.1:{free_port()}/"
    load = answer(cli("load", target, "--rate", "30k/s", "--for", "100ms", "--json"))
    assert load["workers"] == min(2, cores())
    assert sum(load["outcomes"].values()) == load["scheduled"] > 2000


def test_paced_arrivals_have_one_in_each_interval(cli: Cli, url: str) -> None:
    """So a second of 200/s has 200, give or take none."""
    assert answer(cli("load", url, *SHORT, "--arrivals", "paced", "--json"))["scheduled"] == 200


@pytest.mark.parametrize(
    ("expectations", "status"),
    [
        (["p99<900ms", "ok>=99%", "rate>=150/s"], 0),
        (["p99<900ms", "503>=50%"], 1),
        (["max<1us"], 1),
        (["p50<900ms", "rate>=100k/s"], 1),
    ],
)
def test_the_status_is_that_of_the_worst_expectation(cli: Cli, url: str, expectations: list[str], status: int) -> None:
    """0 where all hold, 1 where one fails; each has a line."""
    done = cli("load", url, *SHORT, *(word for each in expectations for word in ("--expect", each)))
    assert done.status == status, done.out
    assert all(each in done.out for each in expectations)


def test_failures_are_told_by_class_and_hold_no_percentile(cli: Cli) -> None:
    """A server that refuses service quickly is not quick."""
    with serving(answers(BUSY)) as port:
        done = cli("load", f"http://127.0.0.1:{port}/", *SHORT, "--json", "--expect", "p50<1s")
    load = answer(done)
    assert done.status == 1
    assert load["outcomes"] == {"ok": 0, "503": load["scheduled"]}
    assert set(load["latency"].values()) == {None}


def test_what_a_late_generator_measured_is_not_believed(cli: Cli, url: str) -> None:
    """A bound of no lag at all is broken by any: expectations are unknown, exit 2, and the table says why."""
    done = cli("load", url, *SHORT, "--lag", "1ns", "--expect", "p99<1s")
    assert done.status == 2
    assert "NOT BELIEVED" in done.out
    assert "--workers" in done.out


def test_users_of_a_closed_loop_wait_and_their_latencies_are_not_judged(cli: Cli, url: str) -> None:
    """So many users, one request each at a time; what counts answers is judged, a percentile is unknown."""
    done = cli(
        *("load", url, "--closed", "4", "--think", "20ms", "--for", "1s", "--json"), *_expect("p99<5s", "ok>=99%")
    )
    load = answer(done)
    assert done.status == 2
    assert load["closed_loop"]
    assert load["scheduled"] == load["outcomes"]["ok"]
    assert 50 < load["scheduled"] < 4 * 1000 / 20 * 1.5
    assert [each["verdict"] for each in load["expectations"]] == ["unknown", "pass"]


def _expect(*bounds: str) -> list[str]:
    return [word for bound in bounds for word in ("--expect", bound)]


def test_a_trace_is_replayed_at_the_speed_that_is_asked_for(cli: Cli, url: str, project: Path) -> None:
    """A file beside the user, by its column: all of its stamps, in half of their time."""
    stamps = "".join(f"{number},{1000 + number / 50}\n" for number in range(100))
    (project / "trace.csv").write_text(f"number,time\n{stamps}")
    told = ("--replay", "trace.csv", "--column", "time", "--speed", "2", "--record", "rows")
    load = answer(cli("load", url, *told, "--for", "3s", "--json"))
    assert load["scheduled"] == load["outcomes"]["ok"] == 100
    rows = read(project / "rows")
    assert sorted((rows.intended / 10**6).round().tolist()) == [number * 10 for number in range(100)]


def test_attempts_are_counted_apart_and_recorded(cli: Cli, project: Path) -> None:
    """A refused request is tried so often, after waits that are longer than nothing; arrivals are as many as before."""
    told = ("--retries", "2", "--backoff", "20ms", "--record", "rows", "--workers", "2")
    load = answer(cli("load", f"http://127.0.0.1:{free_port()}/", *SHORT, *told, "--json"))
    assert load["scheduled"] == load["outcomes"]["refused"]
    assert load["attempts"] == 2 * load["scheduled"]
    assert load["attempts"] == sum(pq.read_metadata(path).num_rows for path in (project / "rows/attempts").iterdir())
    rows = read(project / "rows")
    assert set(rows.attempts.tolist()) == {3}
    assert (np.diff(rows.ended) >= 0).all()
    assert rows.end.mean() > 10_000


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("http://127.0.0.1:1/", *SHORT, "--expect", "p99=5ms"), "is no expectation"),
        (("http://127.0.0.1:1/", "--rate", "fast", "--for", "1s"), "'fast' is no rate"),
        (("http://127.0.0.1:1/", "--rate", "1/s", "--for", "soon"), "'soon' is no duration"),
        (("http://127.0.0.1:1/", "--rate", "0/s", "--for", "1s"), "above zero"),
        (("http://127.0.0.1:1/", *SHORT, "--workers", "1000"), "at most 64"),
        (("http://127.0.0.1:1/", *SHORT, "--hdr", "nowhere/x.hgrm"), "cannot write nowhere/x.hgrm"),
        (("127.0.0.1:1", *SHORT), "is no http URL"),
        (("http://127.0.0.1:1/", *SHORT, "--sources", "127.7.0.0/24"), "say how many by --clients"),
        (("http://127.0.0.1:1/", *SHORT, "--clients", "9", "--sources", "10.0.0.0/8"), "error: the addresses of a pop"),
        (("tcp://127.0.0.1:1", *SHORT, "--clients", "9"), "has no users"),
        (("http://127.0.0.1:1/", *SHORT, "--clients", "1", "--workers", "2"), "cannot be shared by 2 generators"),
        (("http://127.0.0.1:1/", "--for", "1s"), "--rate --replay --closed is required"),
        (("http://127.0.0.1:1/", *SHORT, "--closed", "5"), "not allowed with argument --rate"),
        (("http://127.0.0.1:1/", *SHORT, "--think", "1s"), "--think goes with --closed"),
        (("http://127.0.0.1:1/", *SHORT, "--speed", "2"), "--speed goes with --replay"),
        (("http://127.0.0.1:1/", "--replay", "x.csv", "--speed", "0", "--for", "1s"), "at speed 0"),
        (("http://127.0.0.1:1/", *SHORT, "--backoff", "1s"), "say how many by --retries"),
        (("http://127.0.0.1:1/", "--closed", "5", "--for", "1s", "--workers", "2"), "leave out --workers"),
        (("http://127.0.0.1:1/", "--closed", "5", "--for", "1s", "--clients", "2"), "leave out --clients"),
        (("http://127.0.0.1:1/", "--replay", "nowhere.csv", "--for", "1s"), "nowhere.csv"),
        (("http://127.0.0.1:1/", *SHORT, "--record", "."), "is not empty"),
    ],
)
def test_a_mistake_exits_3_before_anything_is_sent(cli: Cli, argv: tuple[str, ...], said: str) -> None:
    """With a message that says what is wanted."""
    done = cli("load", *argv)
    assert (done.status, done.out) == (3, "")
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_target_outside_is_refused(cli: Cli) -> None:
    """Nothing is sent to what is neither loopback nor a lab; 192.0.2.0/24 is nobody's (RFC 5737)."""
    done = cli("load", "http://192.0.2.1/", *SHORT)
    assert done.status == 3
    assert "--i-own-the-target" in done.err
    assert done.out == ""


def test_latencies_are_written_for_other_tools(cli: Cli, url: str, project: Path) -> None:
    """As HdrHistogram's distribution, and as a page that needs nothing else."""
    done = cli("load", url, *SHORT, "--hdr", "out.hgrm", "--plot", "out.html", "--json")
    hgrm, page = (project / "out.hgrm").read_text(), (project / "out.html").read_text()
    assert done.status == 0
    assert f"Total count    = {answer(done)['scheduled']:12d}]" in hgrm
    assert "1/(1-Percentile)" in hgrm.splitlines()[0]
    assert "<svg" in page
    assert f"GET {url}" in page


def test_method_headers_and_body_are_sent(cli: Cli) -> None:
    """The server sees them on the wire."""
    seen: list[bytes] = []

    def hear(connection: Any) -> None:
        seen.append(connection.recv(65536))
        connection.sendall(HELLO)

    with serving(hear) as port:
        argv = ("--rate", "5/s", "--for", "1s", "--arrivals", "constant", "--connections", "new")
        request = ("--method", "PUT", "--header", "X-Shop: 7", "--body", "apples")
        done = cli("load", f"http://127.0.0.1:{port}/cart?x=1", *argv, *request, "--json")
    assert answer(done)["outcomes"]["ok"] == len(seen)
    assert seen[0].startswith(b"PUT /cart?x=1 HTTP/1.1\r\n")
    assert b"X-Shop: 7\r\n" in seen[0]
    assert seen[0].endswith(b"\r\n\r\napples")


def test_a_server_with_tls_is_to_be_trusted_or_not_asked(cli: Cli, tmp_path: Path) -> None:
    """By its authority's certificate, or by the user's word; else every handshake fails, and is counted."""
    authority = Authority(tmp_path)
    certificate = authority.sign("IP:127.0.0.1")
    with serving(over_tls(certificate, answers(HELLO))) as port:
        url = f"https://127.0.0.1:{port}/"
        loads = [
            answer(cli("load", url, "--rate", "40/s", "--for", "1s", "--json", *trust))
            for trust in (("--cacert", str(authority.file)), ("--insecure",), ())
        ]
    assert [set(load["outcomes"]) for load in loads] == [{"ok"}, {"ok"}, {"ok", "tls"}]
    assert loads[2]["outcomes"]["ok"] == 0


def test_users_have_addresses_of_their_own(cli: Cli) -> None:
    """Two generators share twenty users; each comes from one address of the prefix, and none from another."""
    peers: set[str] = set()

    def greet(connection: socket.socket) -> None:
        peers.add(connection.getpeername()[0])
        answers(HELLO)(connection)

    with serving(greet) as port:
        users = ("--clients", "20", "--sources", "127.7.0.0/24", "--workers", "2")
        done = cli("load", f"http://127.0.0.1:{port}/", "--rate", "300/s", "--for", "1s", *users, "--json")
    load = answer(done)
    assert load["outcomes"] == {"ok": load["scheduled"]}
    assert load["clients"] == 20
    assert 10 < len(peers) <= 20
    assert all(peer.startswith("127.7.0.") for peer in peers)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_the_load_and_is_answered(url: str, number: signal.Signals, tmp_path: Path) -> None:
    """What was due until then is accounted for, and the status is an interruption's."""
    argv = [sys.executable, "-m", "chaoskit", "load", url, "--rate", "300/s", "--for", "60s", "--json"]
    with subprocess.Popen(argv, stdout=-1, stderr=-1, text=True, cwd=tmp_path) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("T+1.")
        os.kill(process.pid, number)
        began = time.monotonic()
        out, err = process.communicate(timeout=20)
    load = answer(Said(process.returncode, out, err))
    assert process.returncode == 130
    assert time.monotonic() - began < 10
    assert load["interrupted"]
    assert 1 <= load["duration"] < 20
    assert sum(load["outcomes"].values()) == load["scheduled"] == pytest.approx(300 * load["duration"], rel=0.2)
