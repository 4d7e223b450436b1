"""What a command does where there is no connection to be had, and which it takes where there is."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest

from support import servers
from support.projects import Project, full, run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from support.databases import Database
    from support.servers import Server

_FORM = "write postgresql://user:password@host:5432/database"


@pytest.fixture
def unset(tmp_path: Path) -> Project:
    """A copy of the project, and no DATABASE_URL."""
    made = Project.copy(tmp_path)
    made.add(1, "CREATE TABLE made (i int);")
    return made


def _url(database: Database, **changes: str) -> str:
    """The database's URL with another host, port, user or name."""
    given = database.server.parameters(**{"dbname": database.name, **changes})
    return "postgresql://{user}@{host}:{port}/{dbname}".format(**given)


_EVERY = [
    ("alembic", "current"),
    ("alembic", "check"),
    ("alembic", "downgrade", "base"),
    ("alembic", "history", "-i"),
    ("alembic", "show", "current"),
    ("alembic", "stamp", "head"),
    ("alembic", "upgrade", "head"),
    ("promptlib", "db", "show"),
    ("promptlib", "migrate"),
]


def _refused(
    project: Project, url: str, commands: Sequence[tuple[str, ...]] = _EVERY[-3:-1]
) -> str:
    """The one line that each of some commands says where the database cannot be reached."""
    said = [
        run(*command, ok=False, folder=project.folder, DATABASE_URL=url) for command in commands
    ]
    assert {result.stdout for result in said} == {""}
    (line,) = {result.stderr for result in said}
    assert line.count("\n") == 1
    assert not line.endswith(".\n")
    return line.rstrip()


def test_the_environment_wins_over_dotenv(unset: Project, database: Database) -> None:
    (unset.folder / ".env").write_text("DATABASE_URL=postgresql://127.0.0.1:1/nowhere\n")
    unset.alembic("upgrade", "head", DATABASE_URL=database.url)
    assert "made" in database.tables()


@pytest.mark.parametrize("program", ["alembic", "promptlib"])
def test_dotenv_beside_the_configuration_counts(
    unset: Project, database: Database, tmp_path_factory: pytest.TempPathFactory, program: str
) -> None:
    (unset.folder / ".env").write_text(f"DATABASE_URL={database.url}\n")
    ini, elsewhere = str(unset.folder / "alembic.ini"), tmp_path_factory.mktemp("elsewhere")
    arguments = {"alembic": ["upgrade", "head"], "promptlib": ["migrate"]}[program]
    run(program, "--config", ini, *arguments, folder=elsewhere)
    assert "made" in database.tables()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+asyncpg"])
def test_the_schemes_that_connect(unset: Project, database: Database, scheme: str) -> None:
    url = database.url.replace("postgresql://", f"{scheme}://", 1)
    unset.alembic("upgrade", "head", DATABASE_URL=url)
    assert "made" in database.tables()


def test_an_ipv6_host_connects(unset: Project, database: Database) -> None:
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
    unset.alembic("upgrade", "head", DATABASE_URL=_url(database, host="[::1]"))
    assert "made" in database.tables()


@pytest.mark.parametrize(
    "form", ["postgresql://postgres@/{d}?host={f}&port={p}", "postgresql://postgres@{q}:{p}/{d}"]
)
def test_a_socket_connects(unset: Project, database: Database, form: str) -> None:
    if not database.server.data:
        pytest.skip("the socket of a given server is not known")
    folder = str(database.server.data)
    port = database.server.parameters()["port"]
    url = form.format(d=database.name, f=folder, q=quote(folder, safe=""), p=port)
    assert database.name in unset.alembic("current", "-v", DATABASE_URL=url).stdout
    unset.alembic("upgrade", "head", DATABASE_URL=url)
    assert "made" in database.tables()


def test_the_second_host_is_tried(unset: Project, database: Database) -> None:
    address = urlsplit(database.url).netloc.rpartition("@")[2]
    url = database.url.replace(address, f"127.0.0.1:1,{address}")
    unset.alembic("upgrade", "head", DATABASE_URL=url)
    shown = unset.promptlib("db", "show", DATABASE_URL=url).stdout
    assert shown.startswith(url)
    assert "made" in database.tables()


def test_options_of_libpq_reach_the_server(unset: Project, database: Database) -> None:
    database.query("CREATE SCHEMA apart")
    unset.write(
        f"{full(1)}_x.sql",
        "-- UP\nCREATE TABLE seen AS SELECT current_setting('application_name') AS name;\n"
        "-- DOWN\nDROP TABLE seen;\n",
    )
    url = f"{database.url}?options=-csearch_path%3Dapart&application_name=50%25&connect_timeout=5"
    unset.alembic("upgrade", "head", DATABASE_URL=url)
    assert database.query("SELECT name FROM apart.seen") == [("50%",)]


def test_promptlib_names_itself(unset: Project, database: Database) -> None:
    unset.add(1, "CREATE TABLE seen AS SELECT current_setting('application_name') AS name;")
    unset.alembic("upgrade", "head", DATABASE_URL=database.url)
    assert database.value("SELECT name FROM seen") == "promptlib"


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("mysql://h/d", f"has the unknown scheme mysql://; {_FORM}"),
        ("host=h dbname=d", f"is not a URL; {_FORM}"),
        (
            "postgresql://h/d?pgbouncer=true",
            "has the parameter pgbouncer, which is Prisma's; remove it",
        ),
    ],
)
def test_a_url_that_is_refused(unset: Project, url: str, error: str) -> None:
    assert _refused(unset, url) == f"the environment: DATABASE_URL {error}"


