"""ddl: what statements make, drop and rename, against PostgreSQL's own parser."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.files.directory import parse_all, survey_folder
from promptlib.syntax.ddl import object_changes
from promptlib.syntax.statements import Statement, scan_sql
from promptlib.syntax.tokens import tokenize_statement
from support.objects import BASE, BASE_DOWN, CASES

if TYPE_CHECKING:
    from collections.abc import Iterator

postgast: Any = importlib.import_module("postgast")  # mypy cannot read its stubs
_ROOT = Path(__file__).parents[3]
_OBJECTS = {
    f"OBJECT_{kind}": kind
    for kind in ("TABLE", "INDEX", "VIEW", "SEQUENCE", "TYPE", "DOMAIN", "SCHEMA", "EXTENSION")
} | {
    "OBJECT_MATVIEW": "MATERIALIZED VIEW",
    "OBJECT_FOREIGN_TABLE": "FOREIGN TABLE",
    "OBJECT_FUNCTION": "FUNCTION",
    "OBJECT_TRIGGER": "TRIGGER",
    "OBJECT_POLICY": "POLICY",
    "OBJECT_RULE": "RULE",
    "OBJECT_TABCONSTRAINT": "CONSTRAINT",
    "OBJECT_COLUMN": "COLUMN",
    "OBJECT_ATTRIBUTE": "COLUMN",
}
# What makes an object, by the fields that hold its name.
_MAKERS = {
    "IndexStmt": ("INDEX", "idxname"),
    "ViewStmt": ("VIEW", "view"),
    "CreateSeqStmt": ("SEQUENCE", "sequence"),
    "CreateTrigStmt": ("TRIGGER", "trigname"),
    "CreatePolicyStmt": ("POLICY", "policy_name"),
    "RuleStmt": ("RULE", "rulename"),
    "CreateFunctionStmt": ("FUNCTION", "funcname"),
    "CreateSchemaStmt": ("SCHEMA", "schemaname"),
    "CreateEnumStmt": ("TYPE", "type_name"),
    "CreateRangeStmt": ("TYPE", "type_name"),
    "CompositeTypeStmt": ("TYPE", "typevar"),
    "CreateDomainStmt": ("DOMAIN", "domainname"),
    "CreateExtensionStmt": ("EXTENSION", "extname"),
    "CreateStmt": ("TABLE", "relation"),
}
_ACTIONS = {
    "AT_AddColumn": ("make", "COLUMN"),
    "AT_DropColumn": ("drop", "COLUMN"),
    "AT_AddConstraint": ("make", "CONSTRAINT"),
    "AT_DropConstraint": ("drop", "CONSTRAINT"),
}
_KINDS = {*_OBJECTS.values()}
# Kinds that share what parse trees call them.
_ALIKE = {"PROCEDURE": "FUNCTION", "ROUTINE": "FUNCTION"}
_Change = tuple[str, str, str]


def _ours(source: bytes) -> list[_Change]:
    """Verb, kind and last name of each change that both know."""
    found: list[_Change] = []
    for item in scan_sql(source):
        assert isinstance(item, Statement)
        for verb, changed, *_ in object_changes(tokenize_statement(source, item)):
            kind = _ALIKE.get(changed.kind, changed.kind)
            if kind in _KINDS and verb != "move":
                found.append((verb, kind, changed.name[-1] if changed.name else ""))
    return found


def _theirs(source: bytes) -> list[_Change]:
    found: list[_Change] = []
    for each in postgast.parse(source.decode()).stmts:
        kind = each.stmt.WhichOneof("node")
        node = getattr(each.stmt, kind)
        found += _changes(type(node).__name__, node)
    return found


def _changes(name: str, node: Any) -> Iterator[_Change]:
    if name in _MAKERS:
        kind, field = _MAKERS[name]
        if not _is_temporary(getattr(node, field)):
            yield "make", kind, _last(getattr(node, field))
    elif name == "CreateForeignTableStmt":
        yield "make", "FOREIGN TABLE", node.base_stmt.relation.relname
    elif name == "CreateTableAsStmt" and not _is_temporary(node.into.rel):
        kind = _enum(node, "objtype")
        yield "make", _OBJECTS[kind], node.into.rel.relname
    elif name == "AlterTableStmt":
        yield from _actions(node)
    elif name == "DropStmt" and (kind := _ALIKES.get(_enum(node, "remove_type"), "")):
        for each in node.objects:
            yield "drop", kind, _last(each)
    elif name == "RenameStmt" and (kind := _ALIKES.get(_enum(node, "rename_type"), "")):
        yield "rename", kind, node.subname or node.relation.relname or _last(node.object)
    elif name == "AlterObjectSchemaStmt" and (kind := _ALIKES.get(_enum(node, "object_type"), "")):
        yield "rename", kind, node.relation.relname or _last(node.object)


_ALIKES = {**_OBJECTS, "OBJECT_PROCEDURE": "FUNCTION", "OBJECT_ROUTINE": "FUNCTION"}


def _actions(node: Any) -> Iterator[_Change]:
    """Of ALTER TABLE; one with USING INDEX takes the index along."""
    for each in node.cmds:
        command = each.alter_table_cmd
        verb, kind = _ACTIONS.get(_enum(command, "subtype"), ("", ""))
        constraint = command.__getattribute__("def").constraint
        if constraint.indexname:
            yield "drop", "INDEX", constraint.indexname
        if verb:
            column = command.__getattribute__("def").column_def.colname
            yield verb, kind, command.name or constraint.conname or constraint.indexname or column


def _enum(node: Any, field: str) -> str:
    """The name of an enumerated field's value."""
    described = node.DESCRIPTOR.fields_by_name[field].enum_type
    return str(described.values_by_number[getattr(node, field)].name)


