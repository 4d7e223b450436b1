"""What a git repository holds of a folder: on a base branch, and where the current one left it.

Two processes of git, however many files there are. What follows from it is left to base_branch.py.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from promptlib.core.errors import ConfigurationError, MissingExtraError, ProgramError, display_path
from promptlib.files.directory import REPEATABLE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

_NO_REPOSITORY = "not a git repository"
_NO_COMMIT = ("unknown revision", "not a commit")
_FILE, _TREE = b"100", b"40000"  # how the modes of files begin, and that of folders; not links'
_SHA1_LENGTH = 40  # in hexadecimal digits; that of SHA-256 is 64
# A hook of git's is told where the repository is, from the folder that it was begun in.
_OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


class BaseBranch(NamedTuple):
    """A branch that others are merged into.

    Attributes:
        name: as it was given.
        tip: its files in the folder and those below, by their names, each with the id of its
            content.
        fork: those of the newest commit that the current branch has in common with it.
        places: where each is, as a path from the folder.
        content: what has an id.
    """

    name: str
    tip: Mapping[str, str]
    fork: Mapping[str, str]
    places: Mapping[str, str]
    content: Callable[[str], bytes]


def git_identity(content: bytes, like: str) -> str:
    """The id that git gives a content, by the hash that made another id."""
    made = hashlib.sha1 if len(like) == _SHA1_LENGTH else hashlib.sha256
    return made(b"blob %d\0" % len(content) + content).hexdigest()


@contextlib.contextmanager
def open_base(folder: Path, ref: str) -> Iterator[BaseBranch]:
    """Open a base.

    Args:
        folder: whose files are meant, anywhere in a repository.
        ref: a branch, tag or commit.

    Raises:
        MissingExtraError: when there is no git.
        ConfigurationError: when there is no repository or no such ref, or no common history.
        ProgramError: when git fails.
    """
    prefix, tip, fork = _resolve_ref(folder, ref)
    with _object_reader(folder) as read:
        of_fork, of_tip = ({*_files(read, f"{each}:{prefix}", each)} for each in (fork, tip))
        places = {os.path.basename(path): path for path, _ in (*of_fork, *of_tip)}
        yield BaseBranch(ref, _by_name(of_tip), _by_name(of_fork), places, read)


def _by_name(files: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {os.path.basename(path): identity for path, identity in files}


def _resolve_ref(folder: Path, ref: str) -> tuple[str, str, str]:
    """The folder's path in the repository, the commit of a ref, and where HEAD left it."""
    with _missing_git_explained():
        result = subprocess.run(
            ["git", "rev-parse", "--show-prefix", f"{ref}...HEAD"],
            cwd=folder,
            env=_environment_of_git(),
            capture_output=True,
            check=False,
        )
    said = result.stderr.decode(errors="replace")
    if _NO_REPOSITORY in said:
        raise ConfigurationError(
            "this is in no git repository", "leave --base out", place=display_path(folder)
        )
    if ref.startswith("-") or any(each in said for each in _NO_COMMIT):
        raise ConfigurationError(
            f"git knows no commit {ref} here", "fetch it, or name another --base"
        )
    if result.returncode:
        raise ProgramError(f"git failed: {said.splitlines()[0]}")
    prefix, _head, tip, *forks = os.fsdecode(result.stdout).splitlines()
    if not forks:
        raise ConfigurationError(
            f"HEAD and {ref} have no commit in common",
            "fetch the whole history: git fetch --unshallow (in CI: fetch-depth: 0)",
        )
    return prefix.rstrip("/"), tip, forks[0].removeprefix("^")


@contextlib.contextmanager
def _object_reader(folder: Path) -> Iterator[Callable[[str], bytes]]:
    """A function that reads objects by their names; what is not there is empty."""
    with (
        _missing_git_explained(),
        subprocess.Popen(
            ["git", "cat-file", "--batch"],
            cwd=folder,
            env=_environment_of_git(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process,
    ):
        assert process.stdin
        assert process.stdout
        requests, replies = process.stdin, process.stdout

        def read(name: str) -> bytes:
            requests.write(os.fsencode(f"{name}\n"))
            requests.flush()
            *_, size = replies.readline().split()
            if size == b"missing":
                return b""
            return replies.read(int(size) + 1)[:-1]  # a newline ends it

        yield read


def _files(
    read: Callable[[str], bytes], tree: str, commit: str, below: str = ""
) -> Iterator[tuple[str, str]]:
    """The paths and ids of files, in a tree object and in those below it that count.

    Such an object is the mode, the name and the id of each entry, one behind the other.
    """
    content, length = read(tree), len(commit) // 2
    while content:
        entry, _, rest = content.partition(b"\0")
        mode, _, name = entry.partition(b" ")
        path, identity = below + os.fsdecode(name), rest[:length].hex()
        if mode.startswith(_FILE):
            yield path, identity
        elif mode == _TREE and not name.startswith(b".") and path != REPEATABLE_FOLDER:
            yield from _files(read, identity, commit, f"{path}/")
        content = rest[length:]


def _environment_of_git() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
    return {**kept, "LC_ALL": "C"}


@contextlib.contextmanager
def _missing_git_explained() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise MissingExtraError("git is not installed", "install it, or leave --base out") from None
