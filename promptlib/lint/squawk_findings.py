"""Which findings of squawk are false: it sees one file, and knows neither tables nor partitions.

A table that UP has made is empty and nobody's yet. A partitioned table or a CHECK that an earlier
migration has made tells which advice cannot be followed, and which was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptlib.lint.locks import locked_tables
from promptlib.lint.schema import table_actions
from promptlib.syntax.ddl import CONSTRAINT, NamedObject, object_changes
from promptlib.syntax.plpgsql import is_block
from promptlib.syntax.tokens import TokenReader, words_outside_parentheses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from promptlib.lint.migration_text import MigrationText, StatementText
    from promptlib.lint.schema import Schema
    from promptlib.lint.squawk import SquawkFinding
    from promptlib.syntax.tokens import ObjectName, Token

# Rules about what harms those who use a table while it is changed, or afterwards.
_ABOUT_USERS = (
    *("adding-", "changing-", "constraint-", "disallowed-", "renaming-", "require-concurrent-"),
    *("ban-alter-", "ban-disable-", "ban-drop-", "ban-set-", "ban-truncate-"),
)
_BAN_DROP = "ban-drop-"
# Who drops one and makes it again in one transaction takes nothing from anybody.
_HOLD_NO_ROWS = frozenset(
    (
        *("VIEW", "MATERIALIZED VIEW", "FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE"),
        *("TRIGGER", "POLICY", "RULE", CONSTRAINT),
    )
)


class _Place(NamedTuple):
    """Where a finding is.

    Attributes:
        statement: the tokens of the statement.
        action: those of the action of ALTER TABLE; empty, where it is no such statement.
        table: that is altered.
        made: what UP has made before the statement.
        text: of the migration.
    """

    statement: Sequence[Token]
    action: Sequence[Token]
    table: ObjectName
    made: Schema
    text: MigrationText

    @property
    def schemas(self) -> tuple[Schema, Schema]:
        """What UP has made before the statement, and what earlier migrations have."""
        return self.made, self.text.earlier

    def is_partitioned(self, table: ObjectName) -> bool:
        """Whether a table was made with PARTITION BY."""
        return any(each.is_partitioned(table) for each in self.schemas)


def true_findings(
    text: MigrationText, findings: Iterable[SquawkFinding]
) -> Iterator[SquawkFinding]:
    """Yield the findings that hold, by what UP and earlier migrations have made.

    Args:
        text: of the migration.
        findings: all of it.
    """
    left = sorted(findings, key=lambda each: each.offset, reverse=True)
    for statement, made in text.up_with_schema():
        if is_block(statement.tokens):
            continue
        while left and left[-1].offset <= statement.tokens[-1].end:
            finding = left.pop()
            if not _is_false(finding, statement, made):
                yield finding
    yield from left


def _is_false(finding: SquawkFinding, statement: StatementText, made: Schema) -> bool:
    rule = finding.violation.rule
    if not rule.startswith(_ABOUT_USERS):
        return False
    place = _Place(statement.tokens, (), (), made, finding.text)
    for table, action in table_actions(statement.tokens):
        if _covers(action.rest, finding.offset):
            place = place._replace(action=action.rest, table=table)
    if _changes_only_new(place) or _EXCUSES.get(rule, _no_excuse)(place):
        return True
    return rule.startswith(_BAN_DROP) and _are_made_again(finding, place)


def _covers(tokens: Sequence[Token], offset: int) -> bool:
    return bool(tokens) and tokens[0].start <= offset <= tokens[-1].end


def _changes_only_new(place: _Place) -> bool:
    """Whether a statement changes only what the statements before it have made."""
    if place.table:
        member = [each.object for each in object_changes(place.statement) if each.verb == "drop"]
        mine = [each for each in member if _covers(place.action, each.offset)]
        new_members = bool(mine) and all(map(place.made.has, mine))
        return new_members or place.made.has_table(place.table)
    kind = _altered_kind(place.statement)
    changed = [
        each.object if each.verb in ("drop", "rename") else NamedObject(kind, each.object.table)
        for each in object_changes(place.statement)
    ] or [NamedObject("TABLE", table) for table in locked_tables(place.statement)]
    return bool(changed) and all(map(place.made.has, changed))


def _altered_kind(statement: Sequence[Token]) -> str:
    """What parts are added to: a table, or the type or domain that ALTER names."""
    word = statement[1].word if statement[1:] else ""
    return word if word in ("TYPE", "DOMAIN") else "TABLE"


def _are_made_again(finding: SquawkFinding, place: _Place) -> bool:
    """Whether what is dropped is made again by the same transaction."""
    text = finding.text
    dropped = [
        each.object
        for each in object_changes(place.statement)
        if each.verb == "drop" and (not place.action or _covers(place.action, each.object.offset))
    ]
    again = [
        each.object
        for statement in text.up
        for each in object_changes(statement.tokens)
        if each.verb == "make" and each.object.offset > finding.offset
    ]
    return text.migration.up.transactional and all(
        each.kind in _HOLD_NO_ROWS and any(map(each.is_same, again)) for each in dropped
    )


def _no_excuse(_: _Place) -> bool:
    return False


def _is_checked_already(place: _Place) -> bool:
    """Whether a valid CHECK says that the column IS NOT NULL: no row is read then."""
    reader = TokenReader(place.action)
    reader.take("ALTER")
    reader.take("COLUMN")
    column = reader.name()
    return any(
        check.is_valid and not check.not_null.isdisjoint(column)
        for schema in place.schemas
        for check in schema.checks(place.table)
    )


def _is_helper_of_not_null(place: _Place) -> bool:
    """Whether the CHECK that is dropped says what SET NOT NULL says by now."""
    reader = TokenReader(place.action)
    reader.take("DROP", CONSTRAINT)
    reader.take("IF", "EXISTS")
    name = reader.name()
    checks = [check for schema in place.schemas for check in schema.checks(place.table)]
    helpers = [check.not_null for check in checks if check.name == name and not check.says_more]
    known = any(each.has(NamedObject(CONSTRAINT, name, place.table)) for each in place.schemas)
    set_here, before = (schema.not_null_columns(place.table) for schema in place.schemas)
    return any(each <= set_here | before for each in helpers) if known else bool(set_here)


def _has_no_concurrent_way(place: _Place) -> bool:
    """Whether the index is made ON ONLY, or on a partitioned table: never CONCURRENTLY."""
    reader = TokenReader(place.statement)
    is_only = reader.skip_to("ON") and reader.take("ONLY")
    return is_only or place.is_partitioned(reader.name())


def _is_of_partitioned_table(place: _Place) -> bool:
    """Whether an index that is dropped is a partitioned table's: never CONCURRENTLY."""
    dropped = [each.object for each in object_changes(place.statement)]
    tables = [
        known.table for schema in place.schemas for each in dropped for known in schema.find(each)
    ]
    return bool(tables) and all(map(place.is_partitioned, tables))


def _cannot_be_not_valid(place: _Place) -> bool:
    """Whether the constraint is an index, or a foreign key of a partitioned table."""
    words = words_outside_parentheses(place.action)
    is_index = not {"EXCLUDE", "UNIQUE", "PRIMARY"}.isdisjoint(words)
    return is_index or ("FOREIGN" in words and place.is_partitioned(place.table))


def _is_partitioned(place: _Place) -> bool:
    return place.is_partitioned(place.table)


_EXCUSES: dict[str, Callable[[_Place], bool]] = {
    "adding-foreign-key-constraint": _cannot_be_not_valid,
    "adding-not-nullable-field": _is_checked_already,
    "ban-drop-constraint": _is_helper_of_not_null,
    "constraint-missing-not-valid": _cannot_be_not_valid,
    "disallowed-unique-constraint": _is_partitioned,
    "require-concurrent-index-creation": _has_no_concurrent_way,
    "require-concurrent-index-deletion": _is_of_partitioned_table,
}
