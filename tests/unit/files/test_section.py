"""section: the text of UP or DOWN, its settings, and what tells whether it was edited."""

from __future__ import annotations

import hashlib

import pytest

from promptlib.core.errors import LexicalError
from promptlib.files.parser import parse_section


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_text_is_what_was_written_but_for_the_white_space_around_it() -> None:
    section = parse_section("-- UP\n\n  -- why\nSELECT 1;\r\n\tSELECT 2 ;\n \n")
    assert section.text == "-- why\nSELECT 1;\r\n\tSELECT 2 ;"
    assert [section.sql(index) for index in range(2)] == ["-- why\nSELECT 1;", "SELECT 2 ;"]


@pytest.mark.parametrize(
    ("options", "settings", "transactional"),
    [
        ("", {}, True),
        (" lock_timeout:9s", {"lock_timeout": "9s"}, True),
        (" transaction:false", {}, False),
    ],
)
def test_what_its_options_ask_for(
    options: str, settings: dict[str, str], *, transactional: bool
) -> None:
    section = parse_section(f"-- UP{options}\nSELECT 1;\n")
    assert section.settings == settings
    assert section.transactional is transactional


def test_a_name_is_mentioned_inside_the_section_alone() -> None:
    section = parse_section("-- UP lock_timeout:9s\nSELECT größe;\n")
    assert section.mentions("größe")
    assert not section.mentions("lock_timeout")


def test_a_checksum_is_that_of_the_text_with_any_line_endings() -> None:
    texts = ["SELECT 1;\nSELECT 2;", "SELECT 1;\r\nSELECT 2;", "\n SELECT 1;\rSELECT 2;\n\n"]
    sums = {parse_section(f"-- UP\n{text}\n").checksum for text in texts}
    assert sums == {_sha256("SELECT 1;\nSELECT 2;")}
    assert parse_section("-- UP\nSELECT  1;\nSELECT 2;\n").checksum not in sums


def test_a_checksum_of_the_first_statements_takes_no_notice_of_the_others() -> None:
    two = parse_section("-- UP\nSELECT 1;\nSELECT 2;\n")
    more = parse_section("-- UP\n-- a comment before it\nSELECT 1 ;\nSELECT 2;\nSELECT 3;\n")
    other = parse_section("-- UP\nSELECT 0;\nSELECT 2;\n")
    assert two.checksum_of(2) != two.checksum_of(1) != two.checksum_of(0)
    assert two.checksum_of(0) == other.checksum_of(0) == _sha256("")
    assert two.checksum_of(9) == two.checksum_of(2)
    assert other.checksum_of(1) != two.checksum_of(1)
    assert more.checksum_of(2) == parse_section("-- UP\nSELECT 1 ;\nSELECT 2;\n").checksum_of(2)
    assert two.checksum_after(two.checksum_of(1), 1) == two.checksum_of(2)


def test_its_marker_says_which_section_it_is() -> None:
    for marker in ("-- DOWN", "--down transaction:false", "  --\tDown"):
        assert parse_section(f"-- UP is not here\n{marker}\nSELECT 1; -- UP").is_down
    assert not parse_section("-- DOWN is not here\n-- UP lock_timeout:9s\nSELECT 1;").is_down


_DUMPED = r"""-- UP
\restrict 5aDx

-- of the table
CREATE TABLE a (t text DEFAULT '
\restrict me
');

\unrestrict 5aDx
"""


def test_what_pg_dump_writes_around_its_text_is_in_the_text_and_in_no_statement() -> None:
    section = parse_section(_DUMPED)
    assert section.text == _DUMPED.removeprefix("-- UP\n").strip()
    (statement,) = section.statements
    assert section.sql(0) == _DUMPED[statement.start : statement.end]
    assert section.sql(0).startswith("-- of the table\nCREATE")
    assert section.script == section.sql(0)
    assert section.checksum != parse_section(_DUMPED.replace("5aDx", "6")).checksum
    for wrong in (r"\restrict", r"\restrict a b", r"SELECT 1 \restrict a", r"\restricted a"):
        with pytest.raises(LexicalError, match="is a psql command"):
            parse_section(f"-- UP\n{wrong}\nSELECT 1;")
