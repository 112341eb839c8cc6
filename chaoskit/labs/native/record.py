"""Frozen records for what the island process imports: `dataclasses` would be a third of its start.

    class Start(Record):
        host: str

behaves as a frozen dataclass does: fields in the order of their annotations, by position or by name,
with class attributes as defaults; equal by value, matched by position. Type checkers see a dataclass.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers take it as True; `typing` has no other use in the island
if TYPE_CHECKING:
    from typing import ClassVar, dataclass_transform
else:

    def dataclass_transform(**_: object) -> object:
        """What type checkers read is nothing at run time."""
        return lambda decorated: decorated


@dataclass_transform(frozen_default=True)
class Record:
    """Base of records; a subclass only annotates its fields."""

    _fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls._fields = tuple(cls.__annotations__)
        cls.__match_args__ = cls._fields  # type: ignore[misc, attr-defined]  # as for a dataclass

    def __init__(self, *values: object, **named: object) -> None:
        fields = self._fields
        if len(values) > len(fields) or not named.keys() <= set(fields[len(values) :]):
            raise TypeError(f"{type(self).__name__}{fields} cannot be made of {values} and {named}")
        self.__dict__.update(zip(fields, values, strict=False), **named)
        missing = [field for field in fields if not hasattr(self, field)]
        if missing:
            raise TypeError(f"{type(self).__name__} lacks {', '.join(missing)}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be assigned to")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        fields = zip(self._fields, self._values(), strict=True)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in fields)})"

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self._fields)
