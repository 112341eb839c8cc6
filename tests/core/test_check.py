from collections.abc import Mapping
from typing import Any

import pytest

from chaoskit.core.check import Samples, check, compare
from chaoskit.core.errors import DefinitionError, Undefined, UsageError
from chaoskit.core.forecast import Forecast
from chaoskit.core.history import History
from chaoskit.core.load import Load, Outcome
from chaoskit.core.selector import Selector, role
from chaoskit.core.verdict import FAIL, PASS, UNKNOWN, Verdict, failed, passed
from chaoskit.core.window import Window
from chaoskit.testing import make_history
from tests.checks.world import failover, forecast, shoppers


@check
def few(history: History, load: Load, *, at_most: int = 10, clients: Selector | None = None) -> Verdict:
    """Few requests."""
    del clients
    n = len(history.of(load))
    return passed(f"{n}") if n <= at_most else failed(f"{n}")


@few.accepts
def _(given: Mapping[str, Any]) -> None:
    if given["at_most"] < 0:
        raise UsageError(f"at_most={given['at_most']} is below none", remedy="Write 0.")


@few.samples
def _(forecast: Forecast, load: Load, *, at_most: int = 10, clients: Selector | None = None) -> Samples | None:
    return Samples(forecast.arrivals(load, clients=clients), 5) if at_most else None


@check
def raising(history: History, error: Exception) -> Verdict:
    """Raise."""
    raise error


def test_calling_a_check_binds_and_judges_nothing() -> None:
    """It is a value with its arguments, defaults included, that knows where it was written."""
    bound = few(shoppers, clients=role("client"))
    assert bound.kind == "few"
    assert dict(bound.arguments)["at_most"] == 10
    assert bound.where.file == __file__
    assert few(shoppers) != few(shoppers)


def test_judging_applies_it_to_a_history() -> None:
    """The function's verdict is the check's."""
    record = make_history(names={"shoppers": shoppers})
    assert few(shoppers).judge(record).outcome is PASS
    assert few(shoppers, at_most=0).named("none").judge(record).outcome is PASS


@pytest.mark.parametrize(
    ("error", "reason", "remedy"),
    [
        (Undefined("no such moment"), "no such moment", ""),
        (UsageError("matches no host", remedy="There are: a."), "matches no host", "There are: a."),
        (ZeroDivisionError("division"), "the check itself failed: ZeroDivisionError: division", "test_check.py"),
        (KeyError("x"), "the check itself failed: KeyError: 'x'", "test_check.py"),
    ],
)
def test_a_check_that_raises_is_unknown_and_says_why(error: Exception, reason: str, remedy: str) -> None:
    """A crashed check takes no other's verdict with it, and is never a pass or a fail."""
    verdict = raising(error).judge(make_history())
    assert (verdict.outcome, verdict.reason) == (UNKNOWN, reason)
    assert remedy in verdict.remedy


def test_ctrl_c_is_no_verdict() -> None:
    """Someone who interrupts a check is obeyed."""

    @check
    def interrupted(history: History) -> Verdict:
        """Be interrupted."""
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted().judge(make_history())


def test_senseless_arguments_are_refused_where_they_are_written() -> None:
    """With file, line and remedy; arguments that do not exist are Python's own error."""
    with pytest.raises(DefinitionError, match=r"test_check\.py:\d+: at_most=-1 is below none") as caught:
        few(shoppers, at_most=-1)
    assert caught.value.remedy == "Write 0."
    with pytest.raises(TypeError, match="at_lest"):
        few(shoppers, at_lest=3)  # type: ignore[call-arg]


def test_a_check_says_how_many_samples_it_expects_where_it_can() -> None:
    """None where the plan cannot tell, or the check is no statistic."""
    assert few(shoppers).forecast(forecast()) == Samples(3_000, 5)
    assert few(shoppers, at_most=0).forecast(forecast()) is None
    assert raising(KeyError("x")).forecast(forecast()) is None


def test_a_check_reads_as_it_was_written() -> None:
    """Objects by their names, several outcomes as a list, what was not given not at all."""

    @check
    def shown(history: History, what: object, *, during: Window | None = None) -> Verdict:
        """Pass."""
        del history, what, during
        return passed("")

    assert str(few(shoppers.named("shoppers"), at_most=3)) == "few(load=shoppers, at_most=3)"
    assert str(few(shoppers, clients=role("client"))) == "few(load=load, at_most=10, clients=role('client'))"
    assert str(shown((Outcome.RESET, Outcome.REFUSED), during=failover)) == "shown(what=reset, refused, during=window)"


def test_a_name_of_its_own_changes_nothing_else() -> None:
    """`named` gives a new value."""
    first = few(shoppers)
    second = first.named("calm")
    assert (second.label, second.where, second.kind, first.label) == ("calm", first.where, "few", None)


def test_a_comparison_is_a_value_over_arms() -> None:
    """It gets the histories by arm, and refuses senseless arguments as checks do."""

    @compare
    def longer(histories: Mapping[str, History], arm: str, *, than: str = "guarded") -> Verdict:
        """Compare planned lengths."""
        longer_ = histories[arm].meta.duration > histories[than].meta.duration
        return passed("") if longer_ else failed("")

    @longer.accepts
    def _(given: Mapping[str, Any]) -> None:
        if given["arm"] == given["than"]:
            raise UsageError("an arm is not compared with itself")

    arms = {"guarded": make_history(), "twin": make_history(duration=40)}
    compared = longer("twin").named("lasts")
    assert (compared.decide(arms).outcome, compared.label, compared.kind) == (PASS, "lasts", "longer")
    assert longer("guarded", than="twin").decide(arms).outcome is FAIL
    with pytest.raises(DefinitionError, match=r"test_check\.py:\d+: an arm is not compared"):
        longer("guarded")
