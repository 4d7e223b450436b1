"""A section as a script for psql: what `alembic upgrade --sql` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.engine.session_settings import changes_settings, set_statements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptlib.files.section import Section


ENCODING = "SET client_encoding = 'UTF8';"  # what is written here, whatever psql would guess
HEAD = f"-- Run with: psql --set ON_ERROR_STOP=1 --file FILE DATABASE\n\n{ENCODING}"


def section_script(section: Section, settings: Mapping[str, str]) -> str:
    """The section as written, with its settings before it and none left behind.

    Args:
        section: what psql shall run.
        settings: PostgreSQL settings that hold for this section only.
    """
    before = set_statements(settings, local=section.transactional)
    after = [] if section.transactional else [f"RESET {name};" for name in settings]
    if changes_settings(section):
        after = ["RESET SESSION AUTHORIZATION;", "RESET ROLE;", "RESET ALL;", ENCODING]
    # A comment may stand behind a last statement that has no semicolon.
    end = [] if section.statements[-1].closed else [";"]
    return "\n".join([*before, section.text, *end, *after])
