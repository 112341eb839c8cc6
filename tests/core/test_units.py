import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.core.errors import UsageError
from chaoskit.core.units import (
    NS,
    bit_rate,
    duration,
    fraction,
    rate,
    show_bit_rate,
    show_duration,
    show_share,
    size,
)


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("500ms", NS // 2),
        ("2s", 2 * NS),
        ("1m30s", 90 * NS),
        ("1 min", 60 * NS),
        ("1h", 3600 * NS),
        ("250us", 250_000),
        ("250µs", 250_000),
        ("3ns", 3),
        (".5s", NS // 2),
        ("1.5S", 3 * NS // 2),
        (" 2 s ", 2 * NS),
        (2, 2 * NS),
        (0.25, NS // 4),
        (0, 0),
    ],
)
def test_durations_read_as_people_write_them(text: str | float, ns: int) -> None:
    """Units may be combined; a plain number is seconds."""
    assert duration(text) == ns


@pytest.mark.parametrize("text", ["", "5", "-1s", "1x", "s", "1s!", "1..2s", -1, float("inf"), float("nan"), "1e3s"])
def test_what_is_no_duration_is_refused(text: str | float) -> None:
    """No unit, an unknown one, a sign or rubbish is an error that shows how to write it."""
    with pytest.raises(UsageError, match="duration") as caught:
        duration(text)
    assert "500ms" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "per_second"),
    [
        ("400/s", 400),
        ("30/min", 0.5),
        ("12k/min", 200),
        ("1.5M/s", 1.5e6),
        ("2/ms", 2_000),
        (7, 7),
        (0, 0),
        ("3600/h", 1),
    ],
)
def test_rates_read_as_people_write_them(text: str | float, per_second: float) -> None:
    """Events by a unit of time; a plain number is per second."""
    assert rate(text) == pytest.approx(per_second)


@pytest.mark.parametrize("text", ["", "400", "/s", "400/", "400/fortnight", "-4/s", -4, float("nan")])
def test_what_is_no_rate_is_refused(text: str | float) -> None:
    """A rate without its unit of time is ambiguous and an error."""
    with pytest.raises(UsageError, match="rate"):
        rate(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [("64KiB", 65_536), ("1.5MB", 1_500_000), ("1k", 1_000), ("2 GiB", 2**31), ("12", 12), ("3b", 3), (9, 9)],
)
def test_sizes_read_as_people_write_them(text: str | int, count: int) -> None:
    """Binary units are binary, all others decimal."""
    assert size(text) == count


@pytest.mark.parametrize("text", ["", "x", "1 parsec", "1MB2"])
def test_what_is_no_size_is_refused(text: str) -> None:
    """An unknown unit is an error."""
    with pytest.raises(UsageError, match="size"):
        size(text)


@pytest.mark.parametrize(("text", "value"), [("99.9%", 0.999), (0.5, 0.5), ("0.25", 0.25), (0, 0), ("100%", 1), (1, 1)])
def test_shares_are_numbers_or_percentages(text: str | float, value: float) -> None:
    """Both spellings mean the same."""
    assert fraction(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "most", "101%", -0.01, 1.01, "5%%"])
def test_what_is_no_share_is_refused(text: str | float) -> None:
    """A share lies in 0..1."""
    with pytest.raises(UsageError, match="is no share"):
        fraction(text)


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0 s"),
        (7 * NS, "7 s"),
        (1_250_000_000, "1.25 s"),
        (50_000_000, "50 ms"),
        (80_000, "80 µs"),
        (900, "900 ns"),
        (120 * NS, "2 min"),
        (119 * NS, "119 s"),
        (-NS, "-1 s"),
    ],
)
def test_durations_are_shown_with_their_best_unit(ns: int, text: str) -> None:
    """Four digits and the largest unit that fits."""
    assert show_duration(ns) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 %"), (1, "100 %"), (0.5, "50.0 %"), (0.9995, "99.950 %"), (0.00002, "0.002 %"), (0.99, "99.0 %")],
)
def test_shares_are_shown_with_as_many_digits_as_they_need(value: float, text: str) -> None:
    """Near the ends more digits are needed to tell shares apart."""
    assert show_share(value) == text


@given(st.integers(0, 10**15))
def test_a_duration_in_ns_reads_back_as_itself(ns: int) -> None:
    """Writing nanoseconds and reading them changes nothing."""
    assert duration(f"{ns}ns") == ns


@given(st.integers(1, 100 * NS))
def test_a_shown_duration_reads_back_to_four_digits(ns: int) -> None:
    """What reports show is what the command line would accept, to the digits shown."""
    assert duration(show_duration(ns)) == pytest.approx(ns, rel=1e-3)


@pytest.mark.parametrize(
    ("text", "bits", "shown"),
    [
        ("10Mbit/s", 10_000_000, "10 Mbit/s"),
        ("512 kbit", 512_000, "512 kbit/s"),
        ("1.5gbit/s", 1_500_000_000, "1.5 Gbit/s"),
        ("800bit/s", 800, "800 bit/s"),
        (64_000, 64_000, "64 kbit/s"),
    ],
)
def test_bit_rates_read_as_people_write_them(text: str | int, bits: int, shown: str) -> None:
    """Decimal prefixes, as links have them; a plain number is bits a second."""
    assert bit_rate(text) == bits
    assert show_bit_rate(bits) == shown


@pytest.mark.parametrize("text", ["", "10", "10MB/s", "fast", "-1Mbit/s", "0bit/s", 7, -1])
def test_what_is_no_bit_rate_is_refused(text: str | int) -> None:
    """Bytes are not bits, and less than a byte a second is nothing."""
    with pytest.raises(UsageError, match="no bit rate"):
        bit_rate(text)
