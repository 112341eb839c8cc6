import pytest

from chaoskit.core.suggest import did_you_mean


@pytest.mark.parametrize(
    ("word", "hint"),
    [("crsh", "Did you mean 'crash'? "), ("partitoin", "Did you mean 'partition'? "), ("zzz", ""), ("", "")],
)
def test_a_mistyped_word_is_met_with_the_nearest_one(word: str, hint: str) -> None:
    """And with nothing where no word is near."""
    assert did_you_mean(word, ["crash", "partition", "pause"]) == hint
