"""`promptlib completion`: scripts for bash, zsh and fish."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promptlib.cli import completion
from promptlib.cli.arguments import make_parser
from support.projects import run

if TYPE_CHECKING:
    from pathlib import Path


def _completed(*words: str, folder: Path) -> set[str]:
    """What bash offers for the last word, by the script in a folder."""
    quoted = " ".join(f"'{word}'" for word in ("promptlib", *words))
    program = (
        f". ./script; COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _promptlib;"
        ' printf "%s\\n" "${COMPREPLY[@]}"; complete -p promptlib >&2'
    )
    result = subprocess.run(
        ["/bin/bash", "--norc", "-c", program],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert "-F _promptlib promptlib" in result.stderr
    return set(filter(None, result.stdout.splitlines()))


def test_bash_completes(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "script").write_text(run("promptlib", "completion", "bash").stdout)
    offered = {
        ("st",): {"status"},
        ("db", ""): {"show", "test", "create", "drop", "wait", "stop"},
        ("-q", "db", "w"): {"wait"},
        ("migrate", "--late", ""): {"apply", "refuse"},
        ("up", "--la"): {"--late"},
        ("completion", ""): {"bash", "zsh", "fish"},
        ("backup", "f"): {"folder"},
        ("--config", "s"): {"script"},
        ("rollback", "--y"): {"--yes"},
    }
    for words, expected in offered.items():
        found = _completed(*words, folder=tmp_path)
        assert {word for word in found if words[-1] or not word.startswith("-")} == expected


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_know_every_command(shell: str) -> None:
    script = run("promptlib", "completion", shell).stdout
    nodes = list(completion.nodes(make_parser()))
    assert len(nodes) > 15
    for node in nodes:
        assert all(word in script for word in node.words)
    assert script.count("apply refuse") == (2 if shell == "fish" else 1)
