"""The password shows nowhere: not complete, not encoded, not in pieces, whatever a command says.

Nor does the data of a statement that fails: not in a log, not in a traceback, not in the ledger.
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from alembic.util import CommandError

from support import inside
from support.holding import Hold
from support.projects import run
from support.servers import PASSWORD, PASSWORD_USER

if TYPE_CHECKING:
    import subprocess

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
def address(project: Project, database: Database, secretive: None) -> str:  # noqa: ARG001
    """Host, port and database; a role may migrate there that has to give the odd password."""
    project.add(1, "CREATE TABLE made (i int);", "DROP TABLE made;")
    project.url = ""
    return "{host}:{port}/{name}".format(**database.server.parameters(), name=database.name)


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
    assert "INFO:promptlib" in good.stderr
    assert good.returncode == 0
    bad = _run(project, "python", "-c", _DEBUG, DATABASE_URL=_url(f"{_ENCODED}x", address))
    assert "password authentication failed" in bad.stderr


_KEY = "sk-51f0c2"


@pytest.fixture
def keys(database: Database) -> None:
    """A table of keys, and rules that a statement may break."""
    database.query("CREATE TABLE keys (i int NOT NULL CHECK (i > 0), k text PRIMARY KEY)")
    database.query("CREATE TABLE uses (k text REFERENCES keys)")
    database.query("CREATE TYPE mood AS ENUM ('good')")
    database.query("INSERT INTO keys VALUES (1, 'sk-old')")


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    "up",
    [
        pytest.param(f"INSERT INTO keys VALUES (1, '{_KEY}'), (2, '{_KEY}');", id="unique"),
        pytest.param(f"INSERT INTO keys VALUES (-1, '{_KEY}');", id="check"),
        pytest.param(f"INSERT INTO keys VALUES (NULL, '{_KEY}');", id="not-null"),
        pytest.param(f"INSERT INTO uses VALUES ('{_KEY}');", id="foreign-key"),
        pytest.param(f"INSERT INTO keys (i) VALUES ('{_KEY}');", id="integer"),
        pytest.param(f"SELECT '{_KEY}'::mood;", id="enum"),
        pytest.param(f"SELECT '{{\"key\": {_KEY}}}'::jsonb;", id="json"),
        pytest.param(f"SELECT '({_KEY}'::point;", id="point"),
        pytest.param(f"INSERT INTO keys VALUES (1, '{_KEY}') oops;", id="syntax"),
        pytest.param(f"SELECT 1 AS a, $${_KEY}$$ oops oops;", id="dollar-quote"),
        pytest.param(f"DO $$ BEGIN INSERT INTO keys VALUES (-1, '{_KEY}'); END $$;", id="plpgsql"),
        pytest.param(
            f"DO $$ BEGIN EXECUTE format('INSERT INTO keys (i) VALUES (%L)', '{_KEY}'); END $$;",
            id="execute",
        ),
        pytest.param(
            "CREATE FUNCTION f(k text) RETURNS int LANGUAGE sql AS 'SELECT k::int';\n"
            f"SELECT f('{_KEY}');",
            id="function",
        ),
    ],
)
def test_where_a_statement_with_a_key_fails(
    project: Project, database: Database, caplog: pytest.LogCaptureFixture, up: str
) -> None:
    caplog.set_level("DEBUG")
    project.add(1, up)
    told = inside.alembic(project, "upgrade", "head", ok=False)
    with pytest.raises(CommandError) as caught:
        inside.alembic(project, "--raiseerr", "upgrade", "head")
    shown = "".join(traceback.format_exception(caught.value))
    (first,), (second,) = database.query("SELECT error FROM migration_events ORDER BY id")
    assert first == second == told.stderr.rpartition("\nnothing of ")[0]
    assert _KEY not in told.stdout + told.stderr + shown + caplog.text


@pytest.mark.usefixtures("keys")
def test_where_a_statement_with_a_key_waits_for_another(
    project: Project, database: Database
) -> None:
    project.add(1, f"UPDATE keys SET k = '{_KEY}';")
    quick = ("-x", "lock_timeout=100ms", "-x", "lock_attempts=2")
    with Hold(database, f"UPDATE keys SET k = '{_KEY}'") as hold:
        told = inside.alembic(project, *quick, "upgrade", "head", ok=False)
    errors = [error for (error,) in database.query("SELECT error FROM migration_events")]
    assert told.stderr.count(f"blocked by pid {hold.pid} (") == len(errors) == 2
    assert _KEY not in "".join([told.stdout, told.stderr, *errors])
