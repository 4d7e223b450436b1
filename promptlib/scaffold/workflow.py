"""The workflow that checks a branch's migrations in CI: its file, and what is left to somebody."""

from __future__ import annotations

from importlib import resources

from promptlib.config.project import TOML
from promptlib.core.errors import display_path
from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GITHUB, GITLAB = CI_SYSTEMS = ("github", "gitlab")
_GITLABS = ".gitlab-ci.yml"


def workflow_path(folder: Path, ci: str) -> Path:
    """Where the workflow belongs. GitLab reads one file, which may be there already."""
    if ci == GITHUB:
        return folder / ".github/workflows/migrations.yml"
    is_theirs = (folder / _GITLABS).exists()
    return folder / (".gitlab/migrations.yml" if is_theirs else _GITLABS)


def workflow_text(folder: Path, ci: str) -> str:
    """What the workflow says; it installs what env.py may import, too."""
    text = read_template(f"{ci}.yml.txt")
    return text.replace("@INSTALL@", " ".join([*_packages(folder), "'promptlib[embedded,lint]'"]))


def workflow_remarks(folder: Path, ci: str) -> Iterator[str]:
    """Yield what nobody but its owner can do."""
    path = workflow_path(folder, ci)
    if ci == GITLAB and path.name != _GITLABS:
        yield f"{_GITLABS} is yours; let it include {display_path(path)}"
    above = (each for each in folder.absolute().parents if (each / ".git").exists())
    root = None if (folder / ".git").exists() else next(above, None)
    if root:
        yield (
            f"{ci} looks for workflows in {display_path(root)} alone: move {display_path(path)} "
            "there, and let its commands run in here"
        )


def _packages(folder: Path) -> Iterator[str]:
    toml = folder / TOML
    if toml.is_file() and b"[build-system]" in toml.read_bytes():
        yield "--editable ."
    if (folder / "requirements.txt").is_file():
        yield "--requirement requirements.txt"


def read_template(name: str) -> str:
    """A file that a project begins with, as the package has it."""
    return resources.files("promptlib.scaffold").joinpath("templates", name).read_text("utf-8")
