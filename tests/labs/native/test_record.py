"""Records: frozen dataclasses in all that matters, made of less."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chaoskit.labs.native import bootstrap
from chaoskit.labs.native.record import Record

_HEAVY = {"dataclasses", "inspect", "pathlib", "pickle", "re", "shutil", "typing"}


class Point(Record):
    """Two numbers."""

    x: int
    y: int = 7


def test_fields_are_given_by_position_name_or_default() -> None:
    """All three ways make equal records, which have equal hashes and say their fields."""
    assert Point(1, 7) == Point(x=1, y=7) == Point(1)
    assert len({Point(1), Point(1, y=7), Point(2)}) == 2
    assert repr(Point(1)) == "Point(x=1, y=7)"
    assert Point(1) != (1, 7)


@pytest.mark.parametrize(("values", "named"), [((), {}), ((1, 2, 3), {}), ((1,), {"z": 2}), ((1,), {"x": 2})])
def test_wrong_fields_are_refused(values: tuple[int, ...], named: dict[str, int]) -> None:
    """Too few, too many, unknown ones and one given twice are TypeErrors that name the record."""
    with pytest.raises(TypeError, match="Point"):
        Point(*values, **named)


def test_a_record_cannot_be_changed() -> None:
    """Assigning to a field raises and changes nothing."""
    point = Point(1)
    with pytest.raises(AttributeError, match=r"Point\.x"):
        point.x = 2  # type: ignore[misc]
    assert point.x == 1


def test_records_match_by_position() -> None:
    """`case Point(x, y)` binds the fields in their order."""
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)


def test_the_island_imports_nothing_heavy() -> None:
    """Its modules, imported as its bootstrap does it, bring in none of what would double its start."""
    package = Path(bootstrap.__file__).parents[2]
    code = (
        f"import sys; sys.argv = ['x']; sys.path.insert(0, {str(Path(bootstrap.__file__).parent)!r})\n"
        "import bootstrap as b\n"
        "for name in ('', '.labs', '.labs.native'): b._bare_package('chaoskit' + name, "
        f"{str(package)!r} + name.replace('.', '/'))\n"
        "import chaoskit.labs.native.island\n"
        "print(*sys.modules)\n"
    )
    argv = [sys.executable, "-I", "-S", "-c", code]
    imported = set(subprocess.run(argv, capture_output=True, text=True, check=True, timeout=20).stdout.split())
    assert "chaoskit.labs.native.hosts" in imported
    assert imported & _HEAVY == set()
