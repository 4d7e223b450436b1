"""advice: the remedy for a statement that the server refused, by what its author wrote.

What is said of each is in tests/data/messages/statements.txt, for people to read.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib.core.remedies import Front
from promptlib.engine.diagnosis import explain_statement_error
from promptlib.files.parser import parse_migration
from support.messages import require_messages

if TYPE_CHECKING:
    from promptlib.files.section import Section
    from support.databases import Database

pytestmark = pytest.mark.servers("newest")
_PATH = Path("sql/20250101000001_x.sql")
_OTHER = {"UP": "\n-- DOWN\nSELECT 1;\n", "DOWN": "-- UP\nSELECT 1;\n"}
_SETUP = """
CREATE TABLE people (id int NOT NULL UNIQUE, name text);
CREATE TABLE children (parent int REFERENCES people (id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE strict_children (parent int REFERENCES people (id));
CREATE TABLE numbers (n int CHECK (n > 0));
CREATE TABLE parts (n int) PARTITION BY LIST (n);
CREATE TYPE mood AS ENUM ('good');
INSERT INTO people VALUES (1, 'Ann'), (2, NULL);
INSERT INTO children VALUES (1), (1);
INSERT INTO strict_children VALUES (1);
INSERT INTO numbers VALUES (7);
"""


def _section(text: str) -> Section:
    is_up = text.startswith("-- UP")
    whole = text + _OTHER["UP"] if is_up else _OTHER["DOWN"] + text
    migration = parse_migration(_PATH.name[:14], "x", _PATH, whole.encode())
    return migration.up if is_up else migration.down


def _said(database: Database, text: str) -> str:
    section = _section(text)
    with contextlib.closing(database.connect()) as connection, connection.cursor() as cursor:
        connection.autocommit = not section.transactional
        for index, statement in enumerate(section.statements):
            try:
                cursor.execute(section.sql(index))
            except psycopg2.Error as error:
                return explain_statement_error(error, section, statement, _PATH).told(
                    Front.PROMPTLIB
                )
    raise AssertionError(text)


@pytest.mark.usefixtures("powerless")
def test_what_is_said_of_a_statement_that_is_refused(database: Database) -> None:
    database.query(_SETUP)

    def said(text: str) -> str:
        return _said(database, text).replace(database.name, "DATABASE")

    require_messages("statements", said)
