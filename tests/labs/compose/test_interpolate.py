"""Variables in values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoskit.labs.compose.interpolate import BadTemplate, substitute

VARIABLES = {"SET": "value", "EMPTY": "", "OTHER": "x"}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("plain", "plain"),
        ("$SET", "value"),
        ("${SET}", "value"),
        ("a${SET}b$OTHER-c", "avaluebx-c"),
        ("$UNSET|", "|"),
        ("${UNSET:-default}", "default"),
        ("${EMPTY:-default}", "default"),
        ("${EMPTY-default}", ""),
        ("${UNSET-default}", "default"),
        ("${SET:-default}", "value"),
        ("${SET:+there}", "there"),
        ("${EMPTY:+there}", ""),
        ("${EMPTY+there}", "there"),
        ("${UNSET+there}", ""),
        ("${SET:?must be set}", "value"),
        ("${EMPTY?must be set}", ""),
        ("${UNSET:-${EMPTY:-${OTHER}}}", "x"),
        ("${UNSET:-a${SET}b}", "avalueb"),
        ("${UNSET:-http://h:80/?q=1-2}", "http://h:80/?q=1-2"),
        ("${UNSET:-{}}", "{}"),
        ("${UNSET-:-}", ":-"),
        ("$$SET costs $$5", "$SET costs $5"),
        ("$${SET}", "${SET}"),
        ("$$$SET", "$value"),
        ("5 $", "5 $"),
        ("$1 $.", "$1 $."),
    ],
)
def test_a_template_becomes_its_value(template: str, expected: str) -> None:
    """Each operator does what the Compose specification says of set, empty and unset variables."""
    assert substitute(template, VARIABLES.get) == expected


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("${UNSET:?no tag}", "UNSET must be set: no tag"),
        ("${EMPTY:?}", "EMPTY must be set"),
        ("${UNSET?see $OTHER}", "UNSET must be set: see x"),
        ("${SET", "not closed"),
        ("${}", "names no variable"),
        ("${1SET}", "names no variable"),
        ("${SET/a/b}", "is no variable"),
    ],
)
def test_a_bad_template_says_what_is_wrong(template: str, words: str) -> None:
    """What cannot be read, or must be set and is not, is an error and never an empty string."""
    with pytest.raises(BadTemplate, match=words.replace("$", r"\$")):
        substitute(template, VARIABLES.get)


def test_unset_variables_are_told_once_each_use() -> None:
    """A variable that becomes empty for want of a value is reported, one with a default is not."""
    missing: list[str] = []
    assert substitute("$A${B}${C:-c}$A", {}.get, missing.append) == "c"
    assert missing == ["A", "B", "A"]


@given(st.text())
def test_escaped_dollars_come_out_as_they_went_in(text: str) -> None:
    """Doubling every dollar sign protects any text whatever."""
    assert substitute(text.replace("$", "$$"), {}.get) == text


@given(st.text(), st.text(st.characters(exclude_characters="${}")))
def test_a_value_is_not_interpolated_again(value: str, default: str) -> None:
    """What a variable holds is taken as it stands; a default is used exactly when the variable is empty."""
    assert substitute("<${X}>", {"X": value}.get) == f"<{value}>"
    assert substitute(f"${{X:-{default}}}", {"X": value}.get) == (value or default)


def test_interpolation_reaches_values_but_not_keys(load) -> None:  # type: ignore[no-untyped-def]
    """Values in lists and mappings are interpolated; a key with a dollar sign stays as written."""
    text = """
    services:
      web:
        image: nginx:${TAG:-latest}
        command: ["echo", "$TAG", "$$HOME"]
        labels: {"a.$TAG": "${TAG}"}
    """
    host = load(text, environment={"TAG": "1.25"})
    assert host.hosts[0].image == "nginx:1.25"
    assert host.hosts[0].command == ("echo", "1.25", "$HOME")
    assert host.topology.hosts[0].labels == {"a.$TAG": "1.25"}


def test_a_required_variable_names_file_line_service_and_key(error) -> None:  # type: ignore[no-untyped-def]
    """The error of `${VAR:?text}` points at the value and says how to set it."""
    message = error("services:\n  web:\n    image: ${TAG:?which one}\n")
    assert "compose.yaml:3: service web: image: the variable TAG must be set: which one" in message
    assert "TAG=..." in message


def test_an_unset_variable_is_noted(load) -> None:  # type: ignore[no-untyped-def]
    """A variable that silently became empty is listed with the place of its first use."""
    [note] = load("services:\n  web:\n    image: nginx$UNSET\n").notes
    assert (note.key, note.where.rsplit(":", 1)[1]) == ("UNSET", "3")
