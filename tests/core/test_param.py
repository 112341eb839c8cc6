import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.param import param, params


def test_a_parameter_has_its_default() -> None:
    """Without an override the default is the value, and it is recorded."""
    with params({}) as scope:
        assert param("rate", "400/s") == "400/s"
        assert param("clients", 3) == 3
    assert scope.used == {"rate": "400/s", "clients": 3}


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        ("7", 3, 7),
        ("0.5", 1.0, 0.5),
        ("900/s", "400/s", "900/s"),
        ("", "400/s", ""),
        ("yes", False, True),
        ("0", True, False),
        ("TRUE", False, True),
    ],
)
def test_an_override_is_read_as_the_defaults_type(text: str, default: object, value: object) -> None:
    """Numbers, words and truth values."""
    with params({"x": text}) as scope:
        found = param("x", default)  # type: ignore[type-var]
    assert found == value
    assert type(found) is type(default)
    assert scope.used == {"x": value}


@pytest.mark.parametrize(("text", "default"), [("many", 3), ("1.5", 3), ("fast", 1.0), ("maybe", True)])
def test_an_override_of_another_type_is_an_error(text: str, default: object) -> None:
    """The message names the parameter and what it is."""
    with params({"clients": text}), pytest.raises(UsageError, match=f"parameter clients is .* not {text!r}"):
        param("clients", default)  # type: ignore[type-var]


def test_the_environment_comes_after_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--set` wins over CHAOSKIT_NAME, which wins over the default."""
    monkeypatch.setenv("CHAOSKIT_RATE", "10/s")
    with params({}):
        assert param("rate", "400/s") == "10/s"
    with params({"rate": "20/s"}):
        assert param("rate", "400/s") == "20/s"
    assert param("rate", "400/s") == "10/s"


def test_overrides_that_nobody_asked_for_are_known() -> None:
    """A mistyped --set can be told from one that is used."""
    with params({"rate": "1/s", "raet": "2/s"}) as scope:
        param("rate", "400/s")
    assert scope.unused() == ["raet"]


def test_scopes_nest_and_end() -> None:
    """An override holds inside its scope only."""
    with params({"n": "1"}):
        with params({"n": "2"}):
            assert param("n", 0) == 2
        assert param("n", 0) == 1
    assert param("n", 0) == 0
