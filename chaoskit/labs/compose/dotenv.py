"""Files of `NAME=value` lines: `.env` and `env_file`, read as Compose reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from chaoskit.core.errors import LabError
from chaoskit.core.where import Where
from chaoskit.labs.compose.interpolate import BadTemplate, Lookup, substitute
from chaoskit.labs.compose.mistake import mistake, shown

_KEY = re.compile(r"(?:export[ \t]+)?([A-Za-z0-9_.\-]+)[ \t]*(=|:(?=[ \t]|$)|(?=\r?\n|\Z))[ \t]*", re.MULTILINE)
_BLANK = re.compile(r"(?:\s+|#[^\n]*)*")
_COMMENT = re.compile(r" #.*")
"""Behind an unquoted value; Compose has trimmed it before, so that `A= #x` is the value `#x`."""
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def read_env_file(file: Path, lookup: Lookup, *, raw: bool = False) -> dict[str, str]:
    """The variables of a file; values may refer to variables of `lookup` and to earlier lines.

    With `raw`, values are taken as they stand: no quotes, comments or variables (`format: raw`).

    Raises:
        LabError: the file cannot be read, or a line of it makes no sense.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise LabError(f"{shown(file)} cannot be read: {reason}") from error
    return _raw(text, lookup) if raw else _Parser(text, shown(file), lookup).parse()


def _raw(text: str, lookup: Lookup) -> dict[str, str]:
    values: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.lstrip().partition("=")
        inherited = lookup(name)
        if name.startswith("#") or not name:
            continue
        if equals:
            values[name] = value
        elif inherited is not None:
            values[name] = inherited
    return values


@dataclass
class _Parser:
    """One pass over the text; `at` is where the next statement starts."""

    text: str
    name: str
    lookup: Lookup
    at: int = 0

    def parse(self) -> dict[str, str]:
        values: dict[str, str] = {}
        self.skip_blank()
        while self.at < len(self.text):
            self.statement(values)
            self.skip_blank()
        return values

    def skip_blank(self) -> None:
        blank = _BLANK.match(self.text, self.at)
        self.at = blank.end() if blank else self.at

    def statement(self, values: dict[str, str]) -> None:
        key = _KEY.match(self.text, self.at)
        if key is None:
            line = self.text[self.at :].partition("\n")[0]
            raise self.mistake(f"{line.split('=')[0].strip()!r} is no variable's name", "Write NAME=value.")
        start, self.at = self.at, key.end()
        if not key[2]:
            inherited = self.lookup(key[1])
            values.update({} if inherited is None else {key[1]: inherited})
            return
        try:
            values[key[1]] = self.value(lambda name: self.known(name, values))
        except BadTemplate as error:
            self.at = start
            raise self.mistake(str(error), error.remedy) from error

    def known(self, name: str, values: dict[str, str]) -> str | None:
        outer = self.lookup(name)
        return values.get(name) if outer is None else outer

    def value(self, lookup: Lookup) -> str:
        quote = self.text[self.at : self.at + 1]
        if quote == "'":
            return self.quoted(quote)
        if quote == '"':
            return substitute(_unescaped(self.quoted(quote)), lookup)
        line = self.text[self.at :].partition("\n")[0]
        self.at += len(line)
        return substitute(_COMMENT.sub("", line).rstrip(), lookup)

    def quoted(self, quote: str) -> str:
        end = re.compile(rf"(?:[^{quote}\\]|\\.)*", re.DOTALL).match(self.text, self.at + 1)
        stop = end.end() if end else self.at
        if self.text[stop : stop + 1] != quote:
            raise self.mistake("the quote is not closed")
        inside = self.text[self.at + 1 : stop]
        self.at = stop + 1
        rest = self.text[self.at :].partition("\n")[0]
        if rest.strip() and not rest.strip().startswith("#"):
            raise self.mistake(f"{rest.strip()!r} follows the closing quote")
        self.at += len(rest)
        return inside.replace("\\'", "'") if quote == "'" else inside

    def mistake(self, text: str, remedy: str = "") -> LabError:
        return mistake(Where(self.name, self.text.count("\n", 0, self.at) + 1), (), text, remedy)


def _unescaped(text: str) -> str:
    r"""Escapes of a double-quoted value; `\$` becomes `$$`, which substitution turns into a dollar sign."""

    def one(match: re.Match[str]) -> str:
        return "$$" if match[1] == "$" else _ESCAPES.get(match[1], match[0])

    return re.sub(r"\\(.)", one, text, flags=re.DOTALL)
