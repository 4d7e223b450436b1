"""What a column may hold, judged by its type and its CHECK constraints. Pure."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SERVER_DEFAULT: Final = object()  # whatever the server fills in
_LITERAL = re.compile(r"'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w.'])\d+(?:\.\d+)?(?![\w'])")
_LENGTH = re.compile(r"length\([^()]*(?:\([^()]*\))?[^()]*\)\s*(>=|<=|=|>|<)\s*(\d+)")
_LONGEST = 10_000  # characters of a text that is made up
_LISTED = ("S", "E")  # categories of types whose values are listed: texts, enumerated types
_SEEDS = 89  # with three rows the greatest number is below 1000
_UUID = "00000000-0000-4000-8000-{:012x}"
# By the type's name; `{}` is a number of the row that other tables have not, `{row}` a small one.
_OF_TYPE: dict[str, tuple[str, ...]] = {
    "uuid": (_UUID,),
    "json": ("{{}}", "[]", '"x{}"', "{}"),
    "jsonb": ("{{}}", "[]", '"x{}"', "{}"),
    "bytea": ("\\x{:04x}",),
    "xml": ("<x/>",),
    "date": ("2020-01-{row:02d}", "2999-01-{row:02d}"),
    "time": ("10:00:{row:02d}",),
    "timetz": ("10:00:{row:02d}+00",),
    "macaddr": ("08:00:2b:01:02:{row:02x}",),
    "macaddr8": ("08:00:2b:01:02:03:04:{row:02x}",),
    "bit": ("1", "0"),
    "box": ("(({},0),(1,1))",),
    "circle": ("<(0,0),{}>",),
    "line": ("{{1,1,{}}}",),
    "lseg": ("((0,0),({},1))",),
    "path": ("((0,0),({},1))",),
    "polygon": ("((0,0),({},1),(1,0))",),
    "oid": ("{}",),
    "tsvector": ("x{}",),
    "tsquery": ("x{}",),
    "pg_lsn": ("0/{:X}",),
    "hstore": ("x=>{}",),
    "cidr": ("10.0.{row}.0/24",),
    "daterange": ("[2020-01-{row:02d},2020-02-01)",),
    "tsrange": ("[2020-01-{row:02d},2020-02-01)",),
    "tstzrange": ("[2020-01-{row:02d},2020-02-01)",),
    "datemultirange": ("{{[2020-01-{row:02d},2020-02-01)}}",),
}
# By the type's category (pg_type.typcategory).
_OF_CATEGORY: dict[str, tuple[str, ...]] = {
    "A": ("{{}}", "{{{}}}"),
    "B": ("false", "true"),
    "D": ("2020-01-{row:02d} 10:00:00+00", "2999-01-{row:02d} 10:00:00+00"),
    "G": ("({},0)",),
    "I": ("10.0.0.{row}",),
    "N": ("{}", "{row}", "1", "0", "10{}", "-1", "0.{}"),
    "R": ("[{},1000)", "{{[{},1000)}}"),
    "S": (
        "x{}",
        "x",
        "x{row}",
        "{}",
        "X{}",
        "xx-{}",
        "user{}@example.com",
        "https://example.com/{}",
        "{:05d}",
        "+1555000{:04d}",
        "XX",
        "en",
        "#{:06x}",
        "1.0.{}",
        "10.0.0.{row}",
        "{{}}",
        "X",
        "XXX",
        "en-US",
        "{:040x}",
        "{:032x}",
        "{:064x}",
        _UUID,
        "2020-01-01",
        "/x/{}",
        "",
    ),
    "T": ("{} days",),
    "V": ("1", "0"),
}
_ANY = ("x{}", "{}", "", "{{}}", "()", "(,)", "(,,)", "(,,,)")


class SampleColumn(NamedTuple):
    """A column that can be written.

    Attributes:
        name: quoted where it has to be.
        type: with its length and the like.
        base: the name of its type; of a domain, that of the type below.
        category: of that type, as in pg_type.
        labels: of an enum.
        required: whether it is NOT NULL.
        has_default: whether the server fills it in.
        checks: the CHECK constraints that it has a part in.
    """

    name: str
    type: str
    base: str
    category: str
    labels: list[str]
    required: bool
    has_default: bool
    checks: list[str]


def table_seed(table: str) -> int:
    """A number that sets the values of a table apart from those of others."""
    return zlib.crc32(table.encode()) % _SEEDS * 10


def candidate_values(
    column: SampleColumn, number: int, seed: int = 0, *, empty: bool = False
) -> list[object]:
    """What to try, the likeliest first; None is NULL.

    Args:
        column: what the values are for.
        number: of the row, from 1 on; values of others differ where they can.
        seed: from `table_seed`.
        empty: whether NULL is tried first, where it may be.
    """
    found: dict[object, None] = {}
    if empty and not column.required:
        found[None] = None
    bounds = _bounds_of_partitions(column)
    found.update(dict.fromkeys(_rotated(bounds, number)))
    if column.has_default:
        if number > 1 and column.category in _LISTED:  # the first row has the default
            found.update(dict.fromkeys(_rotated(_listed_values(column), number - 1)))
        found[SERVER_DEFAULT] = None
    found.update(dict.fromkeys(_rotated(column.labels, number)))
    found.update(dict.fromkeys(_texts_of_form(column, number + seed)))
    found.update(dict.fromkeys(_rotated([*_values_in_checks(column)], number)))
    patterns = _OF_TYPE.get(column.base) or _OF_CATEGORY.get(column.category, _ANY)
    found.update(dict.fromkeys(pattern.format(number + seed, row=number) for pattern in patterns))
    if not column.required:
        found[None] = None
    return [*found]


def with_model(
    values: list[object], model: Sequence[object], *, empty: bool = False
) -> list[object]:
    """Candidates with those of another row before them; NULL stays first where it is wanted.

    Args:
        values: from `candidate_values`.
        model: of the other row.
        empty: whether NULL is tried first.
    """
    first = values[:1] if empty and values[:1] == [None] else []
    return [*first, *model, *values[len(first) :]]


def prefers_values_of_rows(column: SampleColumn) -> bool:
    """Whether a value of another row is likely better than a guess."""
    listed = column.category in _LISTED and _listed_values(column)
    return bool(column.checks and not listed) or column.category == "U"


def _bounds_of_partitions(column: SampleColumn) -> list[str]:
    """The values that partitions begin with, or are for."""
    return [
        literal.replace("''", "'")
        for check in column.checks
        if not check.startswith("CHECK") and " IS NOT NULL" in check
        for literal in _LITERAL.findall(check)
    ]


def _listed_values(column: SampleColumn) -> list[str]:
    """The values that a type or a CHECK lists, where there are several."""
    lists = (check for check in column.checks if "ARRAY[" in check)
    found = column.labels or [each for check in lists for each in _LITERAL.findall(check)]
    return [each.replace("''", "'") for each in dict.fromkeys(found)]


def _texts_of_form(column: SampleColumn, number: int) -> Iterator[str]:
    """What the constraints ask of a text: JSON, or a length."""
    for check in column.checks if column.category == "S" else ():
        if "json" in check:
            yield from (f'{{"x": {number}}}', f"[{number}]")
        for sign, length in _LENGTH.findall(check):
            wanted = int(length) + (sign == ">") - (sign == "<")
            if 0 < wanted <= _LONGEST:
                yield f"{number:x}".rjust(wanted, "0")[-wanted:]


def _values_in_checks(column: SampleColumn) -> Iterator[str]:
    """What the constraints name themselves: `status IN ('new', 'done')`, `BETWEEN 1 AND 5`."""
    for check in column.checks:
        for literal in _LITERAL.findall(check):
            yield literal.replace("''", "'")
        if column.category == "N":
            for number in _NUMBER.findall(_LITERAL.sub("", check)):
                yield from (number, str(float(number) + 1).removesuffix(".0"))


def _rotated(items: list[str], number: int) -> list[str]:
    turn = number % len(items) if items else 0
    return [*items[turn:], *items[:turn]]
