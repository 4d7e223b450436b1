"""promptlib's own rules for the text of migrations; squawk.py runs squawk's. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from promptlib.lint.down_coverage import objects_left_by_down
from promptlib.lint.violations import Violation
from promptlib.syntax.ddl import IF_NOT_EXISTS, VALUE, NamedObject, object_changes
from promptlib.syntax.dml import INSERT, has_where, is_idempotent, write_commands
from promptlib.syntax.statements import line_and_column
from promptlib.syntax.tokens import tokenize_statement, words_outside_parentheses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptlib.files.parser import Migration
    from promptlib.syntax.ddl import ObjectChange
    from promptlib.syntax.tokens import Token

_ALONE = frozenset(
    (verb, kind) for verb in ("CREATE", "DROP") for kind in ("DATABASE", "TABLESPACE")
) | {("ALTER", "SYSTEM")}
_KEEP_IN_TRANSACTION = "keep it in a section with a transaction"


class _Complaint(NamedTuple):
    """A violation that does not know its file and rule yet."""

    offset: int
    message: str
    remedy: str


class _TokenizedMigration(NamedTuple):
    """A migration, each section with the tokens of its statements."""

    migration: Migration
    up: Sequence[Sequence[Token]]
    down: Sequence[Sequence[Token]]

    def sections(self, *, transactional: bool) -> Iterator[Sequence[Sequence[Token]]]:
        """The sections that run in a transaction, or those that do not."""
        if self.migration.up.transactional == transactional:
            yield self.up
        if self.migration.down.transactional == transactional:
            yield self.down


def check_rules(migration: Migration) -> Iterator[Violation]:
    """Yield what breaks a rule, rule by rule."""
    source = migration.up.source
    up, down = (
        [tokenize_statement(source, each) for each in section.statements]
        for section in (migration.up, migration.down)
    )
    text = _TokenizedMigration(migration, up, down)
    for rule, complaints in _RULES.items():
        for complaint in complaints(text):
            line, column = line_and_column(source, complaint.offset)
            yield Violation(migration.path, line, column, rule, complaint.message, complaint.remedy)


def _down_misses_object(text: _TokenizedMigration) -> Iterator[_Complaint]:
    for made in objects_left_by_down(text.migration.up.source, text.up, text.down):
        what, remedy = (
            (f"DOWN does not give {made.object} its old name back", "rename it in DOWN")
            if made.before
            else (f"DOWN leaves {made.object} behind", "drop it in DOWN")
        )
        yield _Complaint(made.object.offset, what, remedy)


def _if_not_exists_in_transaction(text: _TokenizedMigration) -> Iterator[_Complaint]:
    for section in text.sections(transactional=True):
        for change in (change for statement in section for change in object_changes(statement)):
            if change.guard == IF_NOT_EXISTS:
                what = f"IF NOT EXISTS hides another {change.object} that is there already"
                remedy = "leave it out: nothing stays of a transaction that failed"
                yield _Complaint(change.object.offset, what, remedy)


def _not_idempotent_outside_transaction(text: _TokenizedMigration) -> Iterator[_Complaint]:
    for section in text.sections(transactional=False):
        dropped: list[NamedObject] = []
        for statement in section:
            for change in object_changes(statement):
                if change.verb == "drop" and change.guard:
                    dropped.append(change.object)
                elif not change.guard and not any(map(change.object.is_same, dropped)):
                    yield from _unguarded(change)
            for command in write_commands(statement):
                if not is_idempotent(command):
                    yield _repeated(command)


def _unguarded(change: ObjectChange) -> Iterator[_Complaint]:
    named = change.object
    match change.verb:
        case "make" if not named.name and named.kind != VALUE:
            what, remedy = f"a second run makes another {named}", "give it a name"
        case "make":
            what = f"a second run fails: {named} is there by then"
            remedy = "say IF NOT EXISTS or OR REPLACE, or first drop it IF EXISTS"
        case "drop":
            what, remedy = f"a second run fails: {named} is gone by then", "say IF EXISTS"
        case "rename":
            what = f"a second run fails: {named} has another name by then"
            remedy = _KEEP_IN_TRANSACTION
        case "move":
            return
    yield _Complaint(named.offset, what, remedy)


def _repeated(command: Sequence[Token]) -> _Complaint:
    if command[0].word == INSERT:
        what, remedy = "a second run inserts the rows again", "say ON CONFLICT DO NOTHING"
    else:
        what, remedy = "a second run changes the rows again", "say in WHERE which are to be changed"
    return _Complaint(command[0].start, what, f"{remedy}, or {_KEEP_IN_TRANSACTION}")


def _cannot_run_in_transaction(text: _TokenizedMigration) -> Iterator[_Complaint]:
    """Say what squawk does not say of a section's only statement, and not of every kind."""
    for section in text.sections(transactional=True):
        for statement in section:
            words = words_outside_parentheses(statement)
            concurrent = "CONCURRENTLY" in words and words[0] != "REFRESH"
            if concurrent or tuple(words[:2]) in _ALONE or words[0] == "VACUUM":
                what = "the server refuses this in a transaction"
                remedy = "write transaction:false behind the marker of a section of its own"
                yield _Complaint(statement[0].start, what, remedy)


