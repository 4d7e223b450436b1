"""The rules of promptlib's own, by their names, and all of them on one migration.

Each has a module of its name in `rules/`, and a page of its name in docs/lint/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.lint.rules.attach_partition_without_check import find_unchecked_attachments
from promptlib.lint.rules.cannot_run_in_transaction import find_statements_refused_in_transaction
from promptlib.lint.rules.commit_inside_statement import find_commits_inside_statements
from promptlib.lint.rules.down_misses_object import find_objects_left_by_down
from promptlib.lint.rules.enum_value_in_same_transaction import find_enum_values_used_too_early
from promptlib.lint.rules.explicit_table_lock import find_explicit_table_locks
from promptlib.lint.rules.if_not_exists_in_transaction import find_needless_guards
from promptlib.lint.rules.locks_several_tables import find_locks_on_several_tables
from promptlib.lint.rules.refresh_without_concurrently import find_plain_refreshes
from promptlib.lint.rules.secret_literal import find_secrets
from promptlib.lint.rules.table_rewrite import find_table_rewrites
from promptlib.lint.rules.unnamed_concurrent_index import find_unnamed_concurrent_indexes
from promptlib.lint.rules.write_without_where import find_writes_of_every_row
from promptlib.lint.violations import Violation
from promptlib.syntax.statements import line_and_column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promptlib.lint.migration_text import Complaint, MigrationText

RULES: dict[str, Callable[[MigrationText], Iterator[Complaint]]] = {
    "attach-partition-without-check": find_unchecked_attachments,
    "cannot-run-in-transaction": find_statements_refused_in_transaction,
    "commit-inside-statement": find_commits_inside_statements,
    "down-misses-object": find_objects_left_by_down,
    "enum-value-in-same-transaction": find_enum_values_used_too_early,
    "explicit-table-lock": find_explicit_table_locks,
    "if-not-exists-in-transaction": find_needless_guards,
    "locks-several-tables": find_locks_on_several_tables,
    "refresh-without-concurrently": find_plain_refreshes,
    "secret-literal": find_secrets,
    "table-rewrite": find_table_rewrites,
    "unnamed-concurrent-index": find_unnamed_concurrent_indexes,
    "write-without-where": find_writes_of_every_row,
}


def check_rules(text: MigrationText) -> Iterator[Violation]:
    """Yield what breaks a rule, rule by rule."""
    path = text.migration.path
    for rule, find in RULES.items():
        for offset, message, remedy, severity in find(text):
            line, column = line_and_column(text.source, offset)
            yield Violation(path, line, column, rule, message, remedy, severity)
