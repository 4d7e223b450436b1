"""What a database consists of, read by catalog.sql and compared. Rows are left to verify."""

from __future__ import annotations

import difflib
import re
from importlib import resources
from typing import TYPE_CHECKING

from psycopg2 import errors

from promptlib.postgres.search_path import TRUSTED_PATH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from psycopg2.extensions import connection as Connection

CatalogKey = tuple[str, str]
Catalog = dict[CatalogKey, str]
Objects = dict[int, Catalog]
TABLE, ROLE, ENUM = "table", "role", "enum"
# jit: compiling this query takes a hundred times longer than running it.
_QUIETLY = f"""
    SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
    {TRUSTED_PATH}
    SET LOCAL jit = off;
    SET LOCAL statement_timeout = 0;
"""
# Planning it takes some ten times longer than running it, so a connection does that once: for the
# whole, and for some objects, whatever their number.
_PLANNED_ONCE = "SET LOCAL plan_cache_mode = force_generic_plan;"
_WHOLE = ("promptlib_catalog", "", "")
_SOME = ("promptlib_objects", "(oid[])", "(%s)")
_ROUTINES = ("function", "procedure")
_IS_CHOSEN = re.compile(r"\S+ = ANY \(:only\)")
_INDEX = re.compile(r"CREATE UNIQUE INDEX (?P<name>.+) ON (?:ONLY )?(?P<table>.+) USING ")
_OF_A_TABLE = ("column", "constraint", "trigger", "rule", "policy")


def read_catalog(connection: Connection) -> Catalog:
    """Read the definition of every object, by kind and name, at one moment.

    Args:
        connection: in no transaction; nothing is written.

    Raises:
        psycopg2.Error: when the catalog may not be read.
    """
    return merged(read_objects(connection).values())


def read_objects(connection: Connection, only: Collection[int] | None = None) -> Objects:
    """Read definitions by the number of the object that they are part of, at one moment.

    Args:
        connection: in no transaction; nothing is written.
        only: the numbers of tables, indexes, routines, types, ... to read; None: all there is.

    Raises:
        psycopg2.Error: when the catalog may not be read.
    """
    autocommit, connection.autocommit = connection.autocommit, False
    name, declared, given = _WHOLE if only is None else _SOME
    execute = f"EXECUTE {name}{given}"
    values = None if only is None else ([*only],)
    found: Objects = {}
    try:
        with connection.cursor() as cursor:
            try:
                cursor.execute(f"{_QUIETLY}{_PLANNED_ONCE}{execute}", values)
            except errors.InvalidSqlStatementName:
                connection.rollback()
                cursor.execute(
                    f"{_QUIETLY}PREPARE {name}{declared} AS {_query(whole=only is None)}"
                )
                cursor.execute(_PLANNED_ONCE + execute, values)
            for number, kind, name, definition in cursor:
                found.setdefault(number, {})[kind, name] = definition
            return found
    finally:
        connection.rollback()
        connection.autocommit = autocommit


def merged(catalogs: Iterable[Catalog]) -> Catalog:
    """What is in several catalogs."""
    return {key: text for each in catalogs for key, text in each.items()}


def _query(*, whole: bool) -> str:
    """The text of catalog.sql, for all there is or for some objects, which are its parameter."""
    text = resources.files("promptlib.postgres").joinpath("catalog.sql").read_text("utf-8")
    if whole:
        text = _IS_CHOSEN.sub("true", text)
    return text.replace(":only", "$1").replace(":whole", str(whole))


def catalog_difference(
    before: Mapping[CatalogKey, str], after: Mapping[CatalogKey, str]
) -> Iterator[str]:
    """Say what is lost (`-`), left over (`+`) or another now (both), object by object.

    The columns, constraints, triggers, rules and policies of a table that is lost or left over
    are not told one by one.
    """
    changed = {
        key
        for key in before.keys() | after.keys()
        if _essence(key, before.get(key)) != _essence(key, after.get(key))
    }
    tables = {key[1] for key in changed if key[0] == TABLE and (key in before) != (key in after)}
    told_with = {
        *_indexes_of_constraints(changed, before),
        *_indexes_of_constraints(changed, after),
    }
    for key in sorted(changed):
        if table_of_key(key) not in tables and key not in told_with:
            yield from _difference_lines(key, before.get(key), after.get(key))


def _essence(key: CatalogKey, definition: str | None) -> str | None:
    """A definition without what does not count: in a routine, white space outside of quotes."""
    if definition is None or key[0] not in _ROUTINES:
        return definition
    parts = definition.split("'")
    parts[::2] = [" ".join(part.split()) for part in parts[::2]]
    return "'".join(parts)


def _indexes_of_constraints(
    changed: Collection[CatalogKey], there: Mapping[CatalogKey, str]
) -> Iterator[CatalogKey]:
    """The indexes that come and go with a constraint of their name, which is told."""
    for key in changed:
        if key[0] == "index" and (found := _INDEX.match(there.get(key, ""))):
            constraint = ("constraint", f"{found['name']} on {found['table']}")
            if constraint in changed and constraint in there:
                yield key


def table_of_key(key: CatalogKey) -> str:
    """The table that a column, constraint, trigger, rule or policy is a part of; else nothing."""
    kind, name = key
    if kind not in _OF_A_TABLE:
        return ""
    return name.rpartition(".")[0] if kind == "column" else name.rpartition(" on ")[2]


def _difference_lines(key: CatalogKey, before: str | None, after: str | None) -> Iterator[str]:
    title = " ".join(key)
    if before is None or after is None:
        sign, (first, *rest) = ("-", _split(before)) if after is None else ("+", _split(after))
        yield f"{sign} {title}{': ' if first else ''}{first}"
        yield from (f"{sign}   {line}" for line in rest)
    elif "\n" in before and "\n" in after:
        yield f"  {title}"
        changes = difflib.unified_diff(_split(before), _split(after), n=1, lineterm="")
        yield from (f"{line[0]}   {line[1:]}" for line in [*changes][2:] if line[0] != "@")
    else:
        yield from _difference_lines(key, before, None)
        yield from _difference_lines(key, None, after)


def _split(definition: str | None) -> list[str]:
    return (definition or "").splitlines() or [""]
