"""Reading and writing HTTP/1.1, without sockets."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.errors import UsageError
from chaoskit.core.request import HttpRequest, get, post, put
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
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "GET", CHUNKED, False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 3\r\n\r\n", "GET", CHUNKED, True),
        (b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n", "GET", CHUNKED, True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", "GET", UNTIL_CLOSE, True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HEAD", 0, False),
        (b"HTTP/1.1 200 OK\r\nContent-Length:\r\n 7\r\n\r\n", "GET", 7, False),
        (b"HTTP/1.2 200 OK\r\nContent-Length: 7\r\n\r\n", "GET", 7, False),
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


def test_folded_and_repeated_fields() -> None:
    """A fold is a space (RFC 9112 section 5.2), a field that comes twice a list (RFC 9110 section 5.3)."""
    head = b"HTTP/1.1 200 OK\r\nX-Long: a\r\n b\r\n\t  c\r\nVia: 1.1 one\r\nVia: 1.1 two\r\n\r\n"
    assert parse_head(head, "GET").headers == {"x-long": "a b c", "via": "1.1 one, 1.1 two"}


@st.composite
def answers(draw: st.DrawFn) -> tuple[bytes, bytes, dict[str, str]]:
    """A whole answer that ends by itself, its body, and its header fields."""
    body = draw(st.binary(max_size=60))
    names = st.sampled_from(["X-A", "Via", "Server"])
    fields = draw(st.lists(st.tuples(names, st.text("ab ,", max_size=6)), max_size=3, unique_by=lambda field: field[0]))
    interim = b"HTTP/1.1 100 Continue\r\n\r\n" * draw(st.integers(0, 2))
    lines = [f"{name}:{draw(st.sampled_from(['', ' ', '  ']))}{value}" for name, value in fields]
    if draw(st.booleans()):
        lines.append(f"Content-Length: {len(body)}")
        wire = body
    else:
        lines.append("Transfer-Encoding: chunked")
        cuts = sorted({0, len(body), *draw(st.lists(st.integers(0, len(body)), max_size=4))})
        extension = draw(st.sampled_from([b"", b";a", b' ;a="b"']))
        chunks = [b"%x%b\r\n%b\r\n" % (end - at, extension, body[at:end]) for at, end in pairwise(cuts)]
        trailer = draw(st.sampled_from([b"", b"T: 1\r\n", b"T: 1\r\n 2\r\nU:\r\n"]))
        wire = b"".join(chunks) + b"0\r\n" + trailer + b"\r\n"
    head = "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode()
    return interim + head + wire, body, {name.lower(): value.strip() for name, value in fields}


@given(answers(), st.lists(st.integers(1, 400), max_size=10))
def test_any_split_of_a_valid_answer_parses_the_same(
    answer: tuple[bytes, bytes, dict[str, str]], cuts: list[int]
) -> None:
    """It is complete with its last byte, says what it says, and has its whole body, however it comes."""
    data, body, fields = answer
    parts: list[bytes] = []

    class Collecting(Answer):
        def take(self, part: bytes) -> None:
            parts.append(part)

    found = Collecting(lambda block: parse_head(block, "GET"))
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    complete = [found.feed(data[start:end]) for start, end in pairwise(edges)]
    assert complete == [False] * (len(edges) - 2) + [True]
    assert b"".join(parts) == body
    assert found.head is not None
    assert {name: value.strip() for name, value in found.head.headers.items()}.items() >= fields.items()


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
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nno field\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, x\r\n\r\n",
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


def test_a_body_in_chunks() -> None:
    """It is cut as told and ends with an empty chunk; there is no length beside it. No body is one empty chunk."""
    sent = request_bytes(put("http://a/", b"hello, world", chunk=5), close=False)
    head, _, body = sent.partition(b"\r\n\r\n")
    assert body == b"5\r\nhello\r\n5\r\n, wor\r\n2\r\nld\r\n0\r\n\r\n"
    assert b"Transfer-Encoding: chunked" in head
    assert b"Content-Length" not in head
    assert request_bytes(post("http://a/", chunk=5), close=False).endswith(b"\r\n\r\n0\r\n\r\n")


def test_a_body_of_the_authors_own_framing() -> None:
    """Who frames a body gets it sent as it stands; the scheme's own port is left out of Host."""
    own = post("https://a/", b"0\r\n\r\n", headers={"Transfer-Encoding": "chunked"})
    assert request_bytes(own, close=False) == (
        b"POST / HTTP/1.1\r\nHost: a\r\nUser-Agent: chaoskit\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    )


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


@pytest.mark.parametrize(
    "request_",
    [
        HttpRequest("CONNECT", "http://a/"),
        post("http://a/", b"x", headers={"Content-Length": "1", "Transfer-Encoding": "chunked"}),
        post("http://a/", b"x", headers={"content-length": "1"}, chunk=4),
    ],
)
def test_what_has_no_one_meaning_is_not_sent(request_: HttpRequest) -> None:
    """A tunnel is no request to an origin, and a body ends in one place."""
    with pytest.raises(UsageError, match=r"tunnel|leave out all but one"):
        request_bytes(request_, close=False)
