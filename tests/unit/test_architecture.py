"""The rules that keep promptlib's packages apart, small and quick to start."""

from __future__ import annotations

import ast
import functools
import graphlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "promptlib"
# What a package may import beside itself. docs/architecture.md draws this table.
ALLOWED: dict[str, set[str]] = {
    "core": set(),
    "registry": set(),
    "syntax": {"core"},
    "erd": {"core"},
    "files": {"core", "syntax"},
    "postgres": {"core", "syntax"},
    "config": {"core", "postgres"},
    "ledger": {"core", "files", "postgres", "syntax"},
    "lint": {"core", "files", "syntax"},
    "plan": {"config", "core", "files", "ledger", "postgres"},
    "schema_dump": {"config", "core", "ledger", "plan", "postgres", "syntax"},
    "engine": {
        *("config", "core", "files", "ledger", "plan", "postgres", "schema_dump", "syntax"),
    },
    "autogenerate": {"core", "postgres", "syntax"},
    "verify": {"config", "core", "engine", "files", "ledger", "postgres", "syntax"},
    "alembic_bridge": {
        *("autogenerate", "config", "core", "engine", "files", "ledger", "plan", "postgres"),
    },
    "scaffold": {"config", "core", "files", "postgres"},
    "testing": {"config", "core", "engine", "postgres", "verify"},
    "importing": {"alembic_bridge", "core", "files", "syntax"},
    "adopt": {"config", "core", "engine", "files", "ledger", "plan", "postgres", "verify"},
}
ALLOWED["consolidate"] = {
    *("core", "engine", "files", "ledger", "plan", "postgres", "schema_dump", "syntax", "verify"),
    "config",
}
ALLOWED["cli"] = set(ALLOWED)
WITH_ALEMBIC = {"alembic_bridge", "autogenerate"}
WITH_SQLALCHEMY = {"alembic_bridge", "autogenerate", "erd", "registry"}
# In the package itself there is only what other programs name.
FRONT_DOOR = {"__init__", "__main__", "environment"}
# Their modules have tests that a reader finds by name: autogenerate has its golden files, registry
# the folder of tests of its own.
TESTED_BY_NAME = {*ALLOWED} - {"autogenerate", "registry"}
WITHOUT_LOGIC = {"core.events", "engine.context", "cli.command_list", "importing.tool_list"}
MOST_LINES = 400
MOST_LINES_OF_ENV = 30