def _write_without_where(text: _TokenizedMigration) -> Iterator[_Complaint]:
    for statement in (*text.up, *text.down):
        for command in write_commands(statement):
            verb = command[0].word
            if verb != INSERT and not has_where(command):
                what = f"{verb} without WHERE means every row"
                remedy = "say which rows, or WHERE true"
                yield _Complaint(command[0].start, what, remedy)


_WORD_BEFORE = r"(?<![0-9A-Za-z_-])"
# What secrets look like, by what they are: the shapes that their makers and secret scanners tell.
_SECRETS = {
    "an Anthropic API key": r"sk-ant-[0-9A-Za-z_-]{16,}",
    "an OpenAI API key": r"sk-(?:[0-9A-Za-z]{20,}|(?:proj|svcacct|admin|or-v1)-[0-9A-Za-z_-]{20,})",
    "an AWS access key": r"(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Za-z])",
    "a GitHub token": r"gh[opsru]_[0-9A-Za-z]{30,}|github_pat_[0-9A-Za-z_]{22,}",
    "a GitLab token": r"glpat-[0-9A-Za-z_-]{20,}",
    "a Google API key": r"AIza[0-9A-Za-z_-]{35}",
    "a Groq API key": r"gsk_[0-9A-Za-z]{40,}",
    "a Hugging Face token": r"hf_[0-9A-Za-z]{30,}",
    "a Slack token": r"xox[abeoprs]-[0-9A-Za-z-]{10,}",
    "a Stripe key": r"[rs]k_live_[0-9A-Za-z]{16,}",
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "a JSON Web Token": r"eyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}",
}
_SECRET = re.compile(
    f"{_WORD_BEFORE}(?:{'|'.join(f'({each})' for each in _SECRETS.values())})".encode()
)


def _secret_literal(text: _TokenizedMigration) -> Iterator[_Complaint]:
    """Wherever it stands in the file: a comment shows it too."""
    kinds = [*_SECRETS]
    for found in _SECRET.finditer(text.migration.up.source):
        assert found.lastindex  # one of them matched
        what = f"this looks like {kinds[found.lastindex - 1]}"
        remedy = "take it out, and revoke it if it was ever committed"
        yield _Complaint(found.start(), what, remedy)


_RULES = {
    "cannot-run-in-transaction": _cannot_run_in_transaction,
    "down-misses-object": _down_misses_object,
    "if-not-exists-in-transaction": _if_not_exists_in_transaction,
    "not-idempotent-outside-transaction": _not_idempotent_outside_transaction,
    "write-without-where": _write_without_where,
    "secret-literal": _secret_literal,
}
RULE_NAMES = frozenset(_RULES)
