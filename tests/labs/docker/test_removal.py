"""What is said when an engine keeps what it is told to remove; the removal itself is of the driver's conformance."""

from __future__ import annotations

from typing import Any

import pytest
from docker.errors import APIError

from chaoskit.core.errors import LabError
from chaoskit.labs.docker import removal


class Stuck:
    """An engine that has one network of a run, and a reason not to remove it."""

    def __init__(self, why: str) -> None:
        self.api = self
        self._why = why

    def containers(self, **_: Any) -> list[dict[str, Any]]:
        """None."""
        return []

    def networks(self, **_: Any) -> list[dict[str, Any]]:
        """The one."""
        return [{"Name": "net", "Id": "7"}]

    def volumes(self, **_: Any) -> dict[str, Any]:
        """None, as the engine says it."""
        return {"Volumes": None}

    def remove_network(self, _: str) -> None:
        """Refuse."""
        raise APIError("refused", explanation=self._why)


@pytest.mark.parametrize(("why", "remedy"), [("network net has active endpoints", "start it again"), ("no", "")])
def test_a_miscount_of_the_engine_is_told_with_what_helps(
    why: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only starting the engine again makes it count anew; any other refusal is told as it is."""
    monkeypatch.setattr(removal, "_WITHIN_S", 0.2)
    with pytest.raises(LabError, match=f"net: {why}") as refused:
        removal.remove(Stuck(why), "run-1")  # type: ignore[arg-type]
    assert remedy in refused.value.remedy
    assert bool(refused.value.remedy) == bool(remedy)
