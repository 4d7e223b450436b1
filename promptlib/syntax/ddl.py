"""What statements make, drop, rename and move, as far as their text says. Pure.

Nothing is known of what a database holds. Temporary objects, user mappings and transforms are
passed over, and dynamic SQL cannot be read. It is no parser: whoever asks does so where none is
installed, and of text that none would take. Tests compare it with PostgreSQL's own.
"""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.syntax.tokens import ObjectName, Token, TokenReader, split_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Literal

COLUMN, CONSTRAINT, INDEX, SCHEMA, VALUE = "COLUMN", "CONSTRAINT", "INDEX", "SCHEMA", "VALUE"
IF_NOT_EXISTS, IF_EXISTS, OR_REPLACE = "IF NOT EXISTS", "IF EXISTS", "OR REPLACE"
_ROUTINES = ("FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE")
_RELATIONS = ("TABLE", INDEX, "VIEW", "SEQUENCE", "MATERIALIZED VIEW", "FOREIGN TABLE")
# Kinds of several words stand before those that they begin or end with.
_KINDS = tuple(
    tuple(kind.split())
    for kind in (
        "OPERATOR CLASS",
        "OPERATOR FAMILY",
        "MATERIALIZED VIEW",
        "FOREIGN TABLE",
        "FOREIGN DATA WRAPPER",
        "EVENT TRIGGER",
        "ACCESS METHOD",
        "TEXT SEARCH CONFIGURATION",
        "TEXT SEARCH DICTIONARY",
        "TEXT SEARCH PARSER",
        "TEXT SEARCH TEMPLATE",
        "TABLE",
        INDEX,
        "VIEW",
        "SEQUENCE",
        *_ROUTINES,
        "TYPE",
        "DOMAIN",
        SCHEMA,
        "EXTENSION",
        "TRIGGER",
        "POLICY",
        "RULE",
        "STATISTICS",
        "COLLATION",
        "CONVERSION",
        "CAST",
        "OPERATOR",
        "LANGUAGE",
        "ROLE",
        "USER",
        "GROUP",
        "PUBLICATION",
        "SUBSCRIPTION",
        "SERVER",
        "DATABASE",
        "TABLESPACE",
    )
)
_BEFORE_KIND = (
    "GLOBAL",
    "LOCAL",
    "UNLOGGED",
    "RECURSIVE",
    "UNIQUE",
    CONSTRAINT,
    "TRUSTED",
    "PROCEDURAL",
    "DEFAULT",
)
# Kinds whose names are one kind's: ALTER TABLE renames views and indexes too.
_SHARED = {
    **dict.fromkeys(_RELATIONS, "relation"),
    **dict.fromkeys(_ROUTINES, "routine"),
    **dict.fromkeys(("TYPE", "DOMAIN"), "type"),
    **dict.fromkeys(("ROLE", "USER", "GROUP"), "role"),
    **dict.fromkeys(("OPERATOR CLASS", "OPERATOR FAMILY"), "operator family"),
}
_BEFORE_TABLE = {INDEX: "ON", "TRIGGER": "ON", "POLICY": "ON", "RULE": "TO", "STATISTICS": "FROM"}
_HAVE_MEMBERS = ("TABLE", "FOREIGN TABLE", "TYPE", "DOMAIN")
_UNNAMED_CONSTRAINT = ("PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "EXCLUDE", "NOT")


class NamedObject(NamedTuple):
    """Something that has a name in a database.

    Attributes:
        kind: as CREATE calls it, such as MATERIALIZED VIEW; also COLUMN, CONSTRAINT and VALUE.
        name: empty, where PostgreSQL chooses one.
        table: what it goes with: the table of a column, index, trigger, owned sequence, partition.
        offset: where the statement names it.
        mentions: every name that its definition uses.
    """

    kind: str
    name: ObjectName
    table: ObjectName = ()
    offset: int = 0
    mentions: frozenset[str] = frozenset()

    def __str__(self) -> str:
        """The object as a reader would call it."""
        unnamed = "" if self.name or self.kind == VALUE else "unnamed "
        named = f"{unnamed}{self.kind.lower()} {'.'.join(self.name)}".rstrip()
        return f"{named} of {'.'.join(self.table)}" if self.table else named

    @property
    def is_relation(self) -> bool:
        """Whether it is a table, or shares its names with tables."""
        return self.kind in _RELATIONS

    def is_same(self, other: NamedObject) -> bool:
        """Whether two statements mean the same object, as far as they say."""
        kinds = {_SHARED.get(each.kind, each.kind) for each in (self, other)}
        tables = not self.table or not other.table or may_be_same_name(self.table, other.table)
        return len(kinds) == 1 and may_be_same_name(self.name, other.name) and tables


class ObjectChange(NamedTuple):
    """What a statement does to an object.

    Attributes:
        verb: `move` makes it go with another table.
        object: which.
        guard: IF_NOT_EXISTS, IF_EXISTS or OR_REPLACE, where the statement says so.
        to: the new name, or the table that it goes with from here on.
        cascades: whether what depends on it is dropped too.
    """

    verb: Literal["make", "drop", "rename", "move"]
    object: NamedObject
    guard: str = ""
    to: ObjectName = ()
    cascades: bool = False


def may_be_same_name(one: ObjectName, other: ObjectName) -> bool:
    """Whether two names may mean the same: one without a schema may be in any."""
    parts = zip(reversed(one), reversed(other), strict=False)
    return bool(one and other) and all(a == b for a, b in parts)


def object_changes(statement: Sequence[Token]) -> Iterator[ObjectChange]:
    """What a statement does, in order."""
    reader = TokenReader(statement)
    if reader.take("CREATE"):
        yield from _parse_create(reader)
    elif reader.take("DROP"):
        yield from _parse_drop(reader)
    elif reader.take("ALTER"):
        yield from _parse_alter(reader)


def altered_object(statement: Sequence[Token]) -> NamedObject | None:
    """What ALTER names, whatever it does to that; None for other statements."""
    reader = TokenReader(statement)
    found = _take_altered(reader) if reader.take("ALTER") else None
    return found[0] if found else None


def _take_kind(reader: TokenReader) -> str:
    """Go beyond the kind that comes next; nothing, where none is known."""
    if reader.take("USER", "MAPPING"):
        return ""
    return next((" ".join(words) for words in _KINDS if reader.take(*words)), "")


def _take_name(reader: TokenReader, kind: str) -> ObjectName:
    """Go beyond an object's name, and the types that belong to it."""
    if kind == "CAST":
        return (" ".join(each.name or each.symbol for each in reader.parenthesised()),)
    name = reader.operator() if kind == "OPERATOR" else reader.name()
    reader.parenthesised()
    return name


def _take_guard(reader: TokenReader, guard: str) -> str:
    return guard if reader.take(*guard.split()) else ""


def _mentions(statement: Sequence[Token]) -> frozenset[str]:
    return frozenset(token.name for token in statement if token.name)


def _parse_create(reader: TokenReader) -> Iterator[ObjectChange]:
    """CREATE."""
    mentions = _mentions(reader.rest)
    guard = _take_guard(reader, OR_REPLACE)
    while reader.take_any(*_BEFORE_KIND):
        pass
    kind = _take_kind(reader)  # none, where the object is temporary
    if not kind:
        return
    reader.take("CONCURRENTLY")
    guard = guard or _take_guard(reader, IF_NOT_EXISTS)
    if kind == SCHEMA:
        reader.take("AUTHORIZATION")
    offset, name = reader.offset, () if reader.word == "ON" else _take_name(reader, kind)
    if name[:1] != ("pg_temp",):
        table = _take_table(reader, kind)
        yield ObjectChange("make", NamedObject(kind, name, table, offset, mentions), guard)


def _take_table(reader: TokenReader, kind: str) -> ObjectName:
    """The table that a new object goes with, from what stands behind its name."""
    if kind in _BEFORE_TABLE and reader.skip_to(_BEFORE_TABLE[kind]):
        reader.take("ONLY")
        return reader.name()
    if kind == "SEQUENCE":
        return _take_owner(reader)
    if reader.take("INHERITS"):
        return TokenReader(reader.parenthesised()).name()
    return reader.name() if reader.take("PARTITION", "OF") else ()


def _take_owner(reader: TokenReader) -> ObjectName:
    """The table whose column owns a sequence."""
    return reader.name()[:-1] if reader.skip_to("OWNED") and reader.take("BY") else ()


def _parse_drop(reader: TokenReader) -> Iterator[ObjectChange]:
    """DROP."""
    kind = _take_kind(reader)
    if not kind:
        return
    reader.take("CONCURRENTLY")
    guard = _take_guard(reader, IF_EXISTS)
    cascades = reader.rest[-1:] and reader.rest[-1].word == "CASCADE"
    for piece in filter(None, split_tokens(reader.rest)):
        one = TokenReader(piece)
        offset, name = one.offset, _take_name(one, kind)
        table = one.name() if one.take("ON") else ()
        yield ObjectChange(
            "drop", NamedObject(kind, name, table, offset), guard, cascades=bool(cascades)
        )


def _parse_alter(reader: TokenReader) -> Iterator[ObjectChange]:
    """ALTER."""
    found = _take_altered(reader)
    if not found:
        return
    whole, guard = found
    if whole.kind == "SEQUENCE" and (owner := _take_owner(TokenReader(reader.rest))):
        yield ObjectChange("move", whole._replace(mentions=_mentions(reader.rest)), to=owner)
    for action in split_tokens(reader.rest):
        yield from _parse_action(TokenReader(action), whole, guard)


def _take_altered(reader: TokenReader) -> tuple[NamedObject, str] | None:
    """Go beyond what ALTER names, and give that with its guard; None, where its kind is unknown."""
    kind = _take_kind(reader)
    if not kind:
        return None
    guard = _take_guard(reader, IF_EXISTS)
    reader.take("ONLY")
    offset, name = reader.offset, _take_name(reader, kind)
    reader.take_symbol("*")
    return NamedObject(kind, name, reader.name() if reader.take("ON") else (), offset), guard


def _parse_action(reader: TokenReader, whole: NamedObject, guard: str) -> Iterator[ObjectChange]:
    """One of the actions of ALTER."""
    if reader.take("RENAME", "TO"):
        yield ObjectChange("rename", whole, guard, to=(*whole.name[:-1], *reader.name()))
    elif reader.take("SET", "SCHEMA"):
        yield ObjectChange("rename", whole, guard, to=(*reader.name(), *whole.name[-1:]))
    elif whole.kind not in _HAVE_MEMBERS:
        return
    elif reader.take("ATTACH", "PARTITION"):
        yield ObjectChange("move", NamedObject("TABLE", reader.name()), to=whole.name)
    elif reader.take("DETACH", "PARTITION"):
        yield ObjectChange("move", NamedObject("TABLE", reader.name()))
    elif verb := reader.take_any("ADD", "DROP", "RENAME"):
        yield from _parse_member(reader, verb, whole)


def _parse_member(reader: TokenReader, verb: str, whole: NamedObject) -> Iterator[ObjectChange]:
    """ADD, DROP or RENAME of a part of a table or type."""
    mentions = _mentions(reader.rest)
    is_unnamed = verb == "ADD" and reader.word in _UNNAMED_CONSTRAINT
    kind = CONSTRAINT if is_unnamed else reader.take_any(CONSTRAINT) or COLUMN
    if whole.kind == "TYPE" and reader.take(VALUE):
        kind = VALUE
    if kind == COLUMN and whole.kind == "DOMAIN":
        return  # DROP NOT NULL, DROP DEFAULT
    reader.take_any(COLUMN, "ATTRIBUTE")
    guard = _take_guard(reader, IF_NOT_EXISTS if verb == "ADD" else IF_EXISTS)
    offset, name = reader.offset, () if is_unnamed else reader.name()
    part = NamedObject(kind, name, whole.name, offset, mentions)
    if verb == "RENAME":
        yield ObjectChange("rename", part, to=reader.name() if reader.take("TO") else ())
    elif verb == "DROP":
        yield ObjectChange("drop", part, guard, cascades=reader.skip_to("CASCADE"))
    else:
        if kind == CONSTRAINT and reader.skip_to("USING") and reader.take(INDEX):
            index = NamedObject(INDEX, reader.name())
            part = part._replace(name=part.name or index.name)
            yield ObjectChange("drop", index, IF_EXISTS)
        yield ObjectChange("make", part, guard)
