"""`promptlib check`: what keeps migrations from being merged, in real git repositories."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from promptlib.cli.full_parser import make_parser
from support.projects import Project, full, path_of, run
from support.repositories import Repository

_NEWER = "20250601000000"
_UP, _DOWN = "CREATE TABLE a{} (i bigint);", "DROP TABLE a{};"


def add(project: Project, version: str | int, name: str = "x") -> Path:
    """A migration that nothing is wrong with, and that is like no other."""
    number = full(version)
    return project.add(version, _UP.format(number), _DOWN.format(number), name=name)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with three migrations, in no repository."""
    made = Project.copy(tmp_path)
    for number in (1, 2, 3):
        add(made, number)
    return made


@pytest.fixture
def repository(project: Project) -> Repository:
    """The same, merged on main, and a branch to work on."""
    made = Repository.make(project.folder)
    made.commit()
    made.branch("topic")
    return made


def check(project: Project, *given: str, folder: Path | None = None) -> list[tuple[str, str]]:
    """The file and rule of each finding."""
    arguments = ["check", "--format=json", *given]
    said = run("promptlib", *arguments, folder=folder or project.folder, ok=None)
    found = json.loads(said.stdout)
    assert said.returncode == bool(found)
    assert all(each["help"] for each in found)
    return [(Path(each["file"]).name, each["rule"]) for each in found]


def against(project: Project, base: str = "main") -> list[tuple[str, str]]:
    return check(project, "--base", base)


def refused(project: Project, *arguments: str, **environment: str) -> str:
    """What an error says."""
    said = project.promptlib("check", *arguments, ok=False, **environment)
    assert (said.returncode, said.stdout) == (2, "")
    return said.stderr


def file(version: str | int, name: str = "x") -> str:
    return f"{full(version)}_{name}.sql"


def test_this_project_may_be_merged() -> None:
    assert run("promptlib", "check").stdout == "no findings in 6 migrations\n"


def test_all_that_is_wrong_is_told_at_once(project: Project) -> None:
    project.add(1, "SELECT 'it;")
    project.add(2, "DELETE FROM a;")
    project.add(2, "SELECT 1;", name="y")
    project.add("29990101000000", "SELECT 1;")
    project.write("notes.sql", "")
    assert check(project) == [
        (file(1), "format"),
        (file(2), "write-without-where"),
        (file(2, "y"), "name"),
        (file("29990101000000"), "future"),
        ("notes.sql", "name"),
    ]
    assert project.promptlib("check", ok=False).stdout.endswith(
        "5 findings in 5 files; 4 migrations checked\n"
    )


def test_versions_are_times_in_utc(project: Project) -> None:
    now = datetime.now(UTC)
    add(project, f"{now:%Y%m%d%H%M%S}")
    assert check(project) == []
    tomorrow = f"{now + timedelta(days=1):%Y%m%d%H%M%S}"
    add(project, tomorrow)
    assert check(project) == [(file(tomorrow), "future")]


@pytest.mark.usefixtures("repository")
def test_a_branch_that_adds_migrations_may_be_merged(project: Project) -> None:
    assert against(project) == []
    add(project, 4)
    add(project, 5)
    assert against(project) == []


@pytest.mark.usefixtures("repository")
def test_a_merged_migration_is_not_edited(project: Project) -> None:
    path = project.add(2, "-- ö\nSELECT 2;\nSELECT 3;")
    assert against(project) == [(file(2), "edited")]
    text = path.read_text().replace("-- UP", "-- first lines\n\n-- UP")
    path.write_text(text)
    assert project.promptlib("check", "--base=main", ok=False).stdout == (
        f"sql/{file(2)}:3:1: edited: main has another UP section; restore it: "
        f"git checkout main -- sql/{file(2)}, and write a new migration\n"
        "1 finding in 1 file; 3 migrations checked\n"
    )


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n", "\r\n"),
        ("-- UP", "\ufeff-- UP"),
        ("-- UP\n", "-- a comment before it\n-- UP\n\n\n"),
        ("-- DOWN", "\n\n-- DOWN"),
        ("DROP TABLE", "DROP TABLE IF EXISTS"),
        ("-- UP", "--up lock_timeout:30s"),
    ],
)
def test_what_a_deploy_does_not_call_an_edit_is_none(project: Project, old: str, new: str) -> None:
    path = project.folder / "sql" / file(2)
    before = path.read_bytes()
    path.write_bytes(before.decode().replace(old, new, 1 if "UP" in old else -1).encode())
    assert path.read_bytes() != before
    assert against(project) == []


