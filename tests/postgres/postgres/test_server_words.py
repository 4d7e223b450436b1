"""What servers say of errors of many kinds, in five languages: no value of the data is shown."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib.engine.diagnosis import explain_statement_error
from promptlib.files.parser import parse_migration
from support.failures import AUTHORS, FAILURES, NUMBER, SECRET, SETUP, Failure
from support.languages import LANGUAGES, is_translated, translated_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promptlib.core.errors import PromptlibError
    from support.databases import Database

_PATH = Path("sql/20250101000001_x.sql")
_DIVISION = {"division": Failure("SELECT 1/0")}


@pytest.fixture
def table(database: Database, data_file: Path) -> Table:
    """The errors of a server in English."""
    database.query(SETUP)
    return Table(database, "C", data_file)


@pytest.fixture(scope="module")
def data_file() -> Iterator[Path]:
    """A file that any server may read, and that is no good as data."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)  # COPY writes there, too
        path = Path(folder, "data.csv")
        path.write_text(f'{{"a": {SECRET}\n')
        yield path


class Table:
    """What a database says of failures, in a language."""

    def __init__(self, database: Database, language: str, data_file: Path) -> None:
        self._database, self._language, self._data_file = database, language, data_file

    def errors(self, failures: Mapping[str, Failure]) -> Iterator[tuple[str, Failure, str]]:
        """Each name and failure, and all that its error shows."""
        with contextlib.closing(psycopg2.connect(self._database.url)) as connection:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lc_messages', %s, false)", (self._language,))
            connection.commit()
            for name, failure in failures.items():
                error = self._error(connection, failure)
                connection.rollback()
                yield name, failure, f"{error}\n{getattr(error, 'statement', '')}"

    def _error(
        self, connection: psycopg2.extensions.connection, failure: Failure
    ) -> PromptlibError:
        sql = failure.sql.replace("{csv}", str(self._data_file))
        content = f"-- UP\n{sql}\n-- DOWN\nSELECT 1;\n".encode()
        section = parse_migration("20250101000001", "x", _PATH, content).up
        for statement in section.statements:
            try:
                with connection.cursor() as cursor:
                    cursor.execute(section.source[statement.start : statement.end].decode())
            except psycopg2.Error as error:
                return explain_statement_error(error, section, statement, _PATH)
        raise AssertionError(sql)


def _assert_masked(table: Table) -> None:
    shown = {name: (failure, text) for name, failure, text in table.errors(FAILURES)}
    for name, (failure, text) in shown.items():
        assert SECRET not in text, f"{name}: {text}"
        assert NUMBER in failure.sql or NUMBER not in text, f"{name}: {text}"
        assert all(word in text for word in failure.kept), f"{name}: {text}"


def _assert_authors(table: Table) -> None:
    for name, failure, text in table.errors(AUTHORS):
        assert all(word in text for word in failure.kept), f"{name}: {text}"


def test_no_value_is_shown(table: Table) -> None:
    _assert_masked(table)


def test_what_the_author_wrote_is_shown(table: Table) -> None:
    _assert_authors(table)


@pytest.mark.patient
def test_in_other_languages_too(data_file: Path) -> None:
    if not is_translated():
        pytest.skip("Debian's PostgreSQL, its translations or the package locales are missing")
    with translated_server() as server:
        database = server.create()
        database.query(SETUP)
        tables = [Table(database, f"{language}.UTF-8", data_file) for language in LANGUAGES]
        said = {text for table in tables for _, _, text in table.errors(_DIVISION)}
        assert len(said) == len(LANGUAGES)  # or they would all be in English
        for table in tables:
            _assert_masked(table)
            _assert_authors(table)
