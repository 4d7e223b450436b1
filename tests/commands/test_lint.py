"""`promptlib lint`: squawk's rules and ours, as a user meets them. No server is needed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.projects import Project, full, run


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that excludes nothing yet."""
    made = Project.copy(tmp_path)
    configure(made, "[tool.promptlib.lint.exclude]")
    return made


def configure(project: Project, *lines: str) -> None:
    """Write lines to pyproject.toml, behind those that are there."""
    with (project.folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def lint(project: Project, *arguments: str) -> list[tuple[str, str]]:
    """The place and rule of each finding."""
    said = project.promptlib("lint", "--format=json", *arguments, ok=None)
    found = json.loads(said.stdout)
    assert said.returncode == bool(found)
    return [
        (f"{Path(each['file']).name}:{each['line']}:{each['column']}", each["rule"])
        for each in found
    ]


def refused(project: Project, *arguments: str, **environment: str) -> str:
    """What an error says."""
    said = project.promptlib("lint", *arguments, ok=False, **environment)
    assert (said.returncode, said.stdout) == (2, "")
    return said.stderr


def test_this_projects_own_migrations_are_clean() -> None:
    said = run("promptlib", "lint")
    assert (said.stdout, said.stderr) == ("no findings in 6 migrations\n", "")


def test_findings_of_squawk_and_of_ours(project: Project) -> None:
    project.add(1, "CREATE TABLE a (i int);\nUPDATE a SET i = 1;")
    said = project.promptlib("lint", ok=False)
    path = f"sql/{full(1)}_x.sql"
    assert (said.returncode, said.stderr) == (1, "")
    assert said.stdout == (
        f"{path}:2:14: down-misses-object: DOWN leaves table a behind; drop it in DOWN\n"
        f"{path}:3:1: write-without-where: UPDATE without WHERE means every row; "
        "say which rows, or WHERE true\n"
        f"{path}:2:19: prefer-bigint-over-int: Using 32-bit integer fields can result in hitting "
        "the max `int` limit; Use 64-bit integer values instead to prevent hitting this limit\n"
        "3 findings in 1 file; 1 migration checked\n"
    )


def test_no_migration_is_no_finding(project: Project) -> None:
    assert project.promptlib("lint").stdout == "no findings in 0 migrations\n"


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_places_are_those_that_an_editor_shows(project: Project, bom: str, end: str) -> None:
    lines = [
        *("-- é", "", "-- UP", "/* 🔒 é */ CREATE TABLE é (", "  \té /* ü */ int", ");"),
        *("-- DOWN", "DROP TABLE é;", "ALTER TABLE b ALTER c TYPE int;", ""),
    ]
    name = f"{full(1)}_x.sql"
    project.write(name, bom + end.join(lines))
    assert lint(project) == [(f"{name}:5:14", "prefer-bigint-over-int")]


def test_squawk_knows_whether_there_is_a_transaction(project: Project) -> None:
    up = "DROP TABLE IF EXISTS b;\nCREATE INDEX CONCURRENTLY i ON a (b);"
    for number, mode in ((1, "true"), (2, "false")):
        name = f"{full(number)}_x.sql"
        project.write(name, f"-- UP transaction:{mode}\n{up}\n-- DOWN\nDROP INDEX i;\n")
    found = [(int(place.split(":")[1]), rule) for place, rule in lint(project)]
    assert found == [
        (2, "ban-drop-table"),
        (3, "cannot-run-in-transaction"),
        (2, "ban-drop-table"),
    ]


def test_a_comment_ignores_rules_of_both(project: Project) -> None:
    name = f"{full(1)}_x.sql"
    project.write(
        name,
        "-- squawk-ignore-file down-misses-object\n"
        "-- UP\n"
        "-- squawk-ignore prefer-bigint-over-int, write-without-where\n"
        "CREATE TABLE a (i int); UPDATE a SET i = 1;\n"
        "UPDATE a SET i = 2; -- squawk-ignore write-without-where\n"
        "/* squawk-ignore write-without-where */\n"
        "UPDATE a SET i = 3;\n"
        "-- squawk-ignore secret-literal\n"
        "UPDATE a SET i = 4;\n"
        "-- squawk-ignore write-without-where\n"
        "\n"
        "UPDATE a SET i = 5;\n"
        "-- squawk-ignore write-without-wher\n"
        "UPDATE a SET i = 6;\n"
        "-- DOWN\n"
        "-- squawk-ignore write-without-where\n"
        "DELETE FROM a;\n",
    )
    assert lint(project) == [
        (f"{name}:9:1", "write-without-where"),
        (f"{name}:12:1", "write-without-where"),
        (f"{name}:13:18", "unused-ignore"),
        (f"{name}:14:1", "write-without-where"),
    ]


def test_a_comment_ignores_every_rule_in_a_file(project: Project) -> None:
    project.add(1, "-- squawk-ignore-file\nCREATE TABLE a (i int); DELETE FROM a;")
    assert lint(project) == []


def test_pyproject_excludes_rules_of_both(project: Project) -> None:
    for number in (1, 2):
        project.add(number, "CREATE TABLE a (i int, t varchar(9)); DELETE FROM a;")
    assert len(lint(project)) == 8
    configure(project, 'prefer-text-field = "why"', 'down-misses-object = "why"')
    assert len(lint(project)) == 4
    configure(
        project,
        f'[tool.promptlib.lint.per-file-exclude."{full(1)}_*"]',
        'prefer-bigint-over-int = "why"',
        'write-without-where = "why"',
    )
    assert [place.split("_")[0] for place, _ in lint(project)] == [full(2)] * 2


def test_rules_that_squawk_leaves_out_can_be_asked_for(project: Project) -> None:
    project.add(1, "CREATE TABLE a (i bigint);", "DROP TABLE a;")
    assert lint(project) == []
    configure(project, "[tool.promptlib.lint]", 'include = ["require-table-schema"]')
    assert [rule for _, rule in lint(project)] == ["require-table-schema"]


def test_squawks_own_configuration_is_not_read(project: Project) -> None:
    project.add(1, "CREATE TABLE a (i int);", "DROP TABLE a;")
    (project.folder / ".squawk.toml").write_text('excluded_rules = ["prefer-bigint-over-int"]\n')
    assert [rule for _, rule in lint(project)] == ["prefer-bigint-over-int"]


def test_files_by_name(project: Project, tmp_path: Path) -> None:
    for number in (1, 2):
        project.add(number, "DELETE FROM a;")
    (tmp_path / "elsewhere.sql").write_text("-- UP\nSELECT 1;\n-- DOWN\nDELETE FROM a;\n")
    chosen = f"sql/{full(2)}_x.sql"
    assert lint(project, chosen, chosen) == [(f"{full(2)}_x.sql:2:1", "write-without-where")]
    assert lint(project, "elsewhere.sql") == [("elsewhere.sql:4:1", "write-without-where")]


def test_files_by_name_need_no_folder_of_migrations(project: Project, tmp_path: Path) -> None:
    (project.folder / "sql").rmdir()
    (tmp_path / "elsewhere.sql").write_text("-- UP\nSELECT 1;\n-- DOWN\nDELETE FROM a;\n")
    assert lint(project, "elsewhere.sql") == [("elsewhere.sql:4:1", "write-without-where")]


def test_broken_files_are_findings_beside_the_others(project: Project) -> None:
    project.add(1, "SELECT 'it;")
    project.add(2, "DELETE FROM a;")
    project.write("notes.sql", "")
    project.write(f"{full(2)}_y.sql", "")
    assert lint(project) == [
        (f"{full(1)}_x.sql:2:8", "format"),
        (f"{full(2)}_x.sql:2:1", "write-without-where"),
        (f"{full(2)}_y.sql:1:1", "name"),
        ("notes.sql:1:1", "name"),
    ]
    said = project.promptlib("lint", ok=False).stdout.splitlines()
    assert said[0].endswith("format: this quote is never closed; close it with '")
    assert "rename it to YYYYMMDDHHMMSS_name.sql" in said[3]


def test_a_syntax_that_squawk_does_not_know(project: Project) -> None:
    project.add(1, "SELECT 1 FROM;")
    assert lint(project) == [(f"{full(1)}_x.sql:2:14", "syntax-error")]


def test_annotations_for_github(project: Project) -> None:
    project.add(1, "DELETE FROM a;")
    said = project.promptlib("lint", "--format", "github", ok=False, GITHUB_WORKSPACE="")
    assert said.stdout == (
        f"::error file=sql/{full(1)}_x.sql,line=2,col=1,title=write-without-where::"
        "DELETE without WHERE means every row; say which rows, or WHERE true\n"
    )
    assert said.stderr == "1 finding in 1 file; 1 migration checked\n"
    assert project.promptlib("-q", "lint", "--format=github", ok=False).stderr == ""


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_secrets_are_never_shown(project: Project, form: str) -> None:
    secret = "AKIA" + "IOSFODNN7EXAMPLE"
    project.add(1, f"UPDATE a SET b = '{secret}';")
    said = project.promptlib("lint", "--format", form, ok=False)
    assert "secret-literal" in said.stdout
    assert secret not in said.stdout + said.stderr


def test_files_that_cannot_be_read(project: Project) -> None:
    assert refused(project, "nowhere.sql") == (
        "nowhere.sql: cannot be read: No such file or directory\n"
    )
    assert refused(project, "sql") == "sql: cannot be read: Is a directory\n"


def _without_squawk(project: Project) -> dict[str, str]:
    """An environment in which the extra is not installed."""
    folder = project.folder / "hidden"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "from importlib import metadata\n"
        "def files(name):\n"
        "    raise metadata.PackageNotFoundError(name)\n"
        "metadata.files = files\n"
    )
    return {"PYTHONPATH": str(folder)}


