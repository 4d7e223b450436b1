"""file_set: all files are written, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import ChangedMeanwhileError, ConfigurationError
from promptlib.files.file_set import FileChange, write_together

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def everything(folder: Path) -> dict[str, bytes | None]:
    """What a folder holds."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def test_new_files_folders_and_additions(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_bytes(b"long before")
    there.chmod(0o640)
    (tmp_path / "link").symlink_to(there)
    write_together(
        [
            FileChange(tmp_path / "a" / "b" / "new", b"1"),
            FileChange(tmp_path / "secret", b"2", is_secret=True),
            FileChange(tmp_path / "link", b"after", b"long before"),
        ]
    )
    found = everything(tmp_path)
    assert found["a/b/new"] == b"1"
    assert found["there"] == b"after"
    assert (tmp_path / "link").is_symlink()
    assert (there.stat().st_mode & 0o777, (tmp_path / "secret").stat().st_mode & 0o777) == (
        0o640,
        0o600,
    )


@pytest.mark.parametrize(
    ("last", "before", "said"),
    [
        ("file/x", None, "cannot be written, so nothing was: a folder of its path is a file; make"),
        ("file", None, "was changed meanwhile by somebody else"),
        ("file", b"other", "was changed meanwhile by somebody else"),
        ("gone", b"other", "cannot be written, so nothing was: No such file"),
        ("dangling", None, "was changed meanwhile by somebody else"),
    ],
)
def test_nothing_stays_where_one_cannot_be_written(
    tmp_path: Path, last: str, before: bytes | None, said: str
) -> None:
    (tmp_path / "file").write_bytes(b"a file")
    (tmp_path / "added").write_bytes(b"as it was")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    was = everything(tmp_path)
    with pytest.raises((ConfigurationError, ChangedMeanwhileError)) as caught:
        write_together(
            [
                FileChange(tmp_path / "a" / "b" / "new", b"1"),
                FileChange(tmp_path / "added", b"more", b"as it was"),
                FileChange(tmp_path / last, b"x", before),
            ]
        )
    assert str(caught.value).startswith(f"{tmp_path / last}: {said}")
    assert everything(tmp_path) == was


def test_an_interrupt_takes_back_what_was_written(tmp_path: Path) -> None:
    def interrupted() -> Iterator[FileChange]:
        yield FileChange(tmp_path / "a" / "new", b"1")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_together(interrupted())
    assert everything(tmp_path) == {}
