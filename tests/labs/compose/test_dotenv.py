"""Files of variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaoskit.core.errors import LabError
from chaoskit.labs.compose.dotenv import read_env_file


def read(folder: Path, text: str, *, raw: bool = False) -> dict[str, str]:
    """The variables of a text, for a caller that has HOME and A."""
    file = folder / "vars.env"
    file.write_text(text)
    return read_env_file(file, {"HOME": "/home/me", "A": "outer"}.get, raw=raw)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("X=1", "1"),
        ("X = spaced ", "spaced"),
        ("export X=1", "1"),
        ("X: yaml style", "yaml style"),
        ("X=", ""),
        ("X=a#b", "a#b"),
        ("X=a # comment", "a"),
        ("X='a # b'", "a # b"),
        ('X="a # b" # comment', "a # b"),
        ("X='$HOME'", "$HOME"),
        ('X="$HOME/x"', "/home/me/x"),
        ("X=${HOME}/x", "/home/me/x"),
        ("X=${NOPE:-d}", "d"),
        (r'X="a\nb\t\"c\" \$HOME"', 'a\nb\t"c" $HOME'),
        ("X='two\nlines'", "two\nlines"),
        ("X=a=b=c", "a=b=c"),
        ("X=1\r", "1"),
        ("X=http://h:80/#top", "http://h:80/#top"),
    ],
)
def test_a_line_becomes_a_variable(tmp_path: Path, line: str, value: str) -> None:
    """Quotes, comments, escapes and variables are read as Compose reads them."""
    assert read(tmp_path, f"# first\n\n{line}\nY=2\n") == {"X": value, "Y": "2"}


def test_a_line_may_refer_to_earlier_ones(tmp_path: Path) -> None:
    """The caller's variables win over earlier lines of the file."""
    assert read(tmp_path, "A=inner\nB=b\nC=$A-$B\n") == {"A": "inner", "B": "b", "C": "outer-b"}


def test_a_name_alone_takes_the_callers_value(tmp_path: Path) -> None:
    """`NAME` without `=` is inherited, and left out where the caller has none."""
    assert read(tmp_path, "A\nNOPE\nB=1\n") == {"A": "outer", "B": "1"}


def test_raw_values_stay_as_they_are(tmp_path: Path) -> None:
    """`format: raw` knows neither quotes nor comments nor variables."""
    assert read(tmp_path, "# c\nX='a' # $HOME\nA\nNOPE\n", raw=True) == {"X": "'a' # $HOME", "A": "outer"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A=1\nno name=2\n", "vars.env:2: 'no name' is no variable's name"),
        ("A=1\nB='open\n", "vars.env:2: the quote is not closed"),
        ("A='x' y\n", "vars.env:1: 'y' follows the closing quote"),
        ("A=1\n\nB=${C:?gone}\n", "vars.env:3: the variable C must be set: gone"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, text: str, words: str) -> None:
    """The error gives the file and the line of what cannot be read."""
    with pytest.raises(LabError) as caught:
        read(tmp_path, text)
    assert words in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A file that is not there is an error that names it."""
    with pytest.raises(LabError, match=r"nope\.env cannot be read: No such file"):
        read_env_file(tmp_path / "nope.env", {}.get)
