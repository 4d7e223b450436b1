"""rendering: where a project of plain Alembic is, and what its revisions say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from promptlib.alembic_bridge.rendering import plain_revisions
from promptlib.core.errors import ConfigurationError, MigrationFileError
from support.imports import SAMPLES, write

if TYPE_CHECKING:
    from pathlib import Path

_ONE = """\
from alembic import context, op
from sqlalchemy import text
revision = 'a1'
down_revision = None
def upgrade():
    {}
def downgrade(): pass
"""


@pytest.mark.parametrize("place", [".", "alembic"])
def test_a_project_by_its_configuration_or_its_scripts(place: str) -> None:
    found = plain_revisions(SAMPLES / "alembic" / place)
    assert [each.title for each in found] == [
        *("create users", "add greet", "index users", "comment users"),
    ]
    assert found[0].created == datetime(2024, 1, 2, 3, 4, 5, 678901)  # noqa: DTZ001 - says none
    assert found[2].created == datetime(2024, 2, 2, 23, tzinfo=UTC)
    assert not any(each.is_branched for each in found)


def test_a_project_whose_migrations_are_sql_files_by_now(tmp_path: Path) -> None:
    ini = "[alembic]\nscript_location = %(here)s/a\nsql_location = %(here)s/sql\n"
    write(tmp_path, {"alembic.ini": ini, "a/versions/1.py": _ONE.format("pass"), "sql/x": ""})
    assert [each.revision for each in plain_revisions(tmp_path)] == ["a1"]


@pytest.mark.parametrize(
    ("code", "sql"),
    [
        (r"""op.execute("SELECT '100%', E'\\t'")""", r"SELECT '100%', E'\t';"),
        ("op.get_bind().execute(text('SELECT 1'))", "SELECT 1;"),
        ("context.is_offline_mode() and op.execute('A')", "A;"),
    ],
)
def test_what_is_rendered(tmp_path: Path, code: str, sql: str) -> None:
    write(tmp_path, {"versions/1.py": _ONE.format(code)})
    (revision,) = plain_revisions(tmp_path)
    assert revision.render("upgrade") == (f"{sql}\n\n", True)
    assert revision.render("downgrade") == ("", True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("import nowhere", "the revisions cannot be read: ModuleNotFoundError: No module named"),
        ("revision = 'a'\ndown_revision = 'gone'", "the revisions cannot be read|gone"),
        ("x = 1", "mend it first|cannot be read"),
    ],
)
def test_revisions_that_cannot_be_read(tmp_path: Path, content: str, said: str) -> None:
    write(tmp_path, {"versions/1.py": content})
    with pytest.raises(ConfigurationError, match=said):
        plain_revisions(tmp_path)


def test_a_revision_that_asks_a_database(tmp_path: Path) -> None:
    code = "op.get_bind().execute('x').scalar()"
    write(tmp_path, {"versions/1.py": _ONE.format(code)})
    (revision,) = plain_revisions(tmp_path)
    with pytest.raises(MigrationFileError, match="cannot be rendered without a database"):
        revision.render("upgrade")