_LEFT_OUT = (
    "squawk is not installed: its rules were left out; "
    "install the extra lint: pip install 'promptlib[lint]'\n"
)


@pytest.mark.parametrize("command", ["lint", "check"])
def test_without_the_extra_our_rules_run_and_a_line_says_what_is_missing(
    project: Project, command: str
) -> None:
    hidden = _without_squawk(project)
    project.add(1, "DROP TABLE a;")
    said = project.promptlib(command, ok=True, **hidden)
    assert (said.stdout, said.stderr) == ("no findings in 1 migration\n", _LEFT_OUT)
    project.add(1, "DELETE FROM a;")
    said = project.promptlib(command, "--format=json", ok=False, **hidden)
    assert [each["rule"] for each in json.loads(said.stdout)] == ["write-without-where"]
    assert said.stderr.startswith(_LEFT_OUT)


def test_what_an_earlier_migration_has_made_is_known_to_one_file_alone(project: Project) -> None:
    project.add(1, "CREATE TABLE p (k bigint) PARTITION BY RANGE (k);", "DROP TABLE p;")
    project.add(2, "CREATE INDEX i ON p (k);", "DROP INDEX i;")
    assert lint(project) == lint(project, f"sql/{full(2)}_x.sql") == []
    project.add(1, "CREATE TABLE p (k bigint);", "DROP TABLE p;")
    assert lint(project, f"sql/{full(2)}_x.sql") == [
        (f"{full(2)}_x.sql:2:1", "require-concurrent-index-creation")
    ]


