from chaoskit.core.errors import ChaoskitError, DefinitionError, LabError, MissingTool, StepError, Undefined, UsageError


def test_an_error_says_what_happened_and_what_to_do() -> None:
    """The remedy stands on a line of its own, when there is one."""
    assert str(UsageError("no such lab", remedy="Try gslb.")) == "no such lab\n  Try gslb."
    assert str(LabError("broken")) == "broken"


def test_every_error_of_a_user_is_caught_as_one_kind() -> None:
    """The command line prints all of them without a traceback."""
    for kind in (UsageError, DefinitionError, LabError, MissingTool, StepError, Undefined):
        assert issubclass(kind, ChaoskitError)
    assert issubclass(MissingTool, LabError)