@pytest.mark.usefixtures("repository")
def test_a_merged_migration_is_not_deleted(project: Project) -> None:
    (project.folder / "sql" / file(2)).unlink()
    assert project.promptlib("check", "--base=main", ok=False).stdout == (
        f"sql/{file(2)}:1:1: missing: main has it, and the file is gone; restore it: "
        f"git checkout main -- sql/{file(2)}\n"
        "1 finding in 1 file; 2 migrations checked\n"
    )


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("to", [file(2, "y"), file(4), file(4, "y")])
def test_a_merged_migration_is_not_renamed(project: Project, to: str) -> None:
    folder = project.folder / "sql"
    (folder / file(2)).rename(folder / to)
    assert project.promptlib("check", "--base=main", ok=False).stdout == (
        f"sql/{to}:1:1: renamed: main has it as {file(2)}; give it that name again\n"
        "1 finding in 1 file; 3 migrations checked\n"
    )


@pytest.mark.usefixtures("repository")
def test_new_migrations_stand_behind_merged_ones(project: Project) -> None:
    early = "20240101000000"
    add(project, early)
    add(project, "20240102000000")
    said = project.promptlib("check", "--base=main", ok=False).stdout
    first, second = re.findall(
        r": late: it has an older version than (\S+) of main; rename it to (\d{14})_x\.sql", said
    )
    assert first[0] == second[0] == file(3)
    assert full(3) < first[1] < second[1]
    (project.folder / "sql" / file(early)).unlink()
    (project.folder / "sql" / file("20240102000000")).rename(
        project.folder / "sql" / file(second[1])
    )
    assert against(project) in ([], [(file(second[1]), "future")])  # the second of two in a second


def test_only_what_is_new_or_changed_is_judged(project: Project, repository: Repository) -> None:
    old = project.add(4, "CREATE TABLE worse (id serial);", "SELECT 1;")
    repository.commit()
    repository.git("branch", "-f", "main")
    assert check(project) == check(project, "--base=main", "--all") != []
    assert check(project, "--base=main") == []
    new = project.add(5, "CREATE TABLE bad (id serial);", "SELECT 1;")
    found = check(project, "--base=main")
    assert {name for name, _ in found} == {new.name}
    old.write_text(old.read_text().replace("-- DOWN", "-- DOWM"))
    assert (old.name, "format") in check(project, "--base=main")


def test_what_the_base_did_since_is_not_the_branchs_doing(
    project: Project, repository: Repository
) -> None:
    """It added, edited and deleted migrations: the branch is only told where it stands."""
    repository.switch("main")
    add(project, _NEWER)
    project.add(2, "SELECT 'mended on main';")
    (project.folder / "sql" / file(1)).unlink()
    repository.commit()
    repository.switch("topic")
    assert against(project) == []
    add(project, 4)
    assert against(project) == [(file(4), "late")]
    repository.git("mv", "-f", f"sql/{file(3)}", f"sql/{file(3, 'y')}")
    assert {*against(project)} == {(file(3, "y"), "renamed"), (file(4), "late")}
    # The same edit as on main, as a cherry-pick makes it.
    repository.git("checkout", "--quiet", "topic", "--", "sql")
    project.add(2, "SELECT 'mended on main';")
    (project.folder / "sql" / file(3, "y")).unlink()
    (project.folder / "sql" / file(4)).unlink()
    assert against(project) == []


