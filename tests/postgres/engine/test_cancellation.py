"""cancellation: statement_timeout, somebody, or the author: told apart in every language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.languages import LANGUAGES, is_translated, translated_server
from support.processes import until
from support.projects import ONE, Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.databases import Database

_LIFT = "lift statement_timeout: alembic -x statement_timeout=0 upgrade head, or write "
_SLEEPING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query ~ '60'"
_RAISED = """\
DO $$ BEGIN RAISE 'canceling statement due to statement timeout' USING ERRCODE = '57014'; END $$;"""
_DOWN = "-- DOWN\nSELECT 1;\n"
_MARKERS = ("-- UP", "-- UP transaction:false")


@pytest.fixture(scope="module")
def translated() -> Iterator[Database]:
    """A database that may speak other languages."""
    if not is_translated():
        pytest.skip("Debian's PostgreSQL, its translations or the package locales are missing")
    with translated_server() as server:
        yield server.create()


def _remedies(project: Project, database: Database, marker: str) -> list[str]:
    """What to do, when the limit, somebody else and the author have ended a statement."""
    project.write(f"{ONE}_x.sql", f"{marker}\nSELECT 1;\nSELECT pg_sleep(60);\n{_DOWN}")
    project.configure(statement_timeout="50ms")
    said = [project.promptlib("migrate", ok=False).stderr]
    project.configure(statement_timeout="0")
    with project.start("promptlib", "migrate") as deploy:
        until(lambda: database.query(_SLEEPING))
        database.query(f"SELECT pg_cancel_backend(pid) FROM ({_SLEEPING}) AS sleeping")
        said.append(deploy.ends(2))
    project.write(f"{ONE}_x.sql", f"{marker}\nSELECT 1;\n{_RAISED}\n{_DOWN}")
    said.append(project.promptlib("migrate", ok=False).stderr)
    lines = [line for each in said for line in each.splitlines()]
    return [line.partition("(57014); ")[2] for line in lines if "57014" in line]


def test_who_did_it(project: Project, database: Database) -> None:
    for marker in _MARKERS:
        limit, somebody, author = _remedies(project, database, marker)
        assert limit.startswith(_LIFT)
        assert somebody == "somebody cancelled it: run it again"
        assert author == "the migration refuses by itself: do what it says, then run it again"


def test_in_other_languages_too(tmp_path: Path, translated: Database) -> None:
    for language in LANGUAGES:
        translated.query(f"ALTER DATABASE {translated.name} SET lc_messages = '{language}.UTF-8'")
        folder = tmp_path / language
        folder.mkdir()
        limit, somebody, _ = _remedies(Project.copy(folder, translated.url), translated, "-- UP")
        assert limit.startswith(_LIFT), language
        assert somebody == "somebody cancelled it: run it again", language
