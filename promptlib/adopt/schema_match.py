"""Does a database hold what migrations make? They run in a scratch one, and both are compared."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, NamedTuple

from psycopg2 import sql

from promptlib.core.errors import PromptlibError
from promptlib.core.logs import Log
from promptlib.postgres.catalog import TABLE, catalog_difference, read_catalog, table_of_key
from promptlib.postgres.search_path import TRUSTED_PATH
from promptlib.postgres.target import Target
from promptlib.verify.build import build_schema
from promptlib.verify.scratch import open_scratch_databases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptlib.config.settings import Settings
    from promptlib.files.parser import Migration
    from promptlib.postgres.catalog import Catalog, CatalogKey
    from promptlib.verify.place import ScratchPlace

_log = Log(__name__)
# What may differ between two databases that hold the same.
_UNCOUNTED = {
    "comment",  # says something and does nothing
    "owner",  # who owns and who may use what is each installation's own affair:
    *("grant", "revoked default", "default privilege", "security label"),
    "role",  # the whole server's
    "setting",  # how sessions begin, not what they find
}
_AS_TYPED = ("function", "procedure")  # white space and all, which does not count
# How a table is stored is for its operator to tune.
_STORED = (TABLE, "column", "index")
_STORAGE = re.compile(
    r" ?\b(?:(?:WITH|TOAST) \([^)]*\)|(?:STORAGE|COMPRESSION|TABLESPACE|REPLICA IDENTITY) \S+"
    r"|STATISTICS (?:\d+: )?-?\d+|CLUSTERED)"
)
_MAJOR = 10000  # of the server's version as a number
_SIGNS = {"-": "expected", "+": "found", " ": ""}
_SCHEMAS = """
    SELECT s FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) s
     WHERE s OPERATOR(pg_catalog.!~) '^pg_'
"""
# pg_restore has what pg_dump reads parsed once more, and some expressions read otherwise then.
_RESTORED = """
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %2$I %3$s',
                  conrelid::regclass, conname, pg_get_constraintdef(c.oid))
      FROM pg_constraint c JOIN pg_class ON pg_class.oid = conrelid
     WHERE contype = 'c' AND coninhcount = 0 AND c.oid >= 16384
    UNION ALL
    SELECT format('DROP INDEX %s; %s', indexrelid::regclass, pg_get_indexdef(indexrelid))
      FROM pg_index WHERE indpred IS NOT NULL AND indexrelid >= 16384
       AND NOT EXISTS (SELECT FROM pg_inherits WHERE indexrelid IN (inhrelid, inhparent))
"""


class ExpectedSchema(NamedTuple):
    """What a database should hold, of what counts; either wording will do.

    Attributes:
        made: as the migrations leave it.
        restored: as it reads where it was dumped and restored since.
    """

    made: Catalog
    restored: Catalog


class SchemaComparison(NamedTuple):
    """A database and what it should hold.

    Attributes:
        expected: what it should hold.
        differences: where it is otherwise, line by line: what was expected, and what was found.
        additions: what its tables have beyond that, by kind and name; other tables do not count.
    """

    expected: ExpectedSchema
    differences: list[str]
    additions: list[str]


NOTHING_EXPECTED = SchemaComparison(ExpectedSchema({}, {}), [], [])


def compare_schema(target: Target, expected: ExpectedSchema) -> SchemaComparison:
    """Compare a database with what it should hold."""
    found = _read(target)
    return SchemaComparison(
        expected, [*_differences(expected, found)], [*_additions(expected, found)]
    )


def require_match(comparison: SchemaComparison) -> None:
    """Refuse where a database does not hold what it should.

    Raises:
        PromptlibError: naming each difference.
    """
    if comparison.differences:
        raise PromptlibError(
            "the database does not hold what the migrations make that ran on it, so nothing was "
            "changed",
            "mend each difference by hand, then run it again",
            notes=comparison.differences,
        )


def expected_schema(
    migrations: Iterable[Migration], place: ScratchPlace, like: Target, settings: Settings
) -> ExpectedSchema:
    """Read what migrations make, in a scratch database that is gone afterwards.

    Args:
        migrations: whose UP sections run, in this order.
        place: where it is made.
        like: the database that it shall be compared with, whose schemas it gets.
        settings: how sections run.

    Raises:
        PromptlibError: when there can be no such database, or a section fails in it.
    """
    with open_scratch_databases(place) as scratch:
        made = _prepared(scratch.create(), like)
        before = _read(made)  # what every database of that server has from the beginning
        build_schema(made, migrations, settings, scratch.guard)
        after = _read(made)
        _restore(made)
        restored = _read(made)
    return ExpectedSchema(
        {key: text for key, text in after.items() if before.get(key) != text}, restored
    )


def _read(target: Target) -> Catalog:
    """What a database consists of, as far as it counts."""
    with contextlib.closing(target.connect()) as connection:
        found = read_catalog(connection)
    return {key: text for key, text in found.items() if key[0] not in _UNCOUNTED}


def _prepared(made: Target, like: Target) -> Target:
    """A database with the schemas of another one's search_path, by that search_path."""
    with contextlib.closing(like.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(_SCHEMAS)
        names = [name for (name,) in cursor]
        theirs = connection.server_version // _MAJOR
    with (
        contextlib.closing(made.connect()) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        for each in names:
            create = sql.SQL("CREATE SCHEMA IF NOT EXISTS {}")
            cursor.execute(create.format(sql.Identifier(each)))
        path = sql.SQL(", ").join(map(sql.Identifier, names)).as_string(cursor)
        ours = connection.server_version // _MAJOR
    if ours != theirs:
        _log.info("PostgreSQL %d and %d may word the same definition differently", ours, theirs)
    escaped = re.sub(r"([\\\s])", r"\\\1", path)
    options = f"{made.parameters.get('options', '')} -csearch_path={escaped}".lstrip()
    return Target({**made.parameters, "options": options}, made.source)


def _restore(made: Target) -> None:
    """Let everything read as if it had been dumped and restored."""
    with contextlib.closing(made.connect()) as connection, connection.cursor() as cursor:
        connection.autocommit = True  # as many locks as one table has, at most
        cursor.execute(TRUSTED_PATH + _RESTORED)
        for (statement,) in cursor.fetchall():
            cursor.execute(TRUSTED_PATH + statement)


def _differences(expected: ExpectedSchema, found: Catalog) -> Iterator[str]:
    other = {key: text for key, text in expected.made.items() if not _holds(found, key, expected)}
    there = {key: found[key] for key in other if key in found}
    for line in catalog_difference(other, there):
        yield f"  {_SIGNS[line[0]]:<8} {line[1:]}"


def _additions(expected: ExpectedSchema, found: Catalog) -> Iterator[str]:
    tables = {name for kind, name in expected.made if kind == TABLE}
    for key in sorted(found.keys() - expected.made.keys()):
        if table_of_key(key) in tables:
            yield " ".join(key)


def _holds(found: Catalog, key: CatalogKey, expected: ExpectedSchema) -> bool:
    wanted = [_essence(key[0], each[key]) for each in expected if key in each]
    return key in found and _essence(key[0], found[key]) in wanted


def _essence(kind: str, definition: str) -> str:
    """A definition without what does not count."""
    if kind in _AS_TYPED:
        return "".join(definition.split())
    if kind == "extension":
        return definition.partition(" SCHEMA ")[2]  # its version is the server's to raise
    return _STORAGE.sub("", definition).strip() if kind in _STORED else definition
