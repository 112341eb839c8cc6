"""What a connection's sender has said: which old segment a new connection waits for."""

import pytest

from chaoskit.kernel.conversation import Conversation, awaited
from chaoskit.kernel.segment import Segment, read
from tests.kernel.test_segment import frame

SIZE = 1_000


def said(place: int, length: int, *, isn: int, ack: int, flags: str = "A") -> Segment:
    """A segment of the answer, so many bytes after the initial sequence number."""
    found = read(frame(bytes(length), flags=flags, seq=(isn + 1 + place) % 2**32))
    assert found is not None
    return Segment(**{**{key: getattr(found, key) for key in found.__dataclass_fields__}, "ack": ack})


def conversation(
    *, isn: int, port: int = 20_000, born_s: float = 0.0, heard: int = 90_000, sent: int = 0
) -> Conversation:
    """One that heard so much, and then said so much in segments of 10,000 bytes, to be cut by 1,000."""
    one = Conversation(port, isn % 2**32, 500, born_s)
    one.add(said(0, 0, isn=isn, ack=501 + heard), SIZE)
    for place in range(0, sent, 10 * SIZE):
        one.add(said(place, 10 * SIZE, isn=isn, ack=501 + heard), SIZE)
    return one


OLD = conversation(isn=2**32 - 50, sent=100_000)


def test_the_old_segment_that_holds_the_awaited_number_is_found() -> None:
    """31,234 numbers after the old one's, across the end of the number space: the segment from 31,000 has it."""
    found = awaited(OLD, conversation(isn=2**32 - 50 + 31_234))
    assert found is not None
    assert ((found.seq - OLD.isn - 1) % 2**32, found.length) == (31_000, SIZE)


def test_what_the_new_connection_has_said_already_counts() -> None:
    """Its receiver waits for what comes after."""
    found = awaited(OLD, conversation(isn=2**32 - 50 + 31_234, sent=20_000))
    assert found is not None
    assert (found.seq - OLD.isn - 1) % 2**32 == 51_000


@pytest.mark.parametrize(("heard", "fits"), [(30_000, False), (89_999, False), (90_000, True)])
def test_the_receiver_must_have_said_what_the_segment_acknowledges(heard: int, fits: bool) -> None:
    """Old segments acknowledge 90,000 bytes."""
    assert (awaited(OLD, conversation(isn=2**32 - 50 + 31_234, heard=heard)) is not None) is fits


def test_an_old_connection_that_was_slower_than_the_clock_has_no_such_segment() -> None:
    """150,000 numbers later, 100,000 bytes are not enough."""
    assert awaited(OLD, conversation(isn=2**32 - 50 + 150_000)) is None


def test_on_other_ports_the_clock_says_what_would_be_awaited() -> None:
    """Four milliseconds at 64 ns a number: 62,500, whatever the other connection's own number is."""
    found = awaited(OLD, conversation(isn=7, port=20_001, born_s=0.004))
    assert found is not None
    assert (found.seq - OLD.isn - 1) % 2**32 == 62_000


def test_a_conversation_ends_with_its_fin() -> None:
    """Until then it may go on."""
    one = conversation(isn=1)
    assert not one.ended
    one.add(said(0, 0, isn=1, ack=501, flags="FA"), SIZE)
    assert one.ended
