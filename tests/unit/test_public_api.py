"""What other programs name: it is listed, documented, and costs nothing until it is used."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import promptlib
from promptlib import environment
from promptlib.core import errors

ROOT = Path(__file__).parents[2]
# Whoever takes a name away, or gives it another meaning, makes a new major version.
PUBLIC = {
    *("Migrator", "Event", "DatabaseStatus", "MigrationStatus", "Attempt"),
    *("Deployment", "RanSection", "Execution", "HalfDone", "State", "Kind", "__version__"),
    *("PromptlibError", "ConfigurationError", "MissingExtraError", "UnknownVersionError"),
    *("MigrationFileError", "NoConnectionError", "StatementError", "ProgramError"),
    *("PlanRefusedError", "LateMigrationError", "EditedMigrationError", "MissingMigrationError"),
    *("HalfDoneMigrationError", "LedgerError", "NotAdoptedError", "ReadOnlyServerError"),
    *("ChangedMeanwhileError", "NothingToAdoptError", "LockNotAcquiredError", "LockLostError"),
    *("FindingError", "NotConfirmedError", "KeptDownError", "DeployProgress", "RecordedDeploy"),
}
# What `Migrator` promises; the rest of its methods are the commands'.
METHODS = {
    "status": ("self",),
    "pending": ("self",),
    "executed": ("self",),
    "history": ("self", "version"),
    "deploys": ("self",),
    "migrate": ("self", "to", "late"),
    "rollback": ("self", "count", "to", "allow_data_loss", "kept_down"),
    "close": ("self",),
}
_ERRORS = [
    found
    for found in vars(errors).values()
    if isinstance(found, type) and issubclass(found, errors.PromptlibError)
]
_REFERENCE = ROOT / "docs" / "reference" / "errors.md"


def test_the_list_of_public_names() -> None:
    assert {*promptlib.__all__} == PUBLIC
    assert [*promptlib.__all__] == sorted(promptlib.__all__)
    assert dir(promptlib) == promptlib.__all__


@pytest.mark.parametrize("name", sorted(PUBLIC - {"__version__"}))
def test_a_public_name_loads_and_says_what_it_is(name: str) -> None:
    found = getattr(promptlib, name)
    assert inspect.getdoc(found)
    assert found.__name__ == name


def test_what_is_not_public_is_not_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'migrate'"):
        _ = promptlib.migrate


def test_every_error_that_can_be_caught_is_public() -> None:
    inner = {"LexicalError"}  # which the files' parser tells the place of
    assert {each.__name__ for each in _ERRORS} - inner <= PUBLIC


def test_a_migrator_promises_no_more() -> None:
    public = {name for name in dir(promptlib.Migrator) if not name.startswith("_")}
    assert public == {*METHODS, "target", "project", "settings"}


@pytest.mark.parametrize("method", METHODS)
def test_a_method_tells_arguments_results_and_errors(method: str) -> None:
    function = getattr(promptlib.Migrator, method)
    parameters = inspect.signature(function).parameters
    assert tuple(parameters) == METHODS[method]
    said = inspect.getdoc(function) or ""
    for name in METHODS[method][1:]:
        assert f"\n    {name}: " in said
    assert "Raises:" in said or method == "close"


def test_what_env_py_names() -> None:
    assert tuple(inspect.signature(environment.run).parameters) == ("context", "metadata", "hooks")
    assert inspect.signature(environment.run).parameters["metadata"].default is None
    assert "Args:" in (inspect.getdoc(environment.run) or "")


def _loaded(code: str) -> set[str]:
    """The modules that some code loads."""
    program = f"import sys; before = {{*sys.modules}}; {code}; print(*({{*sys.modules}} - before))"
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return {*result.stdout.split()}


def test_to_import_the_package_costs_nothing() -> None:
    assert _loaded("import promptlib") <= {"promptlib", "__future__"}


def test_an_error_s_class_needs_no_driver() -> None:
    assert "psycopg2" not in _loaded("from promptlib import PromptlibError")


def test_a_migrator_needs_no_alembic() -> None:
    loaded = {name.partition(".")[0] for name in _loaded("from promptlib import Migrator")}
    assert "psycopg2" in loaded
    assert not loaded & {"alembic", "sqlalchemy"}


def _described() -> dict[str, tuple[str, str]]:
    """Code -> class and meaning, as docs/reference/errors.md tells them."""
    rows = re.findall(
        r"^\| `([a-z-]+)` \| `(\w+)` \| (.+) \|$", _REFERENCE.read_text("utf-8"), re.MULTILINE
    )
    return {code: (name, meaning) for code, name, meaning in rows}


@pytest.mark.parametrize("kind", [each for each in _ERRORS if each.__name__ in PUBLIC])
def test_the_reference_tells_of_every_kind(kind: type[errors.PromptlibError]) -> None:
    name, meaning = _described()[kind.code]
    assert name == kind.__name__
    assert meaning == (inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " ")


def test_the_reference_tells_of_no_other() -> None:
    assert {*_described()} == {each.code for each in _ERRORS if each.__name__ in PUBLIC} | {"usage"}
