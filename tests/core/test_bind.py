from __future__ import annotations

from chaoskit.core.bind import without_first


def test_what_the_engine_fills_in_is_no_parameter_of_the_author_s() -> None:
    """Names, kinds and defaults of the others stay; the function's own signature does, too."""

    def judge(history: object, load: str, *, at_least: float = 0.5) -> bool:
        raise NotImplementedError

    assert str(without_first(judge)) == "(load: 'str', *, at_least: 'float' = 0.5) -> 'bool'"
    assert without_first(judge).bind("shoppers").arguments == {"load": "shoppers"}