def test_a_version_that_the_base_took_meanwhile(project: Project, repository: Repository) -> None:
    repository.switch("main")
    add(project, 4, name="theirs")
    repository.commit()
    repository.switch("topic")
    add(project, 4, name="ours")
    said = project.promptlib("check", "--base=main", ok=False).stdout
    assert f"it has the same version as {file(4, 'theirs')} of main; rename it to " in said


def test_what_was_merged_may_be_in_the_future(project: Project, repository: Repository) -> None:
    """It cannot be renamed any more."""
    repository.switch("main")
    add(project, "29990101000000")
    repository.commit()
    assert against(project) == []
    assert check(project) == [(file("29990101000000"), "future")]


def test_a_merged_file_that_was_broken_may_be_mended(
    project: Project, repository: Repository
) -> None:
    repository.switch("main")
    project.add(4, "SELECT 'it;")
    repository.commit()
    project.add(4, "SELECT 'it';")
    assert against(project) == []
    project.add(3, "SELECT 'it;")
    assert against(project) == [(file(3), "format")]


def test_uncommitted_and_committed_changes_are_the_same(
    project: Project, repository: Repository
) -> None:
    project.add(2, "SELECT 2;")
    add(project, "20240101000000")
    expected = [(file("20240101000000"), "late"), (file(2), "edited")]
    assert against(project) == expected
    repository.commit()
    assert against(project) == expected
    assert against(project, "topic") == []


@pytest.mark.parametrize("base", ["v1", "main~0", "HEAD~1"])
def test_a_base_is_any_commit(project: Project, repository: Repository, base: str) -> None:
    repository.git("tag", "--annotate", "--message=x", "v1")
    (project.folder / "sql" / file(2)).unlink()
    repository.commit()
    assert against(project, base) == [(file(2), "missing")]


def test_a_project_in_a_sub_folder(tmp_path: Path) -> None:
    folder = tmp_path / "back end" / "dienste ö"
    folder.mkdir(parents=True)
    project = Project.copy(folder)
    add(project, 1)
    repository = Repository.make(tmp_path)
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / file(9)).write_text("another project's")
    repository.commit()
    assert against(project) == []
    project.add(1, "SELECT 1;")
    assert against(project) == [(file(1), "edited")]
    from_above = ["--config", str(folder / "alembic.ini"), "--base", "main"]
    assert check(project, *from_above, folder=tmp_path) == [(file(1), "edited")]


def test_migrations_that_lie_elsewhere(project: Project, repository: Repository) -> None:
    repository.switch("main")
    (project.folder / "db").mkdir()
    shutil.move(project.folder / "sql", project.folder / "db" / "versions")
    ini = project.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("%(here)s/sql", "%(here)s/db/versions"))
    assert against(project) == []  # main has none there, so all are new
    repository.commit()
    (project.folder / "db" / "versions" / file(2)).unlink()
    assert against(project) == [(file(2), "missing")]


def test_folders_and_other_files_of_the_base_do_not_count(
    project: Project, repository: Repository
) -> None:
    repository.switch("main")
    (project.folder / "sql" / f"{file(9)}.d").mkdir()
    (project.folder / "sql" / f"{file(9)}.d" / "x").write_text("")
    (project.folder / "sql" / "README.md").write_text("")
    repository.commit()
    shutil.rmtree(project.folder / "sql" / f"{file(9)}.d")
    (project.folder / "sql" / "README.md").unlink()
    assert against(project) == []


