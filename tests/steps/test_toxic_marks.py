"""Marks of toxics: which exchanges show one, and which cannot."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.steps.exchange import Ending, Exchange
from chaoskit.steps.toxic_marks import finishes, how_many, mark, question

MS = 1_000_000
BEFORE = Exchange(2 * MS, 3 * MS, 4 * MS, 20_000, 3, Ending.CLOSED)
"""An answer of 20 kB that begins after 2 ms, ends after 3, and is followed by the end of the connection."""
KEPT = replace(BEFORE, end=103 * MS, ending=Ending.OPEN)
NOTHING = Exchange(None, None, 0, 0, 0, Ending.CLOSED)
QUESTION = 500


def later(ms: float, *, size: int = BEFORE.size, ending: Ending = Ending.CLOSED) -> Exchange:
    """The same, all of it so much later."""
    by = round(ms * MS)
    return Exchange(2 * MS + by, 3 * MS + by, 4 * MS + by, size, 3, ending)


def ended(ms: float, ending: Ending) -> Exchange:
    """Without a byte, over after so long."""
    return replace(NOTHING, end=round(ms * MS), ending=ending)


def shows(toxic: str, attributes: dict[str, int], after: Exchange, stream: str, before: Exchange) -> bool:
    """Whether an exchange bears the mark."""
    made = mark(toxic, attributes, stream, before, QUESTION)
    assert made.unseen == ""
    value = made.of(before, after)
    return value is not None and made.low <= value <= made.high


SEEN: list[tuple[str, dict[str, int], str, Exchange, Exchange, list[Exchange]]] = [
    ("latency", {"latency": 200, "jitter": 0}, "downstream", BEFORE, later(201), [later(0), later(150), later(300)]),
    ("latency", {"latency": 10}, "upstream", BEFORE, later(11), [later(0), later(4), later(40), ended(9, Ending.OPEN)]),
    ("latency", {"latency": 200, "jitter": 100}, "downstream", BEFORE, later(110), [later(70), later(400)]),
    (
        "bandwidth",
        {"rate": 100},
        "downstream",
        BEFORE,
        later(200),
        [later(0), later(150), later(300), later(200, size=5)],
    ),
    ("bandwidth", {"rate": 5}, "upstream", BEFORE, later(100), [later(0), later(150)]),
    ("slow_close", {"delay": 100}, "downstream", BEFORE, replace(BEFORE, end=105 * MS), [later(0), later(100), KEPT]),
    ("timeout", {"timeout": 100}, "upstream", KEPT, ended(101, Ending.CLOSED), [KEPT, ended(90, Ending.CLOSED)]),
    ("timeout", {"timeout": 0}, "downstream", KEPT, ended(501, Ending.OPEN), [KEPT, ended(501, Ending.CLOSED)]),
    ("timeout", {"timeout": 100}, "downstream", BEFORE, ended(4, Ending.CLOSED), [later(0), ended(900, Ending.OPEN)]),
    ("reset_peer", {"timeout": 0}, "downstream", BEFORE, ended(3, Ending.RESET), [later(0), ended(3, Ending.CLOSED)]),
    ("reset_peer", {"timeout": 90}, "upstream", BEFORE, ended(91, Ending.RESET), [ended(3, Ending.RESET), later(90)]),
    (
        "slicer",
        {"average_size": 900, "size_variation": 100, "delay": 5000},
        "downstream",
        BEFORE,
        later(120),
        [later(9)],
    ),
    (
        "limit_data",
        {"bytes": 7},
        "downstream",
        BEFORE,
        later(0, size=7),
        [later(0), later(0, size=8), later(0, size=6)],
    ),
    ("limit_data", {"bytes": 7}, "upstream", BEFORE, ended(3, Ending.CLOSED), [later(0), ended(3, Ending.OPEN)]),
]


@pytest.mark.parametrize(("toxic", "attributes", "stream", "before", "after", "others"), SEEN)
def test_an_exchange_shows_a_toxic_by_its_mark(
    toxic: str, attributes: dict[str, int], stream: str, before: Exchange, after: Exchange, others: list[Exchange]
) -> None:
    """The one that has it does, within the tolerance; those that have less, more or something else do not."""
    assert shows(toxic, attributes, after, stream, before)
    assert [shows(toxic, attributes, other, stream, before) for other in others] == [False] * len(others)


@given(least=st.integers(5, 10_000), jitter=st.integers(0, 10_000))
def test_no_latency_is_shown_by_an_answer_as_quick_as_before(least: int, jitter: int) -> None:
    """However short it is: the interval begins above nothing."""
    assert not shows("latency", {"latency": least + jitter, "jitter": jitter}, later(0), "downstream", BEFORE)


def test_jitter_alone_is_shown_by_answers_that_differ() -> None:
    """Half of them are not delayed at all, so each one may be; together they must be apart."""
    made = mark("latency", {"latency": 0, "jitter": 80}, "downstream", BEFORE, QUESTION)
    assert made.spread == 20 * MS
    assert made.low <= -MS


CANNOT_BE_SEEN = [
    ("latency", {"latency": 4, "jitter": 4}, "downstream", BEFORE, "too short a time"),
    ("latency", {"latency": 100}, "downstream", NOTHING, "nothing answers through the proxy"),
    (
        "bandwidth",
        {"rate": 1000},
        "downstream",
        BEFORE,
        "the answer has 20,000 bytes, and at 1000 KB/s 50,000 are needed",
    ),
    ("bandwidth", {"rate": 100}, "upstream", BEFORE, "the question has 500 bytes, and at 100 KB/s 5,000 are needed"),
    ("slow_close", {"delay": 100}, "downstream", KEPT, "does not end the connection"),
    ("slow_close", {"delay": 1}, "downstream", BEFORE, "too short a time"),
    ("reset_peer", {"timeout": 0}, "downstream", replace(BEFORE, ending=Ending.RESET), "are reset without it"),
    ("slicer", {"average_size": 20_000, "delay": 9000}, "downstream", BEFORE, "0 cuts after 20000 bytes"),
    ("limit_data", {"bytes": 20_000}, "downstream", BEFORE, "the limit is 20,000"),
]


@pytest.mark.parametrize(("toxic", "attributes", "stream", "before", "why"), CANNOT_BE_SEEN)
def test_what_no_exchange_could_show_is_said_before(
    toxic: str, attributes: dict[str, int], stream: str, before: Exchange, why: str
) -> None:
    """With the reason, so that its author can ask for something else."""
    assert why in mark(toxic, attributes, stream, before, QUESTION).unseen


def test_questions_show_the_toxic() -> None:
    """The connection is kept where its end is waited for, and nothing but an end is said where that is to be slow."""
    assert question("timeout", "downstream").startswith("GET / HTTP/1.1\r\n")
    assert question("latency", "upstream").startswith("GET / HTTP/1.0\r\n")
    assert question("slow_close", "upstream") == ""
    assert finishes("slow_close", "upstream")
    assert not finishes("slow_close", "downstream")


@given(toxicity=st.floats(0.05, 1, exclude_max=True))
def test_one_connection_at_least_has_the_toxic(toxicity: float) -> None:
    """But once in 10,000."""
    assert (1 - toxicity) ** how_many(toxicity, {}) <= 1.0001e-4


def test_all_connections_have_a_toxic_of_toxicity_one() -> None:
    """A few are looked at, more where they are to differ."""
    assert (how_many(1.0, {}), how_many(1.0, {"jitter": 5})) == (3, 16)
