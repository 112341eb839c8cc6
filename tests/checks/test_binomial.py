import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.checks import binomial


def exact(k: int, n: int, p: Fraction) -> Fraction:
    """P(X <= k) in whole numbers."""
    return sum((math.comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(k + 1)), Fraction(0))


@given(st.integers(0, 60), st.integers(-2, 62), st.integers(0, 100))
def test_tails_are_those_of_exact_arithmetic(n: int, k: int, percent: int) -> None:
    """Both tails agree with fractions to ten digits, however small they are."""
    p = Fraction(percent, 100)
    below = exact(min(k, n), n, p)
    above = 1 - exact(min(k - 1, n), n, p)
    assert binomial.at_most(k, n, float(p)) == pytest.approx(float(below), rel=1e-10, abs=1e-300)
    assert binomial.at_least(k, n, float(p)) == pytest.approx(float(above), rel=1e-10, abs=1e-300)


@pytest.mark.parametrize(
    ("k", "n", "p", "expected"),
    [
        (5, 10, 0.5, 0.623046875),
        (0, 20, 0.05, 0.95**20),
        (9, 10, 0.1, 1 - 1e-10),
        (450, 1_000, 0.5, 0.000865267),
        (0, 100_000, 0.001, 3.5387e-44),
    ],
)
def test_known_values(k: int, n: int, p: float, expected: float) -> None:
    """Values from tables and closed forms, far tails included."""
    assert binomial.at_most(k, n, p) == pytest.approx(expected, rel=1e-4)


def test_large_numbers_of_draws_are_no_trouble() -> None:
    """A million draws neither overflow nor take long; half of them lie below the middle."""
    assert binomial.at_most(499_999, 1_000_000, 0.5) == pytest.approx(0.5, abs=5e-4)
    assert binomial.at_most(400_000, 1_000_000, 0.5) == 0.0


@pytest.mark.parametrize(("n", "p"), [(-1, 0.5), (10, 1.5), (10, -0.1)])
def test_what_is_no_distribution_is_refused(n: int, p: float) -> None:
    """A negative number of draws, or a probability outside 0..1."""
    with pytest.raises(ValueError, match="no binomial distribution"):
        binomial.at_most(1, n, p)


@given(st.integers(1, 300), st.floats(0.01, 0.99), st.sampled_from([1e-4, 1e-2, 0.1]))
def test_the_interval_holds_all_but_alpha_and_no_narrower_one_does(n: int, p: float, alpha: float) -> None:
    """Each tail outside has at most alpha / 2, and would have more with the end itself."""
    low, high = binomial.interval(n, p, alpha)
    assert binomial.at_most(low - 1, n, p) <= alpha / 2 < binomial.at_most(low, n, p)
    assert binomial.at_least(high + 1, n, p) <= alpha / 2 < binomial.at_least(high, n, p)


def test_the_interval_of_a_fair_coin() -> None:
    """A hundred throws show 31 to 69 heads but for one time in ten thousand."""
    assert binomial.interval(100, 0.5) == (31, 69)


@pytest.mark.parametrize(
    ("p", "low", "high"),
    [(0.5, 0.4, 0.6), (1 / 3, 0.25, 0.42), (0.95, 0.9, 1.0), (0.01, 0.0, 0.03), (0.6, 0.0, 0.7), (0.5, 0.49, 0.51)],
)
def test_so_many_draws_suffice_and_much_fewer_do_not(p: float, low: float, high: float) -> None:
    """From the number on, a healthy share leaves the interval at most 1 time in 10,000; at nine tenths more often."""
    n = binomial.needed(p, low, high)
    assert all(binomial.outside(m, p, low, high) <= binomial.ALPHA for m in range(n, n + 300))
    assert max(binomial.outside(m, p, low, high) for m in range(int(n * 0.9), n)) > binomial.ALPHA


def test_no_interval_is_needed_for_what_cannot_leave_it() -> None:
    """A bound that nothing leaves takes one draw."""
    assert binomial.needed(0.3, 0.0, 1.0) == 1


@pytest.mark.parametrize(
    ("p", "low", "high"), [(0.5, 0.6, 0.7), (0.4, 0.4, 0.6), (0.6, 0.4, 0.6), (0.5, 0.49999, 0.50001)]
)
def test_a_share_outside_or_at_the_edge_is_refused(p: float, low: float, high: float) -> None:
    """No number of draws keeps a share inside an interval that it does not lie within."""
    with pytest.raises(ValueError, match="share of"):
        binomial.needed(p, low, high)


@given(st.integers(0, 12), st.sampled_from([0.01, 0.1, 1 / 3]))
def test_one_draw_fewer_would_not_surely_exceed_a_count(count: int, share: float) -> None:
    """The number of draws is the least after which the count is exceeded but for 1 in 10,000."""
    enough = binomial.to_exceed(count, share)
    assert binomial.at_most(count, enough, share) <= 1e-4 < binomial.at_most(count, enough - 1, share)


@pytest.mark.parametrize(("count", "share"), [(-1, 0.1), (3, 0.0), (3, 1.1), (100, 1e-7)])
def test_what_no_number_of_draws_exceeds_is_an_error(count: int, share: float) -> None:
    """A negative count, a share that is none or nothing, or one too small to reach the count."""
    with pytest.raises(ValueError, match=r"exceed"):
        binomial.to_exceed(count, share)
