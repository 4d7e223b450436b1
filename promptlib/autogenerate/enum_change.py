"""An enumerated type gets other values: in place where it can, else by a type made anew.

PostgreSQL removes no value, and lets no value be used in the transaction that adds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptlib.autogenerate.dialect import quote_name
from promptlib.autogenerate.operations import Phase, SqlOperation
from promptlib.syntax.lexemes import do_block, quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptlib.autogenerate.operations import TableKey

_REFUSAL = """DECLARE
    holding bigint;
BEGIN
    SELECT sum(number) INTO holding
    FROM (
{counts}
    ) AS counted (number);
    IF holding > 0 THEN
        RAISE EXCEPTION '% values of {name} are to go and still held', holding
            USING HINT = 'give those rows other values first';
    END IF;
END"""


class EnumUse(NamedTuple):
    """A column of the type, or of arrays of it.

    `default` is what it is as long as the type is made anew: None where there is none, empty where
    another operation gives the next one.
    """

    schema: str | None
    table: str
    column: str
    is_array: bool
    default: str | None


class EnumType(NamedTuple):
    """An enumerated type: its values in order, and the columns that have it."""

    schema: str | None
    name: str
    values: list[str]
    uses: list[EnumUse]


class EnumChange(SqlOperation):
    """A type gets other values.

    Args:
        old: what it is when this begins.
        new: what it is to be, with the columns that the way back will find.
        aside: what stands in the way: the constraints and indexes that name a value, the columns
            that are computed from such columns; what removes each, and what puts it back.
        touched: the columns that are made or rewritten if the type is made anew.
        others: what else needs the type, and has to be changed by hand.
    """

    def __init__(
        self,
        old: EnumType,
        new: EnumType,
        aside: list[tuple[str, str]],
        touched: list[tuple[TableKey, str]],
        others: list[str],
    ) -> None:
        super().__init__(Phase.TYPE, diff=("modify_enum", old.name, old.values, new.values))
        self.old, self.new, self.aside, self.others = old, new, aside, others
        self.touched = touched

    def reverse(self) -> EnumChange:
        """The way back."""
        return EnumChange(self.new, self.old, self.aside, self.touched, self.others)

    @property
    def removed(self) -> list[str]:
        """The values that it loses."""
        return [value for value in self.old.values if value not in self.new.values]

    def changes_in_place(self, others: str) -> bool:
        """Whether values can be added to the type as it is.

        Args:
            others: what else runs in the same transaction: it may use a value that is new.
        """
        old, new = self.old.values, self.new.values
        stays = [value for value in new if value in old] == old
        return stays and not any(quote_literal(value) in others for value in set(new) - set(old))

    def statements(self, others: str) -> Iterator[str]:
        """Yield what is to run; `others` as in `in_place`."""
        yield from self._add_values() if self.changes_in_place(others) else self._replace_type()

    def remarks(self, others: str) -> Iterator[str]:
        """Yield what a reader has to know; `others` as in `in_place`."""
        if self.changes_in_place(others):
            return
        if self.removed:
            values = ", ".join(map(quote_literal, self.removed))
            yield f"removes {values} from {self.sql_name}: fails where a row still holds it"
        yield f"makes {self.sql_name} anew: the tables that have it are rewritten"
        for other in self.others:
            yield f"{other} needs the type too: change it here by hand"

    def _add_values(self) -> Iterator[str]:
        new, there = self.new.values, set(self.old.values)
        for place, value in enumerate(new):
            if value not in there:
                behind = [each for each in new[place:] if each in there]
                where = f" AFTER {quote_literal(new[place - 1])}" if place else ""
                where = where or (f" BEFORE {quote_literal(behind[0])}" if behind else "")
                there.add(value)
                yield f"ALTER TYPE {self.sql_name} ADD VALUE {quote_literal(value)}{where}"

    def _replace_type(self) -> Iterator[str]:
        if self.removed and self.old.uses:
            yield self._refuse_removed_values()
        before = f"{self.old.name}_before"
        yield from (remove for remove, _ in self.aside)
        yield f"ALTER TYPE {self.sql_name} RENAME TO {quote_name(before)}"
        yield create_enum_sql(self.new)
        for use in self.old.uses:
            yield self._change_column(use)
        yield f"DROP TYPE {quote_name(before, self.old.schema)}"
        yield from (restore for _, restore in reversed(self.aside))

    @property
    def sql_name(self) -> str:
        """The type as SQL has it."""
        return quote_name(self.old.name, self.old.schema)

    def _change_column(self, use: EnumUse) -> str:
        """A column takes the new type; its default is one of the old type's values."""
        column, brackets = quote_name(use.column), "[]" if use.is_array else ""
        actions = [
            f"TYPE {self.sql_name}{brackets} USING {column}::text::{self.sql_name}{brackets}"
        ]
        if use.default is not None:
            actions.insert(0, "DROP DEFAULT")
        if use.default:
            actions.append(f"SET DEFAULT {use.default}")
        lines = ",\n".join(f"    ALTER COLUMN {column} {action}" for action in actions)
        return f"ALTER TABLE {quote_name(use.table, use.schema)}\n{lines}"

    def _refuse_removed_values(self) -> str:
        """An error where rows hold what is to go: nobody knows what they would hold instead."""
        values = ", ".join(map(quote_literal, self.removed))
        counts = "\n        UNION ALL\n".join(
            f"        SELECT count(*) FROM {quote_name(use.table, use.schema)} "
            f"WHERE {quote_name(use.column)}::text"
            + (f"[] && ARRAY[{values}]" if use.is_array else f" IN ({values})")
            for use in self.old.uses
        )
        name = self.sql_name.replace("'", "''").replace("%", "%%")
        return do_block(_REFUSAL.format(name=name, counts=counts))


def create_enum_sql(type_: EnumType) -> str:
    """The statement that makes a type."""
    return create_enum_named(quote_name(type_.name, type_.schema), type_.values)


def create_enum_named(name: str, values: Iterable[str]) -> str:
    """The statement that makes an enumerated type of this name."""
    return f"CREATE TYPE {name} AS ENUM ({', '.join(map(quote_literal, values))})"
