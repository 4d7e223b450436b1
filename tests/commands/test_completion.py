"""`promptlib completion`: what the shells offer, asked for in each shell that is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from promptlib.cli.full_parser import make_parser
from support.command_line import nodes
from support.projects import run

if TYPE_CHECKING:
    from pathlib import Path

_ACTIONS = {"show", "test", "create", "drop", "wait", "stop"}
# The words typed so far, the last of which is completed; and what is offered.
_OFFERED = {
    ("st",): {"status"},
    ("db", ""): _ACTIONS,
    ("-q", "db", "w"): {"wait"},
    ("--config", "x", "db", ""): _ACTIONS,
    ("--url", "x", "st"): {"status"},
    ("-n", "x", "st"): {"status"},
    ("migrate", "--late", ""): {"apply", "refuse"},
    ("migrate", "-q", "--late", ""): {"apply", "refuse"},
    ("migrate", "head", "--dr"): {"--dry-run"},
    ("migrate", "--late", "apply", "--dr"): {"--dry-run"},
    ("migrate", "--backup", "f"): {"folder"},
    ("up", "--la"): {"--late"},
    ("rollback", "--y"): {"--yes"},
    ("rollback", "-n", "2", "--y"): {"--yes"},
    ("down", "--to", ""): set(),
    ("completion", ""): {"bash", "zsh", "fish"},
    ("backup", "f"): {"folder"},
    ("--config", "s"): {"script"},
    ("status", "--config", "s"): {"script"},
    ("status", "--json", "--ex"): {"--exit-code"},
    ("lint", "f"): {"file", "folder"},
    ("lint", "--format", "j"): {"json"},
    ("lint", "file", "--fo"): {"--format"},
    ("verify", "--html", "s"): {"script"},
    ("erd", "--output", "s"): {"script"},
    ("db", "test", "--js"): {"--json"},
    ("db", "wait", "--timeout", "30", "--q"): {"--quiet"},
}
_BASH = """. ./script
COMP_WORDS=(promptlib {words})
COMP_CWORD={count}
$(complete -p promptlib | sed -E 's/.*-F ([^ ]+).*/\\1/') promptlib {last} {before}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
_FISH = "source ./script; complete -C 'promptlib {words}'"
# A shell on a terminal of its own, in which every offer is written down. Control-T says that it
# has offered all, and Control-U empties the line for the next.
_ZSH = r"""zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1=; autoload -Uz compinit; compinit -u -D; {load}'
zpty -w shell 'compadd () {{
    if [[ ${{@[1,(i)(-|--)]}} != *-(O|A|D)\ * ]]; then
        typeset -a offered; builtin compadd -A offered "$@"
        print -rl -- $offered >> ./offered
    fi
    builtin compadd "$@"
}}
all-offered () {{ : > ./finished }}
zle -N all-offered; bindkey "^T" all-offered; bindkey "^I" complete-word; : > ./finished'
for line in '' {lines}; do
    until [[ -e ./finished ]]; do sleep 0.02; done
    [[ -e ./offered ]] && print -r -- "$(<./offered)" && print END
    : > ./offered; rm ./finished
    zpty -w -n shell $'\x15'$line$'\t\x14'
done
until [[ -e ./finished ]]; do sleep 0.02; done
print -r -- "$(<./offered)"
zpty -d shell
"""
_WAYS_INTO_ZSH = [
    "source ./script",
    'eval "$(cat ./script)"',
    "mkdir -p a; cp script a/_promptlib; fpath+=a; compinit -u -D",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file and a folder, where scripts are put."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    return tmp_path


def _write_script(folder: Path, shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    (folder / "script").write_text(run("promptlib", "completion", shell).stdout)


def _said(folder: Path, *program: str) -> str:
    result = subprocess.run(
        program,
        cwd=folder,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin", "TERM": "dumb"},
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    assert result.stderr == ""
    return result.stdout


def _offered(said: str, word: str) -> set[str]:
    """What was offered, without the options where anything may be typed."""
    found = {re.split(r"[\t ]", line)[0].rstrip("/") for line in said.splitlines()} - {""}
    return {each for each in found if word or not each.startswith("-")}


def test_bash_completes(folder: Path) -> None:
    _write_script(folder, "bash")
    for words, expected in _OFFERED.items():
        quoted = [f"'{word}'" for word in ("promptlib", *words)]
        program = _BASH.format(
            words=" ".join(quoted[1:]), count=len(words), last=quoted[-1], before=quoted[-2]
        )
        said = _said(folder, "bash", "--norc", "-c", program)
        assert _offered(said, words[-1]) == expected, words


def test_fish_completes(folder: Path) -> None:
    _write_script(folder, "fish")
    for words, expected in _OFFERED.items():
        said = _said(folder, "fish", "--no-config", "-c", _FISH.format(words=" ".join(words)))
        assert _offered(said, words[-1]) == expected, words


@pytest.mark.parametrize("load", _WAYS_INTO_ZSH)
def test_zsh_completes(folder: Path, load: str) -> None:
    _write_script(folder, "zsh")
    lines = " ".join(f"'promptlib {' '.join(words)}'" for words in _OFFERED)
    said = _said(folder, "zsh", "-f", "-c", _ZSH.format(load=load, lines=lines))
    _, *each = said.split("END\n")
    for (words, expected), offered in zip(_OFFERED.items(), each, strict=True):
        assert _offered(offered, words[-1]) == expected, words


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_knows_every_command_and_option(shell: str) -> None:
    script = run("promptlib", "completion", shell).stdout
    found = [*nodes(make_parser())]
    assert len(found) > 15
    for node in found:
        assert all(word in script for word in node.words)
        for action in node.options:
            assert all(name.lstrip("-") in script for name in action.option_strings)
