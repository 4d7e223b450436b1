"""What becomes of values when their column gets another type. Pure."""

from __future__ import annotations

import enum
import math
import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptlib.autogenerate.operations import TableKey

_INTEGERS = ("smallint", "integer", "bigint")
_TEXTS = ("text", "character varying", "character")
_TIMES = ("timestamp", "time", "interval")
_TYPE = re.compile(r"(?P<name>[^(\[]*?)(?:\((?P<size>\d+)(?:,(?P<scale>-?\d+))?\))?(?P<rest>[^(]*)")
_EXACT = {
    ("real", "double precision"),
    ("jsonb", "json"),
    ("date", "timestamp without time zone"),
    ("date", "timestamp with time zone"),
    ("boolean", "integer"),
}


class ConversionEffect(enum.Enum):
    """Whether values stay what they are, some are refused, or some are changed for good."""

    KEPT = enum.auto()
    REFUSED = enum.auto()
    CHANGED = enum.auto()


class Conversion(NamedTuple):
    """A column's change of type, both as the server spells them.

    Attributes:
        old: the type that values have.
        new: the type that they get.
        cast: what USING says of a value `x`; empty, where it need not say anything.
    """

    old: str
    new: str
    cast: str = ""

    @property
    def effect(self) -> ConversionEffect:
        """What becomes of values."""
        if "::text::" in self.cast:  # what is no value of the new type is refused
            return ConversionEffect.REFUSED
        arrays = self.old.endswith("[]") and self.new.endswith("[]")
        before, after = (
            _parse_type(each.removesuffix("[]") if arrays else each)
            for each in (self.old, self.new)
        )
        if before == after or (after.name in _TEXTS[:2] and after.size == math.inf):
            return ConversionEffect.KEPT
        if before.name in _TEXTS or after.name in _TEXTS:
            fits = before.name in _TEXTS and after.name in _TEXTS and before.size <= after.size
            return ConversionEffect.KEPT if fits else ConversionEffect.REFUSED
        if before.name in _INTEGERS:
            return _integer_effect(before, after)
        if before.name == after.name == "numeric":
            return _numeric_effect(before, after)
        grows = before.name == after.name and before.size <= after.size
        kept = (grows and before.name.startswith(_TIMES)) or (before.name, after.name) in _EXACT
        return ConversionEffect.KEPT if kept else ConversionEffect.CHANGED


# By table and column.
Conversions: TypeAlias = "Mapping[tuple[TableKey, str], Conversion]"


class _Type(NamedTuple):
    name: str
    size: float  # digits or characters; infinite, where there is no limit
    scale: float  # digits behind the point


def _parse_type(type_: str) -> _Type:
    match = _TYPE.fullmatch(type_.partition(" COLLATE ")[0])
    if not match:
        return _Type(type_, math.inf, 0)
    name = match["name"] + match["rest"]
    if name == "numeric" and match["size"] is None:
        return _Type(name, math.inf, math.inf)
    return _Type(name, float(match["size"] or math.inf), float(match["scale"] or 0))


def _integer_effect(before: _Type, after: _Type) -> ConversionEffect:
    if after.name in _INTEGERS:
        grows = _INTEGERS.index(before.name) <= _INTEGERS.index(after.name)
        return ConversionEffect.KEPT if grows else ConversionEffect.REFUSED
    if after.name == "numeric":
        return ConversionEffect.KEPT if after.size == math.inf else ConversionEffect.REFUSED
    exact = after.name == "double precision" and before.name != "bigint"
    return ConversionEffect.KEPT if exact else ConversionEffect.CHANGED


def _numeric_effect(before: _Type, after: _Type) -> ConversionEffect:
    if after.scale < before.scale:
        return ConversionEffect.CHANGED
    grows = before.size - before.scale <= after.size - after.scale
    return ConversionEffect.KEPT if after.size == math.inf or grows else ConversionEffect.REFUSED
