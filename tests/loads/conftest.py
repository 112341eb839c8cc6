"""What tests of loads share."""

from __future__ import annotations

import pytest

from chaoskit.loads.transport import VARIABLE, refusal


@pytest.fixture(params=["epoll", "io_uring"])
def each_transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The test holds for both ways to the kernel, in this process and in generators it starts."""
    name: str = request.param
    if name == "io_uring" and refusal():
        pytest.skip(f"the kernel refuses io_uring: {refusal()}")
    monkeypatch.setenv(VARIABLE, name)
    return name
