from __future__ import annotations

import pytest

from chaoskit.core.bind import bound, without_first


def test_what_the_engine_fills_in_is_no_parameter_of_the_author_s() -> None:
    """Names, kinds and defaults of the others stay; the function's own signature does, too."""

    def judge(history: object, load: str, *, at_least: float = 0.5) -> bool:
        raise NotImplementedError

    assert str(without_first(judge)) == "(load: 'str', *, at_least: 'float' = 0.5) -> 'bool'"
    assert without_first(judge).bind("shoppers").arguments == {"load": "shoppers"}


def test_arguments_that_do_not_fit_are_told_with_the_function_they_were_for() -> None:
    """Python's own words name the parameter alone; defaults are among what fits."""

    def stop(plan: object, hosts: str, *, soon: bool = True) -> None:
        raise NotImplementedError

    signature = without_first(stop)
    assert bound("stop", signature, ("web",), {}) == {"hosts": "web", "soon": True}
    with pytest.raises(TypeError, match=r"stop\(\): got an unexpected keyword argument 'graceful'"):
        bound("stop", signature, ("web",), {"graceful": False})