def test_a_dotenv_that_is_refused(unset: Project) -> None:
    (unset.folder / ".env").write_text("DATABASE_URL=mysql://h/d\n")
    said = unset.promptlib("db", "show", ok=False).stderr
    assert said == f".env: DATABASE_URL has the unknown scheme mysql://; {_FORM}\n"


def test_a_server_that_is_down(unset: Project) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and nobody listens
        port = unused.getsockname()[1]
        assert _refused(unset, f"postgresql://u@127.0.0.1:{port}/d", _EVERY) == (
            f"the environment: cannot connect to postgresql://u@127.0.0.1:{port}/d: connection to "
            f'server at "127.0.0.1", port {port} failed: Connection refused; start the server, or '
            "check host and port in DATABASE_URL"
        )


def test_a_socket_that_is_not_there(unset: Project, tmp_path: Path) -> None:
    assert _refused(unset, f"postgresql:///d?host={tmp_path}") == (
        f"the environment: cannot connect to postgresql:///d?host={tmp_path}: connection to server "
        f'on socket "{tmp_path}/.s.PGSQL.5432" failed: No such file or directory; start the '
        "server, or check host and port in DATABASE_URL"
    )


def test_a_server_that_never_answers(unset: Project) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        said = _refused(unset, f"postgresql://127.0.0.1:{port}/d?connect_timeout=1")
    assert said == (
        f"the environment: cannot connect to postgresql://127.0.0.1:{port}/d: connection to server "
        f'at "127.0.0.1", port {port} failed: timeout expired; check host and port, and the '
        "firewall between in DATABASE_URL"
    )


def test_a_host_that_does_not_resolve(unset: Project) -> None:
    said = _refused(unset, "postgresql://nowhere.invalid/d")
    begin = "the environment: cannot connect to postgresql://nowhere.invalid/d: could not translate"
    assert said.startswith(begin)
    assert said.endswith("; check the host in DATABASE_URL")


def test_a_database_that_does_not_exist(unset: Project, database: Database) -> None:
    said = _refused(unset, _url(database, dbname="nowhere"))
    assert said.endswith(
        'FATAL: database "nowhere" does not exist; create the database, or check its name in '
        "DATABASE_URL"
    )


def test_a_role_that_does_not_exist(unset: Project, database: Database) -> None:
    said = _refused(unset, _url(database, user="nobody"))
    assert said.endswith(
        'FATAL: role "nobody" does not exist; create the role, or check the user in DATABASE_URL'
    )


def test_a_database_that_is_closed_to_the_role(unset: Project, database: Database) -> None:
    role = f"role_{database.name}"
    database.query(f"CREATE ROLE {role} LOGIN")
    database.query(f"REVOKE CONNECT ON DATABASE {database.name} FROM PUBLIC")
    try:
        said = _refused(unset, _url(database, user=role))
    finally:
        database.query(f"DROP ROLE {role}")
    assert said.endswith(
        f'FATAL: permission denied for database "{database.name}", DETAIL: User does not have '
        "CONNECT privilege; ask for the right to connect, or check user and database in "
        "DATABASE_URL"
    )


def test_a_server_without_ssl(unset: Project, database: Database) -> None:
    said = _refused(unset, f"{database.url}?sslmode=require")
    assert said.endswith(
        "server does not support SSL, but SSL was required; check sslmode and sslrootcert in "
        "DATABASE_URL"
    )


def test_a_parameter_that_the_server_refuses(unset: Project, database: Database) -> None:
    said = _refused(unset, f"{database.url}?options=-cnonsense%3D1")
    assert said.endswith(
        'FATAL: unrecognized configuration parameter "nonsense"; check the parameters in '
        "DATABASE_URL"
    )


def test_a_parameter_that_libpq_refuses(unset: Project, database: Database) -> None:
    said = _refused(unset, f"{database.url}?connect_timeout=soon")
    assert said.endswith("; correct the parameters in DATABASE_URL")


def test_a_replica_can_be_looked_at_only(unset: Project, server: Server) -> None:
    if not server.binaries:
        pytest.skip("a given server cannot be made a replica")
    with servers.started(server.binaries, "replica") as replica:
        database = replica.create()
        unset.url = database.url
        unset.alembic("upgrade", "head")
        unset.add(2, "CREATE TABLE more (i int);")
        servers.stop(replica)
        assert replica.data
        (replica.data / "standby.signal").touch()
        servers.start(replica)

        assert unset.alembic("current").stdout == f"{full(1)}\n"
        history = unset.alembic("history", "-i").stdout
        assert f"{full(1)} (current)" in history
        assert "more" not in database.tables()
        for command in ("upgrade", "head"), ("downgrade", "base"), ("stamp", "head"):
            refused = unset.alembic(*command, ok=False)
            assert refused.stdout == ""
            assert refused.stderr == (
                "this server is a read-only replica; connect to the primary in DATABASE_URL; among "
                "several hosts target_session_attrs=read-write finds it\n"
            )
        assert unset.promptlib("migrate", ok=False).stderr == refused.stderr
        assert unset.promptlib("db", "show").stdout.splitlines()[1:] == [
            "  alembic_version                1 rows",
            "  made                           0 rows",
            "  migration_deploys              1 rows",
            "  migration_events               1 rows",
            "  migrations                     1 rows",
        ]
