"""Cookies: what is kept, what is sent back, and for how long (RFC 6265)."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.units import NS
from chaoskit.loads.population.cookies import Jar, Origin, parse

SHOP = Origin.of("http://www.shop.example/cart/pay?x=1")


def sent(*lines: str, origin: Origin = SHOP, after: int = 0) -> str:
    """The Cookie header that a jar has some ns after it was given these, one after the other."""
    jar = Jar()
    for line in lines:
        cookie = parse(line, origin, 0)
        if cookie is not None:
            jar.put(cookie, 0)
    return jar.header(after)


@pytest.mark.parametrize(
    ("line", "header"),
    [
        ("SRV=s1; path=/", "SRV=s1"),
        ("SRV=s1", "SRV=s1"),
        (" a = b c ;Path=/cart", "a=b c"),
        ("a=b=c; HttpOnly; SameSite=Lax", "a=b=c"),
        ("a=; path=/", "a="),
        ('a="b"', 'a="b"'),
        ("a=1; path=/cart/pay", "a=1"),
        ("a=1; path=/cart/", "a=1"),
        ("a=1; path=/car", ""),
        ("a=1; path=/other", ""),
        ("a=1; path=relative", "a=1"),
        ("a=1; Domain=shop.example", "a=1"),
        ("a=1; Domain=.SHOP.example", "a=1"),
        ("a=1; Domain=hop.example", ""),
        ("a=1; Domain=other.example", ""),
        ("a=1; Secure", ""),
        ("a=1; Max-Age=0", ""),
        ("a=1; Max-Age=-5", ""),
        ("a=1; Max-Age=soon", "a=1"),
        ("a=1; Max-Age=9; Expires=Thu, 01 Jan 1970 00:00:10 GMT", "a=1"),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:10 GMT", ""),
        ("a=1; Expires=never", "a=1"),
        ("=1", ""),
        ("a", ""),
        ("", ""),
        ("a=" + 5000 * "x", ""),
    ],
)
def test_a_cookie_is_kept_and_sent_as_the_standard_has_it(line: str, header: str) -> None:
    """Path, domain, Secure, Max-Age and Expires decide; what is malformed is ignored."""
    assert sent(line) == header


def test_a_secure_cookie_goes_over_tls() -> None:
    """And over nothing else."""
    assert sent("a=1; Secure", origin=Origin.of("https://www.shop.example/")) == "a=1"


def test_an_address_has_no_subdomain() -> None:
    """127.0.0.1 is not in the domain 0.0.1."""
    local = Origin.of("http://127.0.0.1:8080/")
    assert sent("a=1; Domain=0.0.1", origin=local) == ""
    assert sent("a=1; Domain=127.0.0.1", origin=local) == "a=1"


def test_a_later_cookie_replaces_one_of_the_same_name_domain_and_path() -> None:
    """And takes it away when it has expired; another path is another cookie, and the longer one goes first."""
    assert sent("a=1; path=/", "b=2; path=/", "a=3; path=/") == "a=3; b=2"
    assert sent("a=1; path=/", "a=; path=/; Max-Age=0") == ""
    assert sent("a=1; path=/", "a=2; path=/cart") == "a=2; a=1"


def test_a_cookie_ends_with_its_age() -> None:
    """By the time that passed since it came, of two the one whose time is over; by the date as well."""
    lines = ("a=1; Max-Age=10", "b=2; Max-Age=20", "c=3")
    assert [sent(*lines, after=seconds * NS) for seconds in (9, 10, 20)] == ["a=1; b=2; c=3", "b=2; c=3", "c=3"]
    dated = f"a=1; Expires={formatdate(time.time() + 100, usegmt=True)}"
    assert [sent(dated, after=seconds * NS) for seconds in (95, 101)] == ["a=1", ""]


def test_a_jar_is_bounded() -> None:
    """Fifty cookies, and those that are there are still replaced."""
    header = sent(*(f"c{number}=1" for number in range(80)), "c3=2")
    assert header.count("=") == 50
    assert "c3=2" in header


@given(st.text(max_size=80))
def test_any_header_is_read(line: str) -> None:
    """Whatever a server sends is a cookie or none, and none breaks out of its line."""
    cookie = parse(line.replace("\n", ""), SHOP, 0)
    assert cookie is None or "\n" not in cookie.pair
