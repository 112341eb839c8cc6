"""DNS messages, with dnspython as the oracle."""

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.loads.dns import AAAA, TYPES, BadMessage, Reply, parse, query

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
NAME = st.lists(LABEL, min_size=1, max_size=6).map(".".join)


def reply(asked: bytes, *records: str, code: int = 0, flags: int = 0) -> bytes:
    """An answer to a query, made by dnspython."""
    message = dns.message.make_response(dns.message.from_wire(asked))
    message.flags |= flags
    message.set_rcode(dns.rcode.Rcode(code))
    message.answer = [dns.rrset.from_text(*record.split(maxsplit=4)) for record in records]
    return message.to_wire()


@given(NAME, st.integers(0, 65535))
def test_queries_are_what_was_meant(name: str, ident: int) -> None:
    """Another implementation reads id, name, type and recursion as they were written."""
    message = dns.message.from_wire(query(ident, name))
    assert message.id == ident
    assert message.question[0].to_text() == f"{name}. IN A"
    assert message.flags == dns.flags.RD


@given(NAME)
def test_answers_are_read(name: str) -> None:
    """The first A record counts; the time to live is the smallest on the way to it."""
    asked = query(7, name)
    assert parse(reply(asked, f"{name}. 5 IN A 198.18.0.1"), asked) == Reply(0, "198.18.0.1", 5, False, answered=True)
    chain = [f"{name}. 3 IN CNAME web.{name}.", f"web.{name}. 60 IN A 198.18.0.7"]
    assert parse(reply(asked, *chain), asked) == Reply(0, "198.18.0.7", 3, False, answered=True)
    assert parse(reply(asked), asked) == Reply(0, None, 0, False)
    assert parse(reply(asked, code=3), asked) == Reply(3, None, 0, False)
    assert parse(reply(asked, code=2), asked) == Reply(2, None, 0, False)
    text = query(7, name, TYPES["TXT"])
    assert parse(reply(text, f"{name}. 5 IN TXT hello"), text) == Reply(0, None, 5, False, answered=True)
    six = query(7, name, AAAA)
    assert parse(reply(six, f"{name}. 5 IN AAAA fd00::1"), six) == Reply(0, "fd00::1", 5, False, answered=True)


@given(NAME, st.integers(0, 100))
def test_a_truncated_answer_is_one_wherever_it_is_cut(name: str, cut: int) -> None:
    """Behind the question, within a record as well; over TCP, where there is no more, the records are read."""
    asked = query(7, name)
    whole = reply(asked, f"{name}. 5 IN CNAME b.{name}.", f"b.{name}. 5 IN A 198.18.0.1", flags=dns.flags.TC)
    assert parse(whole[: len(asked) + cut], asked) == Reply(0, None, 0, True)
    assert parse(whole, asked, whole=True) == Reply(0, "198.18.0.1", 5, False, answered=True)
    with pytest.raises(BadMessage):
        parse(whole[:-1], asked, whole=True)


def test_answers_to_something_else_are_ignored() -> None:
    """Another id, another name, another type, or a query instead of an answer."""
    asked = query(7, "a.example")
    assert parse(reply(query(7, "a.example", AAAA)), asked) is None
    assert parse(reply(query(8, "a.example")), asked) is None
    assert parse(reply(query(7, "b.example")), asked) is None
    assert parse(asked, asked) is None


@given(st.integers(0, 60), st.binary(max_size=40))
def test_broken_messages_are_told(length: int, tail: bytes) -> None:
    """A message cut short, or continued by noise, is read, ignored or refused: nothing else happens."""
    asked = query(7, "www.example.com")
    whole = reply(asked, "www.example.com. 5 IN CNAME a.example.com.", "a.example.com. 5 IN A 198.18.0.1")
    try:
        parse(whole[:length] + tail, asked)
    except BadMessage:
        return


def test_a_name_in_circles_is_refused() -> None:
    """A compression pointer to itself does not hang the reader."""
    asked = query(7, "a")
    circle = asked[:2] + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00" + b"\xc0\x0c\x00\x01\x00\x01"
    with pytest.raises(BadMessage, match="circles"):
        parse(circle, asked)


@pytest.mark.parametrize("name", ["", "a..b", "a" * 64 + ".example", ".".join(["a" * 60] * 5)])
def test_names_that_are_none(name: str) -> None:
    """Empty and too long labels or names are refused."""
    with pytest.raises(BadMessage):
        query(1, name)
