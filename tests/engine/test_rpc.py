"""Calls between chaoskit's processes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from multiprocessing import Pipe
from pathlib import Path

import pytest

from chaoskit.core.errors import ChaoskitError, UsageError
from chaoskit.engine.rpc import Caller, Last, PeerGone, serve


def _methods(name: str):  # type: ignore[no-untyped-def]
    def boom() -> None:
        raise UsageError("not like this", remedy="Like that.")

    return {"add": lambda a, b: a + b, "boom": boom, "crash": lambda: 1 / 0, "lock": threading.Lock}[name]


@pytest.fixture
def caller() -> Iterator[Caller]:
    """A caller with a peer that answers."""
    ours, theirs = Pipe()
    thread = threading.Thread(target=serve, args=(theirs, _methods))
    thread.start()
    caller = Caller(ours, "the peer")
    yield caller
    caller.close()
    thread.join(5)
    theirs.close()


def test_a_call_returns_what_the_method_returns(caller: Caller) -> None:
    """Arguments go there, the value comes back."""
    assert caller("add", 2, 3) == 5


def test_an_error_is_raised_in_the_caller_with_its_remedy(caller: Caller) -> None:
    """The caller sees the error as if the method were its own, and can go on calling."""
    with pytest.raises(UsageError, match="not like this") as caught:
        caller("boom")
    assert caught.value.remedy == "Like that."
    with pytest.raises(ZeroDivisionError):
        caller("crash")
    assert caller("add", 1, 1) == 2


def test_an_answer_that_cannot_be_sent_is_an_error_and_not_a_hang(caller: Caller) -> None:
    """The caller is told which call it was, and can go on calling."""
    with pytest.raises(ChaoskitError, match="lock has an answer that cannot be sent"):
        caller("lock")
    assert caller("add", 1, 1) == 2


def test_a_peer_that_goes_is_said_to_have_gone() -> None:
    """A killed process at the other end is an error of its own kind, not a hang."""
    ours, theirs = Pipe()
    theirs.close()
    with pytest.raises(PeerGone, match="the keeper has gone"):
        Caller(ours, "the keeper")("status")
    ours.close()


def test_the_last_answer_arrives_before_the_end() -> None:
    """A method that ends its process has its answer delivered first."""
    ours, theirs = Pipe()
    ended = threading.Event()

    def end() -> None:
        ended.set()
        theirs.close()

    thread = threading.Thread(target=serve, args=(theirs, lambda _name: lambda: Last("bye", end)))
    thread.start()
    assert Caller(ours, "the peer")("finish") == "bye"
    assert ended.wait(5)
    thread.join(5)
    ours.close()


def test_nobody_at_a_socket_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    """A keeper that is gone is named, and so is what to do about it."""
    with pytest.raises(ChaoskitError, match="the keeper does not answer") as caught:
        Caller.to(tmp_path / "none.sock", "the keeper")
    assert "sweep" in caught.value.remedy


def test_an_answer_nobody_waited_for_is_skipped() -> None:
    """A call that was interrupted leaves its answer on the line; the next call gets its own."""
    ours, theirs = Pipe()
    theirs.send((1, True, "of the interrupted call"))
    caller = Caller(ours, "the peer")
    caller._count = 1
    theirs.send((2, True, "mine"))
    assert caller("any") == "mine"
    theirs.close()
    ours.close()


def test_a_peer_that_hangs_is_given_up_after_its_time() -> None:
    """A bounded call ends in bounded time."""
    ours, theirs = Pipe()
    with pytest.raises(PeerGone, match="does not answer"):
        Caller(ours, "the keeper")("finish", within=0.05)
    theirs.close()
    ours.close()
