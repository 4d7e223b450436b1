"""Is the schema's file current? Its versions are those of the files; it makes what they make."""

from __future__ import annotations

import contextlib

import psycopg2

from promptlib.core.light import TYPE_CHECKING
from promptlib.lint.violations import Violation
from promptlib.postgres.catalog_wording import difference_beyond_wording
from promptlib.postgres.errors import explain_server_error
from promptlib.schema_dump.counted_catalog import read_counted
from promptlib.schema_dump.schema_file import read_schema_file, recorded_versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from promptlib.postgres.catalog import Catalog
    from promptlib.postgres.target import Target

_RULE = "schema"
_REMEDY = "run what is pending, or write it anew: promptlib dump"


def check_recorded(path: Path, checksums: Mapping[str, str]) -> Iterator[Violation]:
    """Compare the versions that a schema's file names with the migrations.

    Args:
        path: of the file.
        checksums: of the UP sections of the migrations, by version.

    Raises:
        ConfigurationError: when the file cannot be read.
    """
    recorded = recorded_versions(read_schema_file(path))
    if not path.exists():
        yield _violation(path, "there is no such file, which schema_file names")
        return
    for what, versions in {
        "lacks what {} makes": checksums.keys() - recorded.keys(),
        "has {}, of which there is no file": recorded.keys() - checksums.keys(),
        "has {} as it was before an edit": {
            version
            for version in checksums.keys() & recorded.keys()
            if checksums[version] != recorded[version]
        },
    }.items():
        if versions:
            yield _violation(path, f"is not current: it {what.format(', '.join(sorted(versions)))}")


def check_made(path: Path, expected: Catalog, empty: Target) -> Iterator[Violation]:
    """Run a schema's file, and compare what it makes with what the migrations make.

    Args:
        path: of the file, which is there.
        expected: what these make.
        empty: a database to run it in.
    """
    with contextlib.closing(empty.connect()) as connection:
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(read_schema_file(path))
        except psycopg2.Error as error:
            said = explain_server_error(error, "")
            yield _violation(path, f"cannot be run in an empty database: {said.what}")
            return
    if lines := [f"  {each}" for each in difference_beyond_wording(expected, read_counted(empty))]:
        yield _violation(path, "is not current: it makes something else")._replace(
            notes=tuple(lines)
        )


def _violation(path: Path, what: str) -> Violation:
    return Violation(path, 1, 1, _RULE, what, _REMEDY)