def _is_temporary(value: Any) -> bool:
    return getattr(value, "relpersistence", "") == "t" or 'sval: "pg_temp"' in str(value)


def _last(value: Any) -> str:
    """The last part of a name, in whichever of its forms."""
    if isinstance(value, str):
        return value
    if hasattr(value, "relname"):
        return str(value.relname)
    if hasattr(value, "WhichOneof"):
        kind = value.WhichOneof("node")
        inner = getattr(value, kind)
        if kind == "string":
            return str(inner.sval)
        names = {"list": "items", "type_name": "names", "object_with_args": "objname"}[kind]
        return _last([*getattr(inner, names)])
    return _last([*value][-1])


def _corpus() -> Iterator[str]:
    """The statements of this project's tests and migrations, where the parser takes them."""
    yield from (BASE, BASE_DOWN)
    for case in CASES.values():
        yield from (case.up, case.right, case.wrong)
    for line in (_ROOT / "tests/data/lint.txt").read_text("utf-8").splitlines():
        if line.startswith(("wrong: ", "right: ")):
            yield line.partition(": ")[2].partition(" ## ")[0]
    for migration in parse_all(survey_folder(_ROOT / "sql")[0]):
        for section in (migration.up, migration.down):
            yield section.source[section.start : section.end].decode()


@pytest.mark.parametrize("sql", [*_corpus()])
def test_what_both_know_is_the_same(sql: str) -> None:
    source = sql.encode()
    assert sorted(_ours(source)) == sorted(_theirs(source))


_NAMES = ("a", "S.b", '"C d"', 'x."y"')
_GUARDS = ("", "IF NOT EXISTS ")


@given(st.sampled_from(_NAMES), st.sampled_from(_NAMES), st.sampled_from(_GUARDS), st.data())
def test_names_and_guards_in_any_form(
    one: str, other: str, guard: str, data: st.DataObject
) -> None:
    gone = guard.replace("NOT ", "")
    sql = data.draw(
        st.sampled_from(
            (
                f"CREATE TABLE {guard}{one} (i int, CHECK (i > 0))",
                f"CREATE UNLOGGED TABLE {guard}{one} AS SELECT 1",
                f"CREATE TABLE {one} PARTITION OF {other} DEFAULT",
                f"CREATE INDEX {guard}i ON ONLY {one} USING btree (a, (b + 1))",
                f"CREATE OR REPLACE VIEW {one} (a) AS SELECT 1",
                f"CREATE MATERIALIZED VIEW {guard}{one} AS SELECT 1 WITH NO DATA",
                f"CREATE SEQUENCE {guard}{one} OWNED BY {other}.i",
                f"CREATE OR REPLACE FUNCTION {one}(a int DEFAULT 1) RETURNS int RETURN 1",
                f"CREATE TRIGGER t AFTER INSERT OR UPDATE OF x ON {one} EXECUTE FUNCTION f()",
                f"ALTER TABLE {gone}ONLY {one} ADD {guard}x int, DROP {gone}y CASCADE, DROP z",
                f"ALTER TABLE {one} ADD CONSTRAINT k UNIQUE USING INDEX l, ALTER x SET NOT NULL",
                f"ALTER TABLE {gone}{one} RENAME TO z",
                f"ALTER TABLE {gone}{one} SET SCHEMA z",
                f"DROP TABLE {gone}{one}, {other} CASCADE",
                f"DROP TRIGGER {gone}t ON {one}",
                f"DROP FUNCTION {gone}{one}(int, text), {other}",
                f"DROP INDEX CONCURRENTLY {gone}{one}",
                f"ALTER TYPE {one} ADD ATTRIBUTE x int, DROP ATTRIBUTE {gone}y",
            )
        )
    )
    source = sql.encode()
    assert sorted(_ours(source)) == sorted(_theirs(source))
