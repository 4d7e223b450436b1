"""Our NamedTuple against the standard library's."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import typing
from functools import cached_property
from typing import Any

import pytest

from promptlib.core import light


class Ours(light.NamedTuple):
    """Words."""

    first: int
    second: str = "two"
    third: tuple[int, ...] = ()

    @property
    def both(self) -> str:
        """More than a field."""
        return f"{self.first} {self.second}"


class Theirs(typing.NamedTuple):
    """Words."""

    first: int
    second: str = "two"
    third: tuple[int, ...] = ()

    @property
    def both(self) -> str:
        """More than a field."""
        return f"{self.first} {self.second}"


class Derived(Ours):
    """Has a dictionary beside its fields."""

    @cached_property
    def slowly(self) -> str:
        """What is found out once."""
        return self.both * 2


class Nothing(light.NamedTuple):
    """Has no fields."""


@pytest.mark.parametrize("given", [((1,), {}), ((1, "b"), {}), ((), {"third": (3,), "first": 1})])
def test_an_instance_is_as_the_standard_library_s(given: tuple[Any, Any]) -> None:
    values, named = given
    ours: Any = Ours(*values, **named)
    theirs: Any = Theirs(*values, **named)
    assert ours == theirs
    assert hash(ours) == hash(theirs)
    assert repr(ours).replace("Ours", "Theirs") == repr(theirs)
    assert (ours.first, ours.second, ours.third, ours.both) == (*theirs, theirs.both)
    assert ours._asdict() == theirs._asdict()
    assert ours._replace(second="x") == theirs._replace(second="x")
    assert Ours._make(theirs) == theirs


@pytest.mark.parametrize("name", ["_fields", "_field_defaults", "__match_args__", "__doc__"])
def test_a_class_tells_what_the_standard_library_s_tells(name: str) -> None:
    assert getattr(Ours, name) == getattr(Theirs, name)


def test_types_can_be_asked_for() -> None:
    assert typing.get_type_hints(Ours) == typing.get_type_hints(Theirs)


@pytest.mark.parametrize("class_", [Ours, Derived])
def test_copies_are_of_the_same_class(class_: type[Ours]) -> None:
    made = class_(1, "b")
    for each in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert each == made
        assert type(each) is class_
    assert type(made._replace(first=2)) is class_


def test_what_derives_keeps_what_it_finds_out() -> None:
    made = Derived(1)
    assert made.slowly is made.slowly
    assert not hasattr(Ours(1), "__dict__")


def test_fields_do_not_change() -> None:
    with pytest.raises(AttributeError):
        Ours(1).first = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    ("values", "named"), [((), {}), ((1, 2, 3, 4), {}), ((1,), {"first": 2}), ((1,), {"no": 2})]
)
def test_what_fits_no_field_is_refused(values: Any, named: Any) -> None:
    with pytest.raises(TypeError):
        Ours(*values, **named)
    with pytest.raises(TypeError):
        Theirs(*values, **named)


def test_what_is_replaced_must_be_there() -> None:
    with pytest.raises(ValueError, match="no"):
        Ours(1)._replace(no=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Ours._make([1])


def test_no_field_is_enough() -> None:
    assert Nothing() == ()


def test_it_does_without_typing() -> None:
    code = "import promptlib.core.light, sys; sys.exit('typing' in sys.modules)"
    subprocess.run([sys.executable, "-S", "-c", code], check=True, cwd=".")
