"""Quantities as people write them: `"500ms"`, `"400/s"`, `"64KiB"`, `"99.9%"`.

Time is integer nanoseconds in memory and seconds at the edges (JSON, reports).
"""

from __future__ import annotations

import re

from chaoskit.core.errors import UsageError

NS = 1_000_000_000

_TIME = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": NS,
    "m": 60 * NS,
    "min": 60 * NS,
    "h": 3600 * NS,
}
_SIZE = {
    "": 1,
    "b": 1,
    "k": 1000,
    "kb": 1000,
    "kib": 1024,
    "m": 10**6,
    "mb": 10**6,
    "mib": 2**20,
    "g": 10**9,
    "gb": 10**9,
    "gib": 2**30,
}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([a-zµ]*)")
_RATE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([km]?)\s*/\s*([a-zµ]+)")

_BIT_RATE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([kmg]?)bit(?:/s)?")
_DECIMAL = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}

Duration = str | int | float
"""A duration as an experiment writes it: a string with units, or a number of seconds."""

Rate = str | int | float
"""A rate as an experiment writes it: a string such as `"400/s"`, or a number per second."""


def duration(text: Duration) -> int:
    """Nanoseconds of `"1m30s"`, `"500ms"`, or of a plain number of seconds.

    Raises:
        UsageError: the text is no duration, or is negative.
    """
    if isinstance(text, int | float):
        if not 0 <= text < float("inf"):
            raise UsageError(f"a duration cannot be {text} s", remedy='Write one such as "500ms", "2s" or "1m30s".')
        return round(text * NS)
    parts = _PART.findall(text.strip().lower())
    whole = _PART.sub("", text.strip().lower()).strip()
    if not parts or whole or any(unit not in _TIME for _, unit in parts):
        raise UsageError(f"{text!r} is no duration", remedy='Write one such as "500ms", "2s" or "1m30s".')
    return round(sum(float(number) * _TIME[unit] for number, unit in parts))


def rate(text: Rate) -> float:
    """Events a second of `"400/s"`, `"12k/min"`, or of a plain number.

    Raises:
        UsageError: the text is no rate, or is negative.
    """
    if isinstance(text, int | float):
        if not 0 <= text < float("inf"):
            raise UsageError(f"a rate cannot be {text}/s", remedy='Write one such as "400/s" or "30/min".')
        return float(text)
    match = _RATE.fullmatch(text.strip().lower())
    if not match or match[3] not in _TIME:
        raise UsageError(f"{text!r} is no rate", remedy='Write one such as "400/s" or "30/min".')
    return float(match[1]) * {"": 1, "k": 1e3, "m": 1e6}[match[2]] * NS / _TIME[match[3]]


def size(text: str | int) -> int:
    """Bytes of `"64KiB"`, `"1.5MB"` or a plain number; Docker's bare `k`, `m`, `g` are decimal here.

    Raises:
        UsageError: the text is no size.
    """
    if isinstance(text, int):
        return text
    match = _PART.fullmatch(text.strip().lower())
    if not match or match[2] not in _SIZE:
        raise UsageError(f"{text!r} is no size", remedy='Write one such as "64KiB" or "10MB".')
    return round(float(match[1]) * _SIZE[match[2]])


def bit_rate(text: str | int) -> int:
    """Bits a second of `"10Mbit/s"`, `"512 kbit"`, or of a plain number; prefixes are decimal.

    Raises:
        UsageError: the text is no bit rate, or below 8 bit/s.
    """
    match = _BIT_RATE.fullmatch(str(text).strip().lower() + ("bit" if isinstance(text, int) else ""))
    value = round(float(match[1]) * _DECIMAL[match[2]]) if match else 0
    if value < 8:
        raise UsageError(f"{text!r} is no bit rate", remedy='Write one such as "10Mbit/s" or "512kbit/s".')
    return value


def show_bit_rate(bits: int) -> str:
    """A bit rate as a person would write it: `10 Mbit/s`."""
    for unit, factor in (("Gbit/s", 10**9), ("Mbit/s", 10**6), ("kbit/s", 10**3)):
        if bits >= factor:
            return f"{bits / factor:.4g} {unit}"
    return f"{bits} bit/s"


def fraction(text: str | float) -> float:
    """A share in 0..1 of `"99.9%"` or `0.999`.

    Raises:
        UsageError: the value is no number, or lies outside 0..1.
    """
    try:
        value = float(text[:-1]) / 100 if isinstance(text, str) and text.endswith("%") else float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise UsageError(f"{text!r} is no share", remedy='Write a number from 0 to 1, or a percentage such as "99.9%".')
    return value


def show_duration(ns: int) -> str:
    """A duration as a person would write it: `7 s`, `1.25 s`, `50 ms`, `2 min`."""
    if ns < 0:
        return "-" + show_duration(-ns)
    if ns >= 120 * NS:
        return f"{ns / (60 * NS):.4g} min"
    for unit, factor in (("s", NS), ("ms", 1_000_000), ("µs", 1_000)):
        if ns >= factor:
            return f"{ns / factor:.4g} {unit}"
    return f"{ns} ns" if ns else "0 s"


def show_share(value: float) -> str:
    """A share as a percentage with as many digits as it needs: `99.95 %`, `0.002 %`."""
    percent = value * 100
    if percent in (0, 100):
        return f"{percent:.0f} %"
    return f"{percent:.3f} %" if percent > 99 or percent < 1 else f"{percent:.1f} %"
