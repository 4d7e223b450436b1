"""The password shows nowhere: not complete, not encoded, not in pieces, whatever a command says."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from psycopg2 import sql

from support.projects import run
from support.servers import PASSWORD, PASSWORD_USER

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from support.databases import Database
    from support.projects import Project

_ENCODED = quote(PASSWORD, safe="")
_RECOGNIZABLE = 4
_COMMANDS = [
    ("alembic", "current", "-v"),
    ("alembic", "check"),
    ("alembic", "history", "-i", "-v"),
    ("alembic", "show", "current"),
    ("alembic", "stamp", "head"),
    ("alembic", "upgrade", "head"),
    ("alembic", "downgrade", "base"),
    ("promptlib", "migrate"),
    ("promptlib", "db", "show"),
]
# A traceback is asked for.
_RAISING = [("alembic", "--raiseerr", *command[1:]) for command in _COMMANDS[:-2]]


@pytest.fixture
def address(project: Project, database: Database) -> Iterator[str]:
    """Host, port and database; a role may migrate there that has to give the odd password."""
    if not database.server.data:
        pytest.skip("a given server may not ask for a password")
    name = sql.Identifier(PASSWORD_USER)
    with database.connect().cursor() as cursor:
        cursor.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(PASSWORD))
        )
        cursor.execute(sql.SQL("GRANT ALL ON SCHEMA public TO {}").format(name))
        project.add(1, "CREATE TABLE made (i int);", "DROP TABLE made;")
        project.url = ""
        yield "{host}:{port}/{name}".format(**database.server.parameters(), name=database.name)
        cursor.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(name))


def _run(project: Project, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command that may show a traceback; none shows the password or a piece of it."""
    program, *arguments = command
    result = run(program, *arguments, ok=None, traceback=True, folder=project.folder, **environment)
    said = result.stdout + result.stderr
    for secret in (PASSWORD, _ENCODED):
        pieces = {secret[start : start + _RECOGNIZABLE] for start in range(len(secret) - 3)}
        shown = {piece for piece in pieces if piece in said}
        assert not shown, f"{command}: {shown}\n{said}"
    return result


def _url(password: str, address: str) -> str:
    return f"postgresql://{PASSWORD_USER}:{password}@{address}"


def test_where_the_password_is_right(project: Project, address: str) -> None:
    url = _url(_ENCODED, address)
    assert _run(project, "promptlib", "migrate", DATABASE_URL=url).returncode == 0
    current = _run(project, "alembic", "current", "-v", DATABASE_URL=url)
    assert f"{PASSWORD_USER}@{address}" in current.stdout
    show = _run(project, "promptlib", "db", "show", DATABASE_URL=url)
    assert show.stdout.startswith(f"postgresql://{PASSWORD_USER}@{address} ")
    for command in _COMMANDS:
        said = _run(project, *command, DATABASE_URL=url)
        assert "check" in command or said.returncode == 0, said


def test_where_the_password_is_in_dotenv(project: Project, address: str) -> None:
    (project.folder / ".env").write_text(f"DATABASE_URL={_url(_ENCODED, address)}\n")
    assert _run(project, "promptlib", "migrate").returncode == 0
    (project.folder / ".env").write_text(f"DATABASE_URL={_url(PASSWORD, address)}\n")
    refused = _run(project, "promptlib", "migrate")
    assert refused.stderr.startswith(".env: DATABASE_URL ")


@pytest.mark.parametrize("command", [*_COMMANDS, *_RAISING], ids=" ".join)
def test_where_the_password_is_wrong(
    project: Project, address: str, command: tuple[str, ...]
) -> None:
    result = _run(project, *command, DATABASE_URL=_url(f"{_ENCODED}x", address))
    assert result.returncode != 0
    assert "password authentication failed" in result.stderr
    assert "; check user and password in DATABASE_URL" in result.stderr
    assert ("Traceback" in result.stderr) is ("--raiseerr" in command)


_ELSEWHERE = "127.0.0.1:1/d"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(_url(_ENCODED, _ELSEWHERE), id="no-server"),
        pytest.param(_url(_ENCODED, "nowhere.invalid/d"), id="no-host"),
        pytest.param(_url(_ENCODED, "127.0.0.1:port/d"), id="no-port"),
        pytest.param(_url(_ENCODED, "127.0.0.1"), id="no-database"),
        pytest.param(_url(_ENCODED, f"{_ELSEWHERE}?schema=s"), id="node-only"),
        pytest.param(_url(_ENCODED, _ELSEWHERE).replace("postgresql", "mysql"), id="scheme"),
        pytest.param(_url(_ENCODED, _ELSEWHERE).replace("postgresql://", ""), id="no-scheme"),
        pytest.param(f"host=h dbname=d user=u password={_ENCODED}", id="key-value"),
        pytest.param(f"postgresql://{_ELSEWHERE}?password={PASSWORD}", id="raw-parameter"),
        pytest.param(_url(_ENCODED, "")[:-1], id="cut-behind-password"),
        pytest.param(_url(_ENCODED, "")[:-9], id="cut-in-password"),
        pytest.param(_url(PASSWORD, _ELSEWHERE), id="raw"),
        *(
            pytest.param(_url(f"{_ENCODED}{sign}{_ENCODED}", _ELSEWHERE), id=f"raw{sign}")
            for sign in "@/:?#% "
        ),
    ],
)
def test_where_the_url_is_wrong(project: Project, url: str) -> None:
    told = _run(project, "promptlib", "db", "show", DATABASE_URL=url)
    raised = _run(project, "alembic", "--raiseerr", "upgrade", "head", DATABASE_URL=url)
    assert told.returncode != 0
    assert told.stderr.startswith("the environment: ")
    assert told.stderr.count("\n") == 1
    assert raised.returncode != 0
    assert told.stderr in raised.stderr


@pytest.mark.parametrize("option", [[], ["--raiseerr"]])
def test_where_a_migration_fails(project: Project, address: str, option: list[str]) -> None:
    project.add(2, "SELECT 1 / 0;")
    url = _url(_ENCODED, address)
    result = _run(project, "alembic", *option, "upgrade", "head", DATABASE_URL=url)
    assert result.returncode != 0
    assert "division by zero" in result.stderr


_DEBUG = """
import logging
from alembic import command, config
logging.basicConfig(level=logging.DEBUG)
command.upgrade(config.Config("alembic.ini"), "head")
"""


def test_where_a_program_logs_everything(project: Project, address: str) -> None:
    good = _run(project, "python", "-c", _DEBUG, DATABASE_URL=_url(_ENCODED, address))
    assert "DEBUG" in good.stderr
    assert good.returncode == 0
    bad = _run(project, "python", "-c", _DEBUG, DATABASE_URL=_url(f"{_ENCODED}x", address))
    assert "password authentication failed" in bad.stderr
