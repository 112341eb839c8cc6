"""Users of somebody's unmodified locustfile, inside a client host's network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chaoskit.core.errors import DefinitionError, UsageError
from chaoskit.core.history import Generated, Requests
from chaoskit.core.load import Load
from chaoskit.core.locustfile import locustfile_load
from chaoskit.core.selector import role
from chaoskit.loads.work import Client, Job
from tests.loads.servers import generate, namespace, outcomes, requests_on, serving

WEBSITE = """
from locust import FastHttpUser, HttpUser, constant, task
class WebsiteUser({base}):
    wait_time = constant(0.05)
    host = "http://shop.example:8080"
    @task(3)
    def home(self):
        self.client.get("/")
    @task
    def missing(self):
        self.client.get("/missing")
class Nobody(HttpUser):
    host = "http://shop.example:8081"
    wait_time = constant(0.05)
    @task
    def home(self):
        self.client.get("/")
"""


def described(folder: Path, text: str, user: str = "WebsiteUser", **changes: Any) -> Load:
    """Five users of a locustfile."""
    file = folder / "their_locustfile.py"
    file.write_text(text)
    plain: dict[str, Any] = {"users": 5, "spawn_rate": 100, "clients": role("client")}
    return locustfile_load(file, user=user, **(plain | changes))


def run(load: Load, client: Client, seconds: float = 4.0) -> tuple[Requests, tuple[Generated, ...], list[bytes]]:
    """Serve port 8080 in the client's network for as long as its users run."""
    heads: list[bytes] = []

    def behave(connection: Any) -> None:
        for head in requests_on(connection):
            heads.append(head)
            status = b"404 Not Found" if b" /missing " in head else b"200 OK"
            connection.sendall(b"HTTP/1.1 %s\r\nContent-Length: 2\r\n\r\nhi" % status)

    with serving(behave, port=8080, netns=client.netns):
        table, account = generate(Job.of("shop", load, [client]), seconds=seconds)
    return table, account, heads


@pytest.mark.lab
@pytest.mark.parametrize("base", ["HttpUser", "FastHttpUser"])
def test_requests_of_their_users_are_rows(tmp_path: Path, base: str) -> None:
    """In the client host's network, by its names; with Locust's name, status and outcome; marked as a closed loop."""
    with namespace() as netns:
        client = Client("c-1", netns, hosts={"shop.example": "127.0.0.1", "localhost": "127.0.0.1"})
        table, (account,), heads = run(described(tmp_path, WEBSITE.format(base=base)), client)
    assert account.users == 5
    assert account.scheduled == account.recorded == len(table) > 50
    assert len(table) <= len(heads) <= len(table) + 5
    missing = table.take(table.op.equals("GET /missing"))
    assert set(table.op.labels) >= {"GET /", "GET /missing"}
    assert outcomes(missing) == {"4xx": len(missing)}
    assert set(missing.status.tolist()) == {404}
    home = table.take(table.op.equals("GET /"))
    assert outcomes(home) == {"ok": len(home)}
    assert len(home) > len(missing)
    assert 0 <= int(home.end.min()) < int(home.end.max()) < 2_000_000


@pytest.mark.lab
def test_failures_of_their_client_have_classes(tmp_path: Path) -> None:
    """A port that nobody listens on is `refused`, whatever the client library wraps it in."""
    with namespace() as netns:
        client = Client("c-1", netns, hosts={"shop.example": "127.0.0.1"})
        table, _account, _heads = run(described(tmp_path, WEBSITE.format(base="HttpUser"), "Nobody"), client)
    assert outcomes(table) == {"refused": len(table)}
    assert len(table) > 10


@pytest.mark.lab
@pytest.mark.parametrize(
    ("text", "user", "problem"),
    [
        (WEBSITE.format(base="HttpUser"), "Somebody", "has no user class Somebody"),
        ("import nothing_of_that_name", "WebsiteUser", "cannot be loaded"),
    ],
)
def test_a_locustfile_that_does_not_work(tmp_path: Path, text: str, user: str, problem: str) -> None:
    """The run ends with a sentence that says why."""
    with namespace() as netns, pytest.raises(UsageError, match=problem):
        run(described(tmp_path, text, user), Client("c-1", netns))


@pytest.mark.lab
def test_users_are_dealt_to_the_client_hosts(tmp_path: Path) -> None:
    """Five on two hosts are three and two, each host's requests are its own; fewer than hosts are a mistake."""
    with namespace() as netns:
        names = {"shop.example": "127.0.0.1"}
        clients = [Client("c-1", netns, hosts=names), Client("c-2", netns, hosts=names)]
        made = Job.of("shop", described(tmp_path, WEBSITE.format(base="HttpUser"), "Nobody"), clients)
        table, account = generate(made, seconds=3.0)
        with pytest.raises(UsageError, match="1 users cannot be on 2 client hosts"):
            generate(Job.of("shop", described(tmp_path, WEBSITE.format(base="HttpUser"), users=1), clients))
    assert [row.users for row in account] == [3, 2]
    assert [row.recorded for row in account] == [int(table.client.equals(host).sum()) for host in ("c-1", "c-2")]


def test_users_who_could_go_anywhere_are_refused(tmp_path: Path) -> None:
    """In this machine's own network nobody looks at where a locustfile goes."""
    load = described(tmp_path, WEBSITE.format(base="HttpUser"))
    with pytest.raises(UsageError, match="could go anywhere"):
        generate(Job.of("shop", load, [Client("c-1")]))


def test_mistakes_are_found_where_they_are_made(tmp_path: Path) -> None:
    """A file that is not there, and no users, are errors with file and line."""
    with pytest.raises(DefinitionError, match=r"test_locustfile\.py:\d+: there is no locustfile"):
        locustfile_load(tmp_path / "absent.py", user="A", users=1, clients=role("client"))
    with pytest.raises(DefinitionError, match="0 users"):
        described(tmp_path, "", users=0)