@pytest.mark.usefixtures("repository")
def test_git_is_asked_twice_however_many_files_there_are(project: Project) -> None:
    for number in range(1, 60):
        project.add(number, f"SELECT {number};")
    real, counted = shutil.which("git"), project.folder / "counted"
    folder = project.folder / "bin"
    folder.mkdir()
    (folder / "git").write_text(f'#!/bin/sh\necho "$1" >> {counted}\nexec {real} "$@"\n')
    (folder / "git").chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    said = project.promptlib("check", "--base=main", ok=False, PATH=path).stdout
    assert said.count(": edited: ") == 3
    assert counted.read_text().split() == ["rev-parse", "cat-file"]


@pytest.mark.usefixtures("repository")
def test_as_a_hook_of_git(project: Project) -> None:
    """Git tells its hooks where the repository is, from another folder than ours."""
    project.add(2, "SELECT 2;")
    hook = {"GIT_DIR": ".git", "GIT_WORK_TREE": ".", "GIT_INDEX_FILE": ".git/index"}
    said = project.promptlib("check", "--base=main", ok=False, **hook)
    assert (said.returncode, said.stdout.count(": edited: ")) == (1, 1)


def test_without_a_repository(project: Project) -> None:
    said = refused(project, "--base=main", GIT_CEILING_DIRECTORIES=str(project.folder.parent))
    assert said == "sql: this is in no git repository; leave --base out\n"


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("base", ["nowhere", "--all", "origin/main", "main:sql"])
def test_a_base_that_git_does_not_know(project: Project, base: str) -> None:
    assert refused(project, f"--base={base}") == (
        f"git knows no commit {base} here; fetch it, or name another --base\n"
    )


def test_a_repository_without_commits(project: Project) -> None:
    Repository.make(project.folder)
    assert "git knows no commit main here" in refused(project, "--base=main")


def test_histories_that_have_nothing_in_common(project: Project, repository: Repository) -> None:
    repository.git("checkout", "--quiet", "--orphan", "other")
    add(project, 4)
    repository.commit()
    assert refused(project, "--base=main") == (
        "HEAD and main have no commit in common; "
        "fetch the whole history: git fetch --unshallow (in CI: fetch-depth: 0)\n"
    )


@pytest.mark.usefixtures("repository")
def test_without_git(project: Project) -> None:
    assert refused(project, "--base=main", PATH="/nowhere") == (
        "git is not installed; install it, or leave --base out\n"
    )


def test_annotations_for_github(project: Project) -> None:
    project.add("29990101000000", "SELECT 1;")
    said = project.promptlib("check", "--format=github", ok=False, GITHUB_WORKSPACE="")
    assert said.stdout.startswith(
        f"::error file=sql/{file('29990101000000')},line=1,col=1,title=future::"
    )


def test_the_hooks_can_be_said_and_need_extras_that_there_are(root: Path) -> None:
    text = (root / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    entries = re.findall(r"^  entry: (.*)$", text, re.MULTILINE)
    assert entries == ["promptlib check", "promptlib lint"]
    for entry in entries:
        program, *given = shlex.split(entry)
        assert Path(path_of(program)).is_file()
        make_parser().parse_args(given)
    extras = re.search(
        r"optional-dependencies\]\n(.*?)\n\n", (root / "pyproject.toml").read_text(), re.DOTALL
    )
    assert extras
    for extra in re.findall(r'"\.\[(\w+)\]"', text):
        assert f"{extra} = [" in extras[1]


def test_a_hook_is_given_files(project: Project) -> None:
    """As pre-commit does: paths from the top of the repository, behind the entry."""
    (entry,) = re.findall(
        r"files: (.*)$",
        Path(__file__).parents[2].joinpath(".pre-commit-hooks.yaml").read_text(),
        re.MULTILINE,
    )
    paths = [f"sql/{file(1)}", f"db/sql/{file(2)}", f"sql/a/b/{file(3)}", "sql/README.md"]
    others = ["sql/repeatable/a.sql", "mysql/a.sql"]
    assert [path for path in paths + others if re.search(entry, path)] == paths[:3]
    assert project.promptlib("lint", paths[0]).stdout == "no findings in 1 migration\n"
