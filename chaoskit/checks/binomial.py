"""Exact binomial probabilities, to plan how many draws a bound on a share takes.

Tails are summed from their largest term outwards, in units of that term, so they are exact to
rounding even where they are far below the smallest double's reach.
"""

from __future__ import annotations

import math
from collections.abc import Callable

ALPHA = 1e-4
"""Probability with which a healthy run may fail, or a twin slip through."""

_NEGLIGIBLE = 1e-17
_MOST = 10_000_000
_LONGEST_TEETH = 2_000


def log_probability(k: int, n: int, p: float) -> float:
    """The natural logarithm of P(X = k) for X ~ Bin(n, p); -inf where it is impossible."""
    if not 0 <= k <= n:
        return -math.inf
    if p in (0.0, 1.0):
        return 0.0 if k == n * p else -math.inf
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return ways + k * math.log(p) + (n - k) * math.log1p(-p)


def at_most(k: int, n: int, p: float) -> float:
    """P(X <= k) for X ~ Bin(n, p).

    Raises:
        ValueError: n is negative or p is no probability.
    """
    if n < 0 or not 0 <= p <= 1:
        raise ValueError(f"Bin({n}, {p}) is no binomial distribution")
    if k < 0:
        return 0.0
    if k >= n or p == 0:
        return 1.0
    if p == 1:
        return 0.0
    if k > (n + 1) * p - 1:
        return 1.0 - at_most(n - k - 1, n, 1 - p)
    return math.exp(log_probability(k, n, p)) * _terms_down_from(k, n, p)


def at_least(k: int, n: int, p: float) -> float:
    """P(X >= k) for X ~ Bin(n, p); precise in the upper tail as well."""
    return at_most(n - k, n, 1 - p)


def _terms_down_from(k: int, n: int, p: float) -> float:
    """The sum of P(X = j) / P(X = k) over j <= k, for k at or below the mode: terms fall from the first on."""
    term = total = 1.0
    odds = (1 - p) / p
    for j in range(k, 0, -1):
        term *= j / (n - j + 1) * odds
        total += term
        if term < total * _NEGLIGIBLE:
            break
    return total


def interval(n: int, p: float, alpha: float = ALPHA) -> tuple[int, int]:
    """The narrowest counts (low, high) with P(X < low) <= alpha / 2 and P(X > high) <= alpha / 2."""
    low = _least(lambda k: at_most(k, n, p) > alpha / 2, 0, n)
    high = n - _least(lambda k: at_most(k, n, 1 - p) > alpha / 2, 0, n)
    return low, high


def outside(n: int, p: float, low: float, high: float) -> float:
    """The probability that a share of n draws falls below `low` or above `high` when p is the truth."""
    fewest, most = math.ceil(round(n * low, 9)), math.floor(round(n * high, 9))
    return at_most(fewest - 1, n, p) + at_least(most + 1, n, p)


def needed(p: float, low: float, high: float, alpha: float = ALPHA) -> int:
    """How many draws it takes that a share whose truth is p leaves [low, high] with probability <= alpha.

    The probability falls with n in a sawtooth, since counts are whole; the answer is a number from
    which the next two teeth stay below alpha.

    Raises:
        ValueError: p does not lie inside the interval, or no number up to ten million will do.
    """
    if not low <= p <= high or (p == low and low > 0) or (p == high and high < 1):
        raise ValueError(f"a share of {p} does not lie between {low} and {high}")
    enough = 1
    while outside(enough, p, low, high) > alpha:
        enough *= 2
        if enough > _MOST:
            raise ValueError(f"a share of {p} lies too close to the ends of {low} to {high}")
    found = _least(lambda n: outside(n, p, low, high) <= alpha, max(1, enough // 2), enough)
    return _past_the_teeth(found, p, low, high, alpha)


def to_exceed(count: int, share: float, alpha: float = ALPHA) -> int:
    """How many draws it takes that their count stays at or below `count` with probability <= alpha.

    Args:
        count: the count that must be exceeded.
        share: the true share, above 0.
        alpha: the probability with which it may not be.

    Raises:
        ValueError: count is negative, the share is none, or no number up to ten million will do.
    """
    if count < 0 or not 0 < share <= 1:
        raise ValueError(f"no number of draws at {share} exceeds {count}")
    found = _least(lambda n: at_most(count, n, share) <= alpha, count + 1, _MOST)
    if found == _MOST:
        raise ValueError(f"more than {_MOST:,} draws at {share} are needed to exceed {count}")
    return found


def _past_the_teeth(found: int, p: float, low: float, high: float, alpha: float) -> int:
    """The first number from `found` on that is followed by two whole teeth at or below alpha."""
    ends = [end for end in (low, 1 - low, high, 1 - high) if end > 0]
    teeth = min(_LONGEST_TEETH, math.ceil(2 / min(ends)))
    n = found
    while n <= found + teeth and n < _MOST:
        if outside(n, p, low, high) > alpha:
            found = n + 1
        n += 1
    return found


def _least(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The least number in [low, high] that holds, by halving; `high` when none below it does."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
