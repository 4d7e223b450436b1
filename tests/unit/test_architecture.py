"""The rules that keep promptlib's modules apart, small and quick to start."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "promptlib"
# A module imports only modules that stand before it.
WITHOUT_ALEMBIC = (
    *("errors", "lexemes", "pieces", "sqltext", "duration", "markers"),
    *("checksum", "section", "migration"),
    *("glance", "naming", "directory"),
    *("tokens", "ddl", "dml", "leftovers", "violations", "rules", "squawk", "exclusions", "lint"),
    *("git", "merging"),
    *("masking", "diagnosis", "logs", "interrupts", "settings"),
    *(
        "quoting",
        "moves",
        "records",
        "ledger",
        "reading",
        "plan",
        "activity",
        "progress",
        "lock",
        "watcher",
    ),
    *("session", "runner", "attempts", "transactions", "outside", "sections", "deploy", "offline"),
    *("programs", "embedded", "driver", "database"),
    *("parsing", "arguments", "config", "standing", "tables", "preview", "backwards", "views"),
    *(
        "answers",
        "events",
        "undisturbed",
        "repair",
        "backup",
        "server",
        "creating",
        "completion",
        "looking",
    ),
    *("catalog", "contents", "findings", "measured", "scratch", "guesses", "shapes", "samples"),
    *("trial", "verify", "verdict", "page", "conformity", "adopt"),
)
WITH_ALEMBIC = (
    *("report", "operations", "spelling", "relabelling", "conversions", "differences"),
    *("enums", "table_changes", "column_changes", "losses", "comparing", "sequences", "fillers"),
    *("definitions", "restoring", "ordering", "rendering", "autogenerate"),
    *("scripts", "versioning", "steps", "writing", "online", "plugin", "columns", "model"),
    *("environment", "handover", "drift", "changing"),
    *("diagram", "mermaid", "graphviz", "authoring"),
    *("cli", "__main__"),
)
ORDER = WITHOUT_ALEMBIC + WITH_ALEMBIC
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")
MOST_LINES = 250
MOST_LINES_OF_ENV = 30


def tree(module: str) -> ast.Module:
    return ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))


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
    return {name.split(".")[1] for name in imported(tree(module)) if name.startswith("promptlib.")}


def test_every_module_has_its_place() -> None:
    assert set(MODULES) <= set(ORDER)


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_in_one_direction(module: str) -> None:
    before = set(ORDER[: ORDER.index(module)])
    assert siblings(module) <= before


@pytest.mark.parametrize("module", WITHOUT_ALEMBIC)
def test_modules_without_alembic_import_none_of_it(module: str) -> None:
    packages = {name.split(".")[0] for name in imported(tree(module))}
    assert not packages & {"alembic", "sqlalchemy"}


@pytest.mark.parametrize("modules", ["database", "runner", ", ".join(WITHOUT_ALEMBIC)])
def test_modules_without_alembic_load_none_of_it(modules: str) -> None:
    code = f"import sys; from promptlib import {modules}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    )
    loaded = {name.split(".")[0] for name in result.stdout.split()}
    assert "promptlib" in loaded
    assert not loaded & {"alembic", "sqlalchemy"}


def called(source: ast.AST) -> set[str]:
    """The names that are called, with the module before them: `print`, `sys.exit`."""
    calls = (node.func for node in ast.walk(source) if isinstance(node, ast.Call))
    return {ast.unparse(each) for each in calls}


@pytest.mark.parametrize("module", [module for module in MODULES if module != "cli"])
def test_only_the_command_line_prints_and_exits(module: str) -> None:
    forbidden = {"print", "exit", "quit", "sys.exit", "os._exit", "sys.stdout.write"}
    if module == "__main__":  # hands on the exit code of cli.main()
        forbidden.remove("sys.exit")
    assert not called(tree(module)) & forbidden


@pytest.mark.parametrize("module", ["__init__", *MODULES])
def test_modules_are_short(module: str) -> None:
    lines = (PACKAGE / f"{module}.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MOST_LINES


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
