"""What `promptlib lint` says of statements that do what the model says, whoever writes them. Pure.

A column that the model has no more is dropped: the comment above says what is lost. What another
way of writing would spare is not listed here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptlib.syntax.lexemes import QUOTED_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAME = rf"(?:{QUOTED_NAME}|\w+)"
_ANY = r"[\s\S]*"
_ADD_COLUMN = rf"ALTER TABLE {_ANY} ADD COLUMN"
_MADE = rf"(?:CREATE TABLE|{_ADD_COLUMN}|ALTER TABLE {_ANY} TYPE){_ANY}"
# squawk's rules, as far as one statement tells, and the statements that break them.
_RULES = {
    "adding-field-with-default": rf"{_ADD_COLUMN}{_ANY} (?:DEFAULT {_ANY}\(|GENERATED)",
    "adding-foreign-key-constraint": rf"ALTER TABLE {_ANY} FOREIGN KEY(?!{_ANY} NOT VALID)",
    "adding-not-nullable-field": rf"ALTER TABLE {_ANY} SET NOT NULL",
    "adding-required-field": rf"{_ADD_COLUMN}(?!{_ANY} DEFAULT ){_ANY} NOT NULL",
    "adding-serial-primary-key-field": rf"ALTER TABLE {_ANY} PRIMARY KEY \(",
    "ban-alter-identity": rf"ALTER TABLE {_ANY} (?:DROP IDENTITY|(?:SET|ADD) GENERATED|SET \w+)",
    "ban-drop-column": rf"ALTER TABLE {_ANY} DROP COLUMN",
    "ban-drop-constraint": rf"ALTER TABLE {_ANY} DROP CONSTRAINT",
    "ban-drop-default": rf"ALTER TABLE {_ANY} DROP DEFAULT",
    "ban-drop-generated-expression": rf"ALTER TABLE {_ANY} DROP EXPRESSION",
    "ban-drop-not-null": rf"ALTER TABLE {_ANY} DROP NOT NULL",
    "ban-drop-sequence": r"DROP SEQUENCE",
    "ban-drop-table": r"DROP TABLE",
    "ban-drop-type": r"DROP (?:TYPE|DOMAIN)",
    "ban-drop-view": r"DROP (?:MATERIALIZED )?VIEW",
    "changing-column-type": rf"ALTER TABLE {_ANY} ALTER COLUMN {_ANY} TYPE ",
    "constraint-missing-not-valid": (
        rf"ALTER TABLE {_ANY} ADD CONSTRAINT (?!{_ANY} NOT VALID)(?!{_ANY} USING INDEX)"
    ),
    "disallowed-unique-constraint": rf"ALTER TABLE {_ANY} (?:UNIQUE|EXCLUDE)(?!{_ANY} USING INDEX)",
    "prefer-bigint-over-int": rf"{_MADE} (?:INTEGER|SERIAL)\b",
    "prefer-bigint-over-smallint": rf"{_MADE} (?:SMALLINT|SMALLSERIAL)\b",
    "prefer-identity": rf"{_MADE} (?:SMALL|BIG)?SERIAL\b",
    "prefer-text-field": rf"{_MADE} VARCHAR\(",
    "prefer-timestamp-tz": rf"{_MADE} TIMESTAMP WITHOUT",
    "renaming-object": r"ALTER TYPE .* RENAME TO",
    "require-concurrent-index-creation": r"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)",
    "require-concurrent-index-deletion": r"DROP INDEX (?!CONCURRENTLY)",
}
_PATTERNS = {rule: re.compile(pattern) for rule, pattern in _RULES.items()}


_SEVERAL_TABLES = "locks-several-tables"
_TABLE = re.compile(rf"(CREATE|ALTER|DROP) TABLE ((?:{_NAME}\.)?{_NAME})")


def rules_to_ignore(statements: Iterable[str]) -> list[str]:
    """The rules that some statements of one transaction break; several may stand in one text."""
    found = [each for one in statements for each in one.split(";\n")]
    rules = [rule for rule, pattern in _PATTERNS.items() if any(map(pattern.match, found))]
    tables = [match.groups() for one in found if (match := _TABLE.match(one))]
    fresh = {name for verb, name in tables if verb == "CREATE"}
    in_use = {name for _, name in tables} - fresh
    return [*rules, _SEVERAL_TABLES] if len(in_use) > 1 else rules
