"""What somebody types as a target."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.request import HttpRequest
from chaoskit.core.tls import Tls
from chaoskit.engine.loading.target import Asked, headers, request_for


def test_a_url_is_a_get_and_with_a_body_a_post() -> None:
    """Unless a method is given."""
    assert request_for(Asked("http://web/")).op == "GET"
    assert request_for(Asked("http://web/", body="x")).op == "POST"
    assert request_for(Asked("http://web/", "put", body="x")).op == "PUT"


def test_headers_body_and_trust_reach_the_request(tmp_path: Path) -> None:
    """A body of @FILE is what the file holds, byte by byte."""
    (tmp_path / "body").write_bytes(b"\x00\xff")
    asked = Asked("https://web/", headers=headers(["Accept: text/html"]), body=f"@{tmp_path}/body", tls=Tls("ca.pem"))
    request = request_for(asked)
    assert isinstance(request, HttpRequest)
    assert (dict(request.headers), request.body, request.tls.ca) == ({"Accept": "text/html"}, b"\x00\xff", "ca.pem")


def test_other_schemes_are_other_protocols() -> None:
    """A handshake of which nothing follows; a question to one name server."""
    handshake, question = (
        request_for(Asked("tcp://127.0.0.1:5432")),
        request_for(Asked("dns://127.0.0.1/a.b?type=AAAA")),
    )
    assert (handshake.protocol, handshake.op) == ("tcp", "connect")
    assert question.title == "dns://127.0.0.1/a.b?type=AAAA"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked("127.0.0.1:8080"), "is no http URL"),
        (Asked("ftp://web/"), "is no http URL"),
        (Asked("http://web:eighty/"), "is no http URL"),
        (Asked("tcp://web"), "nothing to connect to"),
        (Asked("tcp://web:80", body="x"), "is not asked by HTTP"),
        (Asked("dns://127.0.0.1/a.b", "GET"), "is not asked by HTTP"),
        (Asked("dns://127.0.0.1/"), "is no dns URL"),
        (Asked("http://web/", body="@nothing-of-that-name"), "cannot read the body"),
    ],
)
def test_what_is_none_is_refused(asked: Asked, said: str) -> None:
    """With a message, before anything is sent."""
    with pytest.raises(UsageError, match=said):
        request_for(asked)


@pytest.mark.parametrize("line", ["Accept", ": x", "Accept : x", "X: a\r\nY: b"])
def test_a_line_that_is_no_header_is_refused(line: str) -> None:
    """A name, a colon, a value, and no second header hidden in it."""
    with pytest.raises(UsageError, match="is no header"):
        headers([line])
