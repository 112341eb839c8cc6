"""Mixes: what they are made of."""

import pickle

import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.mix import Mix, mix, parts_of
from chaoskit.core.request import get, post

HOME, CART = get("http://shop.example/"), get("http://shop.example/cart")


def test_shares_are_weights_of_their_sum() -> None:
    """Three to one is three quarters and one."""
    found = mix((HOME, 3), (CART, 1)).parts
    assert [(part.request, part.share) for part in found] == [(HOME, 0.75), (CART, 0.25)]


def test_rows_tell_the_requests_of_a_mix_apart() -> None:
    """By the protocol's own word where that is enough, by the title where two requests share it."""
    buy = post("http://shop.example/buy", "1")
    assert [part.op for part in mix((HOME, 1), (CART, 1), (buy, 1)).parts] == [HOME.title, CART.title, "POST"]
    assert [part.op for part in mix((HOME, 1), (buy, 1)).parts] == ["GET", "POST"]


def test_a_request_is_a_mix_of_one() -> None:
    """Who serves a load need not ask which of both it is."""
    (only,) = parts_of(HOME)
    assert (only.request, only.share, only.op) == (HOME, 1.0, "GET")
    assert parts_of(mix((HOME, 2), (CART, 6))) == mix((HOME, 1), (CART, 3)).parts


def test_a_mix_is_a_value_with_a_title() -> None:
    """It travels to the generator, and a plan shows every request with its share."""
    made = mix((HOME, 3), (CART, 1))
    assert pickle.loads(pickle.dumps(made)) == made
    assert made.title == "75 % GET http://shop.example/, 25 % GET http://shop.example/cart"


@pytest.mark.parametrize(
    ("weighted", "message"),
    [
        ([], "no request"),
        ([(HOME, 0)], "weight 0"),
        ([(HOME, float("inf"))], "weight inf"),
        ([(HOME, 1), (HOME, 2)], "twice"),
        ([(Mix(((HOME, 1.0),)), 1)], "within a mix"),
    ],
)
def test_what_is_no_mix(weighted: list[tuple[object, float]], message: str) -> None:
    """Each of these is told when it is written."""
    with pytest.raises(UsageError, match=message):
        mix(*weighted)  # type: ignore[arg-type]
