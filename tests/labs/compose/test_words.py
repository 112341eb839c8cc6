"""Commands on one line, split into words."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.labs.compose.words import split


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" one\ttwo\nthree ", ["one", "two", "three"]),
        ("'a b' \"c d\"e", ["a b", "c de"]),
        ("''", [""]),
        (r"a\ b \'", ["a b", "'"]),
        (r'"a\"b\d"', ['a"bd']),
        (r"'a\b'", [r"a\b"]),
        ("a # b", ["a", "#", "b"]),
        ("run $(date +%s) `id -u`", ["run", "$(date +%s)", "`id -u`"]),
        ("a | b", ["a"]),
        ("a;b", ["a"]),
        ("run 2>/dev/null", ["run"]),
        ("'a | b'", ["a | b"]),
        ("*.txt ~ $HOME", ["*.txt", "~", "$HOME"]),
    ],
)
def test_words_are_those_of_compose(text: str, words: list[str]) -> None:
    """Quotes and escapes are resolved, nothing is expanded, an operator ends the command."""
    assert split(text) == words


@pytest.mark.parametrize("text", ["'a", '"a', "a\\", "$(a", "`a", "(a)", "a)", "$(a (b))"])
def test_what_is_open_is_an_error(text: str) -> None:
    """A quote, an escape or a substitution that does not end, and parentheses that are none."""
    with pytest.raises(ValueError, match=r"clos|stands|substitution"):
        split(text)


@given(st.lists(st.text()))
def test_quoted_words_come_back(words: list[str]) -> None:
    """What a shell's quoting protects stays whole."""
    assert split(shlex.join(words)) == words
