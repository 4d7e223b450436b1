"""What a rule looks at: a migration's statements as tokens, and what was there before each.

SQL inside of DO blocks counts as statements of its own, behind the block. Pure, but for reading the
earlier migrations, which waits until a rule asks for them.
"""

from __future__ import annotations

import bisect
import contextlib
import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from promptlib.core.errors import MigrationFileError
from promptlib.lint.schema import Schema
from promptlib.syntax.plpgsql import block_statements, is_block
from promptlib.syntax.tokens import tokenize_statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptlib.files.directory import MigrationFile
    from promptlib.files.parser import Migration
    from promptlib.files.section import Section
    from promptlib.lint.violations import Severity
    from promptlib.syntax.ddl import NamedObject
    from promptlib.syntax.tokens import Token

# What may make an object that has a name begins with one of these.
_MAKERS = (b"CREATE", b"ALTER", b"DROP", b"DO")
_LONGEST_MAKER = max(map(len, _MAKERS))
_NEWEST = "~"  # behind all versions


class Complaint(NamedTuple):
    """A violation that does not know its file and rule yet.

    Attributes:
        offset: where.
        message: what is wrong.
        remedy: what to do.
        severity: whether it fails, or may only be slow.
    """

    offset: int
    message: str
    remedy: str
    severity: Severity = "error"


class StatementText(NamedTuple):
    """A statement of a migration.

    Attributes:
        tokens: of the statement.
        block: of the DO block that it stands in; empty, where it stands in none.
        inner: what it says there, in as many bytes as it takes in the file.
    """

    tokens: Sequence[Token]
    block: Sequence[Token] = ()
    inner: bytes = b""

    @property
    def word(self) -> str:
        """The first word."""
        return self.tokens[0].word

    @property
    def offset(self) -> int:
        """Where the statement begins."""
        return self.tokens[0].start


class MigrationText:
    """A migration as rules look at it.

    Args:
        migration: the file, parsed.
        history: the migrations of its project.
        busy_tables: those of which one transaction locks no two, as shell patterns.
        is_rerunnable: whether its statements may run again, where nobody knows whether they ran.
    """

    def __init__(
        self,
        migration: Migration,
        history: History,
        busy_tables: Sequence[str] = (),
        *,
        is_rerunnable: bool = False,
    ) -> None:
        self.migration = migration
        self.source = migration.up.source
        self._history = history
        self.busy_tables = busy_tables
        self.is_rerunnable = is_rerunnable

    @functools.cached_property
    def line_starts(self) -> list[int]:
        """Where each line begins."""
        return [0, *(found.end() for found in re.finditer(rb"\n", self.source))]

    @functools.cached_property
    def up(self) -> list[StatementText]:
        """The statements of UP, those in DO blocks too."""
        return [*section_statements(self.migration.up)]

    @functools.cached_property
    def down(self) -> list[StatementText]:
        """The statements of DOWN, those in DO blocks too."""
        return [*section_statements(self.migration.down)]

    @functools.cached_property
    def earlier(self) -> Schema:
        """What the migrations before this one have made."""
        return self._history.before(self.migration)

    def was_there(self, wanted: NamedObject) -> bool:
        """Whether a migration before this one has made an object, as far as is known."""
        return self.earlier.has(wanted)

    def sections(self, *, transactional: bool) -> Iterator[list[StatementText]]:
        """The sections that run in a transaction, or those that do not."""
        if self.migration.up.transactional == transactional:
            yield self.up
        if self.migration.down.transactional == transactional:
            yield self.down

    def up_with_schema(self) -> Iterator[tuple[StatementText, Schema]]:
        """Each statement of UP, with what the statements of UP before it have made."""
        made = Schema(self.was_there)
        for statement in self.up:
            yield statement, made
            made.apply(statement.tokens)
            made.add_temporary(statement.tokens)


def section_statements(section: Section) -> Iterator[StatementText]:
    """The statements of a section, those in DO blocks too."""
    for statement in section.statements:
        yield from _with_inner(section, tokenize_statement(section.source, statement))


def _with_inner(section: Section, tokens: Sequence[Token]) -> Iterator[StatementText]:
    yield StatementText(tokens)
    if is_block(tokens):
        for inner, said in block_statements(section.source, tokens):
            yield StatementText(inner, tokens, said)


class History:
    """The migrations of a project, as what they make; each is read once, when it is asked for.

    Args:
        files: oldest first.
    """

    def __init__(self, files: Sequence[MigrationFile] = ()) -> None:
        self._files = files
        self._schema = Schema()
        self._applied = 0

    def before(self, migration: Migration) -> Schema:
        """What the older migrations have made; of one that has no version, all of them.

        It is one schema, which goes on when a newer migration is asked for.
        """
        older = bisect.bisect_left(
            self._files, migration.version or _NEWEST, key=lambda file: file.version
        )
        if older < self._applied:
            self._schema, self._applied = Schema(), 0
        for file in self._files[self._applied : older]:
            self._apply(file)
        self._applied = older
        return self._schema

    def _apply(self, file: MigrationFile) -> None:
        """Apply a migration's UP, but for what makes nothing; one that is broken makes nothing."""
        with contextlib.suppress(MigrationFileError):
            up = file.read().up
            for statement in up.statements:
                head = up.source[statement.head : statement.head + _LONGEST_MAKER]
                if head.upper().startswith(_MAKERS):
                    tokens = tokenize_statement(up.source, statement)
                    for each in _with_inner(up, tokens):
                        self._schema.apply(each.tokens)
