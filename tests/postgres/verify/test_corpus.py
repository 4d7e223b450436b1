"""What verify says of the pairs of tests/support/verify_corpus.py, each proven by itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promptlib.config.settings import Settings
from promptlib.files.parser import parse_migration
from promptlib.postgres.url import parse_url
from promptlib.verify.place import ScratchPlace
from promptlib.verify.prover import ToProve, prove_migrations
from support.verify_corpus import BEFORE, PAIRS, Pair

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.verify.report import Proof
    from support.databases import Database
    from support.servers import Server

pytestmark = pytest.mark.servers("newest", "oldest")


@pytest.fixture(scope="module")
def templates(request: pytest.FixtureRequest) -> Iterator[dict[str, Database]]:
    """Databases with what every pair needs, by server."""
    request.getfixturevalue("session_servers")  # which outlive this fixture therefore
    made: dict[str, Database] = {}
    yield made
    for each in made.values():
        each.server.drop(each.name)


@pytest.fixture
def place(server: Server, templates: dict[str, Database]) -> ScratchPlace:
    """Where scratch databases have what every pair needs."""
    if server.name not in templates:
        templates[server.name] = server.create()
        templates[server.name].query(BEFORE)
    return ScratchPlace(parse_url(server.url, "the test"), template=templates[server.name].name)


def _proof(place: ScratchPlace, pair: Pair) -> Proof:
    version, name = "20250101000001", "pair"
    text = f"-- UP{pair.options}\n{pair.up};\n-- DOWN\n{pair.down};\n"
    made = parse_migration(version, name, Path(f"sql/{version}_{name}.sql"), text.encode())
    (proof,) = prove_migrations(place, ToProve([made], [version]), Settings(), 3).proofs
    return proof


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_what_is_told_of_a_pair(place: ScratchPlace, pair: Pair) -> None:
    proof = _proof(place, pair)
    told = "\n".join(line for each in proof.findings for line in (each.what, *each.diff))
    assert bool(told) is bool(pair.told), told
    assert [each for each in pair.told if each not in told] == [], told
    assert "index public.paints_pkey" not in told  # which is told with its constraint


def test_there_are_enough_of_them() -> None:
    assert len(PAIRS) >= 60
    assert {bool(pair.told) for pair in PAIRS.values()} == {True, False}
