"""An enumerated type gets other values: in place where it can, else by a type made anew.

PostgreSQL removes no value, and lets no value be used in the transaction that adds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptlib.autogenerate.dialect import block, quoted
from promptlib.autogenerate.operations import Phase, Statement
from promptlib.syntax.quoting import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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


class Use(NamedTuple):
    """A column of the type, or of arrays of it.

    `default` is what it is as long as the type is made anew: None where there is none, empty where
    another operation gives the next one.
    """

    schema: str | None
    table: str
    column: str
    is_array: bool
    default: str | None


class Type(NamedTuple):
    """An enumerated type: its values in order, and the columns that have it."""

    schema: str | None
    name: str
    values: list[str]
    uses: list[Use]


class Relabelling(Statement):
    """A type gets other values.

    Args:
        old: what it is when this begins.
        new: what it is to be, with the columns that the way back will find.
        rules: for each constraint and index that names a value, what removes it, what puts it back.
        others: what else needs the type, and has to be changed by hand.
    """

    def __init__(
        self, old: Type, new: Type, rules: list[tuple[str, str]], others: list[str]
    ) -> None:
        super().__init__(Phase.TYPE, diff=("modify_enum", old.name, old.values, new.values))
        self.old, self.new, self.rules, self.others = old, new, rules, others

    def reverse(self) -> Relabelling:
        """The way back."""
        return Relabelling(self.new, self.old, self.rules, self.others)

    @property
    def removed(self) -> list[str]:
        """The values that it loses."""
        return [value for value in self.old.values if value not in self.new.values]

    def in_place(self, others: str) -> bool:
        """Whether values can be added to the type as it is.

        Args:
            others: what else runs in the same transaction: it may use a value that is new.
        """
        old, new = self.old.values, self.new.values
        stays = [value for value in new if value in old] == old
        return stays and not any(literal(value) in others for value in set(new) - set(old))

    def statements(self, others: str) -> Iterator[str]:
        """Yield what is to run; `others` as in `in_place`."""
        yield from self._added() if self.in_place(others) else self._made_anew()

    def remarks(self, others: str) -> Iterator[str]:
        """Yield what a reader has to know; `others` as in `in_place`."""
        if self.in_place(others):
            return
        if self.removed:
            values = ", ".join(map(literal, self.removed))
            yield f"removes {values} from {self._name}: fails where a row still holds it"
        yield f"makes {self._name} anew: the tables that have it are rewritten"
        for other in self.others:
            yield f"{other} needs the type too: change it here by hand"

    def _added(self) -> Iterator[str]:
        new, there = self.new.values, set(self.old.values)
        for place, value in enumerate(new):
            if value not in there:
                behind = [each for each in new[place:] if each in there]
                where = f" AFTER {literal(new[place - 1])}" if place and behind else ""
                where = where or (f" BEFORE {literal(behind[0])}" if behind else "")
                there.add(value)
                yield f"ALTER TYPE {self._name} ADD VALUE {literal(value)}{where}"

    def _made_anew(self) -> Iterator[str]:
        if self.removed and self.old.uses:
            yield self._refusal()
        before = f"{self.old.name}_before"
        yield from (remove for remove, _ in self.rules)
        yield f"ALTER TYPE {self._name} RENAME TO {quoted(before)}"
        yield creation(self.new)
        for use in self.old.uses:
            yield self._change(use)
        yield f"DROP TYPE {quoted(before, self.old.schema)}"
        yield from (restore for _, restore in self.rules)

    @property
    def _name(self) -> str:
        return quoted(self.old.name, self.old.schema)

    def _change(self, use: Use) -> str:
        """A column takes the new type; its default is one of the old type's values."""
        column, brackets = quoted(use.column), "[]" if use.is_array else ""
        actions = [f"TYPE {self._name}{brackets} USING {column}::text::{self._name}{brackets}"]
        if use.default is not None:
            actions.insert(0, "DROP DEFAULT")
        if use.default:
            actions.append(f"SET DEFAULT {use.default}")
        lines = ",\n".join(f"    ALTER COLUMN {column} {action}" for action in actions)
        return f"ALTER TABLE {quoted(use.table, use.schema)}\n{lines}"

    def _refusal(self) -> str:
        """An error where rows hold what is to go: nobody knows what they would hold instead."""
        values = ", ".join(map(literal, self.removed))
        counts = "\n        UNION ALL\n".join(
            f"        SELECT count(*) FROM {quoted(use.table, use.schema)} "
            f"WHERE {quoted(use.column)}::text"
            + (f"[] && ARRAY[{values}]" if use.is_array else f" IN ({values})")
            for use in self.old.uses
        )
        name = self._name.replace("'", "''").replace("%", "%%")
        return block(_REFUSAL.format(name=name, counts=counts))


def creation(type_: Type) -> str:
    """The statement that makes a type."""
    return made(quoted(type_.name, type_.schema), type_.values)


def made(name: str, values: Iterable[str]) -> str:
    """The statement that makes an enumerated type of this name."""
    return f"CREATE TYPE {name} AS ENUM ({', '.join(map(literal, values))})"
