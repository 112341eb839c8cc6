"""Plain YAML scalars as Compose reads them: YAML 1.2, but `0440` is octal and `1_000` a number."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from chaoskit.labs.compose.nodes import Value

_CONSTANTS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?(0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9][0-9_]*\.[0-9_]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?")
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?Z?)?")
_SPECIAL = re.compile(r"([-+]?)\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def resolve(text: str) -> Value:
    """The value of an unquoted scalar."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        return float(text.replace("_", ""))
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", "").lower())
    moment = _MOMENT.fullmatch(text)
    return _moment(text, moment) if moment else text


def _integer(text: str) -> Value:
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-").replace("_", "")
    base = {"0b": 2, "0o": 8, "0x": 16}.get(digits[:2])
    if base:
        return sign * int(digits[2:], base) if digits[2:] else text
    if len(digits) > 1 and digits.startswith("0"):
        return sign * int(digits, 8) if re.fullmatch("[0-7]+", digits) else sign * float(digits)
    return sign * int(digits)


def _moment(text: str, match: re.Match[str]) -> Value:
    """A date, with or without a time of UTC, as Go writes a `time.Time`: that is what containers get of it."""
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        read = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return text
    fraction = (match[7] or "").rstrip("0").rstrip(".")
    return f"{read:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"