def test_migrations_that_may_run_again_are_alembic_ini_s(project: Project) -> None:
    up = "DO $$ BEGIN COMMIT; END $$;"
    text = f"-- UP transaction:false\n{up}\n-- DOWN\nSELECT 1;\n"
    project.write(f"{full(1)}_x.sql", text)
    assert lint(project) == [(f"{full(1)}_x.sql:2:13", "commit-inside-statement")]
    ini = project.folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("= 20261122090000", f"= {full(1)}"))
    assert lint(project) == []


def test_busy_tables_are_the_project_s(project: Project) -> None:
    project.add(1, "ALTER TABLE a ADD k text; ALTER TABLE b ADD k text;", "CALL undo();")
    assert lint(project) == []
    configure(project, "[tool.promptlib.lint]", 'busy-tables = ["a", "b"]')
    assert lint(project) == [(f"{full(1)}_x.sql:2:27", "locks-several-tables")]


def test_what_squawk_refuses(project: Project) -> None:
    project.add(1, "SELECT 1;")
    configure(project, "[tool.promptlib.lint]", 'include = ["nonsense"]')
    assert refused(project).startswith("squawk failed: error: invalid value 'nonsense'")


def test_a_configuration_that_makes_no_sense(project: Project) -> None:
    configure(project, 'no-reason = ""')
    assert refused(project).startswith("pyproject.toml: exclude of [tool.promptlib.lint] gives no")


def test_what_is_found_belongs_to_its_file(project: Project) -> None:
    """They are one process's, which knows them by numbers."""
    for number in range(1, 60):
        lines = "SELECT 1;\n" * number
        project.add(number, f"{lines}CREATE TABLE a (i int);", "DROP TABLE a;")
    assert lint(project) == [
        (f"{full(number)}_x.sql:{number + 2}:19", "prefer-bigint-over-int")
        for number in range(1, 60)
    ]
