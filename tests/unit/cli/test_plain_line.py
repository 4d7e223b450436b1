"""plain_line against argparse: it reads what it reads as that does, and leaves it the rest."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptlib.cli.full_parser import make_parser
from promptlib.cli.plain_line import NotPlainError, read_plain_line
from promptlib.cli.usage import UsageError

_PLAIN = [
    "status",
    "status --json --exit-code",
    "status -v",
    "-v status",
    "--url postgresql://h/d status",
    "--url=postgresql://h/d status --url postgresql://h/e",
    "-n two --config other.ini status --name three",
    "-q up +2",
    "migrate 2025 --late apply --dry-run",
    "migrate --backup folder",
    "rollback -n 2 --yes",
    "down --to base --allow-data-loss --kept-down",
    "rollback --rerun 2025",
    "pending",
    "executed --json",
    "history 2025",
    "new name",
    "db test --json",
    "db --name two wait --timeout 1.5",
    "backup folder",
    "completion bash",
]
_OTHERS = [
    "",
    "-v",
    "--help",
    "--version",
    "status --help",
    "status -h",
    "status extra",
    "status --exit",
    "status --exit-code=1",
    "status -vq",
    "status -v -q",
    "status --json --json",
    "status --url",
    "status --url ",
    "status --url=",
    "--url status",
    "rollback -n2",
    "rollback -n 0",
    "rollback -n -1",
    "rollback -n 1 --to base",
    "migrate --late never",
    "migrate --backup",
    "migrate 1 2",
    "-- status",
    "db",
    "db none",
    "new",
    "none",
    "completion tcsh",
    "verify 1 2 3",
]


@pytest.mark.parametrize("line", _PLAIN)
def test_a_plain_line_is_read_as_argparse_reads_it(line: str) -> None:
    words = line.split(" ")
    assert vars(read_plain_line(words)) == vars(make_parser(words).parse_args(words))


@pytest.mark.parametrize("line", _OTHERS)
def test_the_rest_is_left_to_argparse(line: str) -> None:
    with pytest.raises(NotPlainError):
        read_plain_line(line.split(" ") if line else [])


_WORDS = sorted({word for line in (*_PLAIN, *_OTHERS) for word in line.split(" ")})


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=6))
def test_whatever_it_reads_argparse_reads_so(words: list[str]) -> None:
    try:
        said = vars(read_plain_line(words))
    except NotPlainError:
        return
    try:
        assert vars(make_parser(words).parse_args(words)) == said
    except UsageError as error:  # pragma: no cover - what must not be
        pytest.fail(f"{words}: {error}")
