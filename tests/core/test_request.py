import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.errors import UsageError
from chaoskit.core.request import HttpRequest, Ok, body, get, header, post, put, status, within
from chaoskit.core.tls import Tls
from chaoskit.core.units import NS


@pytest.mark.parametrize(
    ("url", "host", "port", "target"),
    [
        ("http://price.example.com/", "price.example.com", 80, "/"),
        ("http://price.example.com", "price.example.com", 80, "/"),
        ("http://198.18.1.30:8080/a/b?c=d", "198.18.1.30", 8080, "/a/b?c=d"),
        ("http://x?q", "x", 80, "/?q"),
        ("https://x/", "x", 443, "/"),
        ("https://[::1]:8443/", "::1", 8443, "/"),
    ],
)
def test_a_url_gives_host_port_and_target(url: str, host: str, port: int, target: str) -> None:
    """As a client connects and as the request line has it."""
    request = get(url)
    assert (request.host, request.port, request.target, request.title) == (host, port, target, f"GET {url}")


@pytest.mark.parametrize(
    ("url", "secure", "authority"),
    [
        ("http://x/", False, "x"),
        ("http://x:80/", False, "x"),
        ("http://x:443/", False, "x:443"),
        ("https://x/", True, "x"),
        ("https://x:80/", True, "x:80"),
        ("https://[::1]:443/", True, "[::1]"),
    ],
)
def test_each_scheme_has_its_port(url: str, secure: bool, authority: str) -> None:
    """A Host header leaves the scheme's own port out, and no other one."""
    assert (get(url).secure, get(url).authority) == (secure, authority)


def test_tls_is_for_https() -> None:
    """What would have no effect is refused."""
    assert get("https://x/", tls=Tls(ca="lab.pem")).tls == Tls(ca="lab.pem")
    with pytest.raises(UsageError, match="without TLS"):
        get("http://x/", tls=Tls(verify=False))


@pytest.mark.parametrize("url", ["price.example.com", "http://", "ftp://x/", "", "http://x:0/", "https://x:99999/"])
def test_what_is_no_http_url_is_refused(url: str) -> None:
    """Another protocol, no host, or no port; a bare name is ambiguous."""
    with pytest.raises(UsageError, match="is no http URL"):
        get(url)


def test_a_post_carries_its_body_as_bytes() -> None:
    """Text is sent as UTF-8."""
    request = post("http://x/", "é", headers={"Content-Type": "text/plain"})
    assert (request.method, request.body, request.headers) == ("POST", b"\xc3\xa9", {"Content-Type": "text/plain"})
    assert isinstance(request, HttpRequest)
    assert put("http://x/", b"1", chunk=7) == HttpRequest("PUT", "http://x/", {}, b"1", chunk=7)
    with pytest.raises(UsageError, match="a chunk cannot have -1 bytes"):
        put("http://x/", b"1", chunk=-1)


@pytest.mark.parametrize(
    ("ok", "accepted", "refused"),
    [
        (Ok(), (200, 204, 301, 399), (199, 400, 404, 500, 503)),
        (status(200), (200,), (201, 204, 301, 404)),
        (status(200, 404), (200, 404), (500,)),
        (status(200, 404) & status(404), (404,), (200,)),
        (Ok() & status(503), (503,), (200,)),
    ],
)
def test_success_is_a_matter_of_the_status(ok: Ok, accepted: tuple[int, ...], refused: tuple[int, ...]) -> None:
    """Any 2xx or 3xx, or exactly the ones given."""
    assert [ok.accepts(code) for code in (*accepted, *refused)] == [True] * len(accepted) + [False] * len(refused)


def test_conditions_of_success_add_up() -> None:
    """All that is given must hold; of two time limits the shorter."""
    ok = status(200) & header("X-Instance", "web-1") & body(contains="price") & within("2s") & within("500ms")
    assert ok == Ok(frozenset({200}), {"x-instance": "web-1"}, b"price", NS // 2)
    assert str(ok) == "status 200 and x-instance: web-1 and body contains b'price' and within 500 ms"
    assert str(Ok()) == "status 2xx-3xx"
    assert get("http://x/").accepting(ok).ok == ok


@given(st.integers(100, 599))
def test_no_condition_changes_nothing(code: int) -> None:
    """And-ing the empty condition accepts the same statuses."""
    assert (Ok() & Ok()).accepts(code) == Ok().accepts(code)
    assert (status(200, 503) & Ok()).accepts(code) == status(200, 503).accepts(code)
