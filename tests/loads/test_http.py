"""Reading and writing HTTP/1.1, without sockets."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.errors import UsageError
from chaoskit.core.request import HttpRequest, get, post
from chaoskit.loads.http import CHUNKED, MAX_HEAD, UNTIL_CLOSE, Answer, BadAnswer, parse_head, request_bytes

COUNTED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Instance: web-1\r\n\r\nhello"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: 1\r\n\r\n"
LONG_CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n00c8\r\n" + b"x" * 195 + b"hello\r\n0\r\n\r\n"
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + COUNTED
EMPTY = b"HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n"
WHOLE = [COUNTED, CHUNKS, LONG_CHUNK, INTERIM, EMPTY]


def read(data: bytes, cuts: list[int], *, method: str = "GET", needle: bytes = b"") -> tuple[Answer, int | None]:
    """Feed data in pieces; returns the answer and how many bytes had come when it was complete."""
    answer = Answer(lambda block: parse_head(block, method), needle)
    edges = sorted({0, len(data), *cuts})
    for start, end in pairwise(edges):
        if answer.feed(data[start:end]):
            return answer, end
    return answer, None


@pytest.mark.parametrize("data", WHOLE)
def test_an_answer_may_be_cut_anywhere(data: bytes) -> None:
    """However an answer is cut in two, or into single bytes, it is complete with its last byte and not before."""
    for cut in range(1, len(data)):
        assert read(data, [cut])[1] == len(data)
    assert read(data, list(range(len(data))))[1] == len(data)
    assert read(data, [])[1] == len(data)


@given(st.sampled_from(WHOLE[:4]), st.lists(st.integers(0, 300), max_size=8))
def test_the_body_is_searched_across_cuts(data: bytes, cuts: list[int]) -> None:
    """Text of the body is found however it is cut, text of the header block never counts."""
    cuts = [cut for cut in cuts if cut < len(data)]
    assert read(data, cuts, needle=b"hello")[0].found
    assert not read(data, cuts, needle=b"HTTP/1.1")[0].found


@pytest.mark.parametrize("data", WHOLE)
@given(extra=st.binary(min_size=1, max_size=20))
def test_bytes_after_the_answer_are_no_answer(data: bytes, extra: bytes) -> None:
    """Nobody asked for more: what comes with the end of an answer but is not part of it is an error."""
    with pytest.raises(BadAnswer):
        read(data + extra, [])


@pytest.mark.parametrize(
    ("head", "method", "length", "close"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "GET", 7, False),
        (b"HTTP/1.1 200\r\nContent-Length: 7, 7\r\n\r\n", "GET", 7, False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "HEAD", 0, False),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", "GET", 0, False),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "GET", 0, False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 3\r\n\r\n", "GET", CHUNKED, False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "GET", UNTIL_CLOSE, True),
        (b"HTTP/1.1 200 OK\r\n\r\n", "GET", UNTIL_CLOSE, True),
        (b"HTTP/1.1 200 OK\r\nconnection: Upgrade, CLOSE\r\nContent-Length: 0\r\n\r\n", "GET", 0, True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", "GET", 1, True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n", "GET", 1, False),
    ],
)
def test_the_length_of_a_body(head: bytes, method: str, length: int, close: bool) -> None:
    """Length and fate of the connection follow RFC 9112 sections 6.3 and 9.3."""
    parsed = parse_head(head, method)
    assert (parsed.length, parsed.close) == (length, close)


def test_the_end_of_the_connection() -> None:
    """It completes an answer without a length, and no other."""
    endless, _ = read(b"HTTP/1.1 200 OK\r\n\r\nsome", [])
    assert endless.end()
    for data in WHOLE:
        assert not read(data[:-1], [])[0].end()


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00\x00\x12\x04",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno field\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * MAX_HEAD,
    ],
)
def test_garbage_is_no_answer(data: bytes) -> None:
    """Another protocol, a broken head, contradicting lengths, an endless head: each is a bad answer, cut or not."""
    with pytest.raises(BadAnswer):
        read(data, [])
    with pytest.raises(BadAnswer):
        read(data, list(range(0, len(data), 1 + len(data) // 50)))


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_no_bytes_break_the_reader(data: bytes, cuts: list[int]) -> None:
    """Whatever comes is an answer, the start of one, or a bad answer: nothing else is raised."""
    try:
        read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + data, cuts)
        read(data, cuts)
    except BadAnswer:
        return


def test_a_request_as_it_is_sent() -> None:
    """The request line, Host, agent and the author's own headers, which win; close only when asked for."""
    assert request_bytes(get("http://price.example.com/a?b=1"), close=False) == (
        b"GET /a?b=1 HTTP/1.1\r\nHost: price.example.com\r\nUser-Agent: chaoskit\r\n\r\n"
    )
    assert b"Host: [::1]:8080\r\n" in request_bytes(get("http://[::1]:8080/"), close=False)
    sent = request_bytes(post("http://a/", "x=1", headers={"host": "b", "Connection": "keep-alive"}), close=True)
    assert sent.startswith(b"POST / HTTP/1.1\r\n")
    assert sent.endswith(b"\r\n\r\nx=1")
    assert b"Content-Length: 3\r\n" in sent
    assert sent.lower().count(b"host:") == sent.lower().count(b"connection:") == 1
    assert b"Connection: close\r\n" in request_bytes(get("http://a/"), close=True)


@pytest.mark.parametrize(
    "request_",
    [
        get("http://a/", headers={"X": "1\r\nY: 2"}),
        get("http://a/", headers={"X Y": "1"}),
        HttpRequest("GE T", "http://a/"),
        get("http://a/b c"),
        get("http://a/ü"),
    ],
)
def test_a_request_cannot_break_out_of_its_place(request_: HttpRequest) -> None:
    """Line ends in headers, spaces in targets and names are refused before anything is sent."""
    with pytest.raises(UsageError, match="is no HTTP"):
        request_bytes(request_, close=False)
