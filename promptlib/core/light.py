"""What of `typing` a program needs while it runs, without it: to import that takes milliseconds.

A NamedTuple here is what the standard library's is, for a tenth of the time: a command defines
dozens of them, and makes instances of few. Type checkers see the standard library's own.
"""

from __future__ import annotations

from collections import namedtuple
from operator import itemgetter

__all__ = ["TYPE_CHECKING", "NamedTuple"]
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, NamedTuple, Self
else:

    class _RecordType(type):
        """Makes a class of a tuple's fields: its annotations, and what those are set to."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Self:
            if bases == (tuple,) or NamedTuple not in bases:  # that itself, or what derives further
                return super().__new__(cls, name, bases, body)
            fields = tuple(body.get("__annotations__", ()))
            defaults = {field: body[field] for field in fields if field in body}
            getters = {field: property(itemgetter(at)) for at, field in enumerate(fields)}
            facts = {"_fields": fields, "_field_defaults": defaults, "__match_args__": fields}
            return super().__new__(cls, name, bases, {**body, **facts, **getters, "__slots__": ()})

    class NamedTuple(tuple, metaclass=_RecordType):
        """A tuple with named fields."""

        __slots__ = ()

        def __new__(cls, *given: object, **named: object) -> Self:
            """Make the first instance, and what will make the others."""
            record = next(each for each in cls.__mro__ if NamedTuple in each.__bases__)
            defaults = record._field_defaults.values()
            like = namedtuple(record.__name__, record._fields, defaults=defaults)  # noqa: PYI024
            record.__new__ = like.__new__
            return record.__new__(cls, *given, **named)

        @classmethod
        def _make(cls, values: Iterable[Any]) -> Self:
            made = tuple.__new__(cls, values)
            if len(made) != len(cls._fields):
                raise TypeError(f"expected {len(cls._fields)} values, got {len(made)}")
            return made

        def _replace(self, /, **changes: object) -> Self:
            made = self._make(map(changes.pop, self._fields, self))
            if changes:
                raise ValueError(f"there are no fields {[*changes]}")
            return made

        __replace__ = _replace  # for copy.replace()

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self) -> str:
            fields = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
            return f"{type(self).__name__}({fields})"

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)
