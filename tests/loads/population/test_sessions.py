"""The cookies of many users, and the requests that carry them."""

from __future__ import annotations

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.request import post
from chaoskit.loads.http import request_bytes
from chaoskit.loads.population.sessions import Sessions

REQUEST = post("http://127.0.0.1/buy", "a\r\n\r\nb", headers={"X-A": "1"})
PLAIN = request_bytes(REQUEST, close=False)


def test_a_user_sends_the_cookies_that_it_was_given() -> None:
    """Before the end of the header block, the body as it was; everybody else sends none."""
    sessions = Sessions(REQUEST, PLAIN)
    sessions.take(7, "SRV=s1; path=/\nid=7", 0)
    assert sessions.request(7, 0) == PLAIN.replace(b"X-A: 1\r\n", b"X-A: 1\r\nCookie: SRV=s1; id=7\r\n")
    assert sessions.request(8, 0) == PLAIN


def test_cookies_of_the_request_and_of_its_users_are_one_too_many() -> None:
    """A request carries one Cookie header."""
    own = post("http://127.0.0.1/", headers={"cookie": "a=1"})
    with pytest.raises(UsageError, match="has a Cookie header"):
        Sessions(own, request_bytes(own, close=False))
