"""Words for somebody's locustfile; what becomes of them is in tests/loads/protocols/test_locustfile.py."""

from __future__ import annotations

import random
from pathlib import Path

from chaoskit.core.locustfile import LocustfileRequest, TaskArrivals, locustfile_load
from chaoskit.core.selector import role


def test_a_plan_reckons_with_what_is_expected(tmp_path: Path) -> None:
    """No arrival has a moment; the rate is that of the users, and a client host has a share of them."""
    file = tmp_path / "theirs.py"
    file.write_text("")
    made = locustfile_load(file, user="WebsiteUser", users=5, clients=role("client"), expected="2/s")
    assert list(made.arrivals.times(10, random.Random(1))) == []
    assert made.arrivals.rate_at(3) == 10
    assert made.arrivals.part(2) == TaskArrivals(3, 2.0)
    assert made.arrivals.title == "closed loop, 5 Locust users"
    assert isinstance(made.request, LocustfileRequest)
    assert (made.request.title, made.request.file) == ("WebsiteUser of theirs.py", str(file))