def dotted(path: Path) -> str:
    """A module's name below promptlib: `plan.states`, `__main__`."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


PATHS = {dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}
MODULES = [name for name in PATHS if not name.endswith("__init__")]
IN_PACKAGES = [name for name in MODULES if "." in name]


@functools.cache
def tree(module: str) -> ast.Module:
    return ast.parse(PATHS[module].read_text(encoding="utf-8"))


def package_of(module: str) -> str:
    return module.split(".", maxsplit=1)[0]


def imported(source: ast.AST) -> set[str]:
    """The full names of what is imported, in functions and for type checkers too."""
    names = set()
    for node in ast.walk(source):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def siblings(module: str) -> set[str]:
    """The modules of promptlib that a module imports."""
    ours = (name.removeprefix("promptlib.") for name in imported(tree(module)))
    found = set()
    for name in ours:
        parts = name.split(".")
        whole = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
        found |= {next((each for each in whole if each in MODULES), "")}
    return found - {""}


def test_every_package_has_its_place() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert folders == {*ALLOWED}


def test_the_package_itself_holds_what_other_programs_name() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} == FRONT_DOOR


def test_packages_form_no_circle() -> None:
    graphlib.TopologicalSorter(ALLOWED).prepare()


def test_the_picture_draws_this_table() -> None:
    drawn = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    diagram = re.search(r"```mermaid\nflowchart BT\n(.*?)```", drawn, re.DOTALL)
    assert diagram
    arrows: dict[str, set[str]] = {package: set() for package in ALLOWED}
    for line in diagram[1].splitlines():
        package, _, others = line.strip().partition(" --> ")
        arrows[package] = {*others.split(" & ")} - {""}
    assert arrows == ALLOWED


def test_the_page_names_every_package_and_only_modules_that_are_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    assert {*re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)} == {*ALLOWED}
    named = {*re.findall(r"`(\w+/(?:\w+/)?\w+)\.py`", page)} - {"tests/unit/test_architecture"}
    assert {name.replace("/", ".") for name in named} <= {*MODULES}


def test_modules_form_no_circle() -> None:
    graphlib.TopologicalSorter({module: siblings(module) for module in MODULES}).prepare()


def test_a_package_imports_what_it_may() -> None:
    for module in IN_PACKAGES:
        own = package_of(module)
        packages = {package_of(each) for each in siblings(module)}
        assert packages - {own} <= ALLOWED[own], module


def test_who_may_import_alembic_and_sqlalchemy() -> None:
    for module in IN_PACKAGES:
        packages = {name.split(".")[0] for name in imported(tree(module))}
        assert "alembic" not in packages or package_of(module) in WITH_ALEMBIC, module
        assert "sqlalchemy" not in packages or package_of(module) in WITH_SQLALCHEMY, module


def called(source: ast.AST) -> set[str]:
    """The names that are called, with the module before them: `print`, `sys.exit`."""
    calls = (node.func for node in ast.walk(source) if isinstance(node, ast.Call))
    return {ast.unparse(each) for each in calls}


def test_only_the_command_line_prints_and_exits() -> None:
    forbidden = {"print", "exit", "quit", "sys.exit", "os._exit", "sys.stdout.write"}
    allowed = {
        "__main__": {"sys.exit"},  # hands on the exit code of main()
        "core.interrupts": {"os._exit"},  # libpq waits for ever in a frozen network
        "files.reading_ahead": {"os._exit"},  # a child that must not go on as its parent does
        "cli.main": forbidden,
    }
    for module in MODULES:
        assert called(tree(module)) & forbidden <= allowed.get(module, set()), module


def test_modules_are_short() -> None:
    lines = {name: path.read_text("utf-8").count("\n") for name, path in PATHS.items()}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


@pytest.mark.parametrize(
    "package",
    [*ALLOWED, "autogenerate.compare", "autogenerate.write", "importing.tools", "lint.rules"],
)
def test_a_package_says_what_it_is_and_holds_no_more(package: str) -> None:
    (only,) = tree(f"{package}.__init__").body
    assert isinstance(only, ast.Expr)


def test_a_module_has_tests_of_its_name() -> None:
    for module in IN_PACKAGES:
        package, _, name = module.rpartition(".")
        below = package.replace(".", "/")
        folders = (f"unit/{below}", f"postgres/{below}", "commands")
        paths = [ROOT / "tests" / folder / f"test_{name}.py" for folder in folders]
        assert (
            package_of(module) not in TESTED_BY_NAME
            or module in WITHOUT_LOGIC
            or any(path.is_file() for path in paths)
        ), module


def test_data_files_are_read_as_resources() -> None:
    for path in PATHS.values():
        # where libpq is, is another matter
        assert "__file__" not in path.read_text("utf-8").replace("_psycopg.__file__", "")


def test_modules_without_alembic_load_none_of_it() -> None:
    without = [module for module in IN_PACKAGES if package_of(module) not in WITH_SQLALCHEMY]
    lines = "; ".join(f"import promptlib.{module}" for module in without)
    result = subprocess.run(
        [sys.executable, "-c", f"import sys; {lines}; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    loaded = {name.split(".")[0] for name in result.stdout.split()}
    assert "promptlib" in loaded
    assert not loaded & {"alembic", "sqlalchemy"}


def test_env_only_wires() -> None:
    lines = (ROOT / "alembic" / "env.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MOST_LINES_OF_ENV


def test_our_folder_does_not_hide_alembic() -> None:
    assert not (ROOT / "alembic" / "__init__.py").exists()


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import a.b, c", {"a.b", "c"}),
        ("from a import b as c", {"a.b"}),
        ("def f():\n    from a.b import c", {"a.b.c"}),
        ("if TYPE_CHECKING:\n    import a", {"a"}),
    ],
)
def test_imports_are_found_wherever_they_are(code: str, names: set[str]) -> None:
    assert imported(ast.parse(code)) == names


def test_calls_are_found_wherever_they_are() -> None:
    assert called(ast.parse("def f():\n    print(sys.exit(1))")) == {"print", "sys.exit"}


def test_no_two_classes_have_one_name() -> None:
    found = [
        node.name
        for module in MODULES
        for node in ast.walk(tree(module))
        if isinstance(node, ast.ClassDef)
    ]
    assert [name for name in {*found} if found.count(name) > 1] == []
