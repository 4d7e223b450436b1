"""What Alembic finds between a model and its database -> the SQL of a migration's two sections."""

from __future__ import annotations

import contextlib
import itertools
import textwrap
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypedDict

from alembic.operations import ops

from promptlib.autogenerate.compare.comparators import COMPARISON_OPTION, comparison_options
from promptlib.autogenerate.dialect import driver_cursor, on_one_line
from promptlib.autogenerate.enum_change import EnumChange
from promptlib.autogenerate.operations import flatten_operations
from promptlib.autogenerate.write.data_loss import (
    data_loss_guard,
    data_loss_remarks,
    destroys_values,
    possible_renames,
)
from promptlib.autogenerate.write.ordering import order_operations, phase_of
from promptlib.autogenerate.write.rendering import SqlRenderer
from promptlib.autogenerate.write.restore import TableRestore
from promptlib.autogenerate.write.views import ViewsAside
from promptlib.core.errors import ConfigurationError
from promptlib.syntax.statements import Marker, scan_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import MetaData

    from promptlib.autogenerate.compare.comparators import ModelComparison
    from promptlib.autogenerate.conversions import Conversions
    from promptlib.autogenerate.operations import Phase
    from promptlib.autogenerate.scope import ComparisonScope

_WIDTH = 100
_LONGEST = 200  # characters of a line that tells a difference
_DO = "DO $"
_HEAD = (
    "Written by `alembic revision --autogenerate`: read it, then prove it with `promptlib verify`.",
    "Not compared: triggers, functions, views, sequences and grants.",
)
_ACCEPTED = " data_loss:accepted"


class Hooks(TypedDict, total=False):
    """What env.py gives Alembic to be called with: see `EnvironmentContext.configure`."""

    include_object: Callable[..., bool]
    include_name: Callable[..., bool]
    render_item: Callable[..., Any]
    process_revision_directives: Callable[..., None]


def autogenerate_options(
    models: Sequence[MetaData],
    scope: ComparisonScope,
    hooks: Hooks,
    keep: Callable[[Iterator[Draft]], None],
    refuse: Callable[[Draft, list[Any]], NoReturn],
) -> dict[str, Any]:
    """What `context.configure` needs for `alembic check` and `revision --autogenerate`.

    Args:
        models: what the database is compared with.
        scope: the tables that are compared.
        hooks: env.py's own, which are asked first.
        keep: takes what there is to write, once the comparison has ended.
        refuse: says what differs, with Alembic's differences, if `alembic check` finds any.
    """
    directives = hooks.get("process_revision_directives")

    def drafted(
        context: MigrationContext, revision: object, found: list[ops.MigrationScript]
    ) -> None:
        if directives:
            directives(context, revision, found)
        scope.tell_left_alone()
        drafts = [Draft(context, one) for one in found]
        keep(iter(drafts))
        for script, draft in zip(found, drafts, strict=True):
            script.upgrade_ops = [
                _DraftedOps(one.ops, partial(refuse, draft)) for one in script.upgrade_ops_list
            ]
            script.downgrade_ops = ops.DowngradeOps()

    return {
        **hooks,
        **comparison_options(models, _both(hooks.get("include_object"), scope.includes_object)),
        "include_schemas": scope.schemas > {None} or None not in scope.schemas,
        "include_name": _both(hooks.get("include_name"), scope.includes_name),
        "process_revision_directives": drafted,
    }


def _both(first: Callable[..., bool] | None, second: Callable[..., bool]) -> Callable[..., bool]:
    """A filter that passes what two pass; the second one hears of nothing else."""
    return (lambda *item: first(*item) and second(*item)) if first else second


class _DraftedOps(ops.UpgradeOps):
    """Operations that Alembic does not write as Python."""

    def __init__(
        self, found: list[ops.MigrateOperation], refuse: Callable[[list[Any]], NoReturn]
    ) -> None:
        super().__init__()
        self._found, self._refuse = ops.OpContainer(found), refuse

    def as_diffs(self) -> Any:
        """What `alembic check` asks for: it would print all of it, at length."""
        found: Any = self._found.as_diffs()
        if found:
            self._refuse(found)
        return found


class Draft:
    """A migration that can be written without the database.

    Args:
        context: Alembic's, connected.
        found: what it has found.
    """

    def __init__(self, context: MigrationContext, found: ops.MigrationScript) -> None:
        assert context.connection
        self.comparison: ModelComparison = context.opts[COMPARISON_OPTION]
        self.schema = context.connection.dialect.default_schema_name
        up = list(flatten_operations(found.upgrade_ops_list[-1].ops))
        with contextlib.closing(driver_cursor(context.connection)) as cursor:
            down = list(TableRestore(cursor, up).put_back(found.downgrade_ops_list[-1].ops))
            replaced = [
                writer.replaced_types(operations)
                for writer, operations in zip(self._writers(), (up, down), strict=True)
            ]
            views = ViewsAside(cursor, up, replaced).operations()
        self.up, self.down = (
            order_operations([*own, *aside]) for own, aside in zip((up, down), views, strict=True)
        )

    def _writers(self) -> list[_SectionWriter]:
        """What writes UP, and what writes DOWN."""
        model = self.comparison.models[0]
        return [
            _SectionWriter(SqlRenderer(model, types), types)
            for types in self.comparison.conversions(self.schema)
        ]

    def __bool__(self) -> bool:
        return bool(self.up)

    def differences(self) -> list[str]:
        """The statements of UP, each on one line, but for blocks of code.

        Raises:
            ConfigurationError: when SQLAlchemy cannot write a part of the model.
        """
        writer, _ = self._writers()
        statements = (sql for block in writer.blocks(self.up, {}) for sql in block.statements)
        lines = (on_one_line(sql) for sql in statements if not sql.startswith(_DO))
        return [textwrap.shorten(line, _LONGEST, placeholder=" ...") for line in lines]

    def render(self, template: str, name: str) -> str:
        """The migration.

        Args:
            template: the text of a file that has the lines `-- UP` and `-- DOWN`.
            name: what the template is called, for errors.

        Raises:
            ConfigurationError: when it has not, or SQLAlchemy cannot write a part of the model.
        """
        forth, back = self._writers()
        head = "\n".join(_comment(line) for line in (*_HEAD, *self.comparison.remarks))
        option = _ACCEPTED if any(destroys_values(one, forth.types) for one in self.up) else ""
        guard = data_loss_guard(self.down, back.types)
        up_sql = forth.render(self.up, possible_renames(self.up))
        down_sql = back.render(self.down, {})
        if guard:
            down_sql = f"{guard};\n\n{down_sql}"
        before, up_line, between, down_line, behind = _cut_template(template, name)
        pieces = (
            before,
            f"{head}\n\n{up_line}{option}\n{up_sql}",
            between,
            f"{down_line}\n{down_sql}",
            behind,
        )
        return "\n\n".join(filter(None, pieces)) + "\n"


class _Block(NamedTuple):
    """The statements of an operation, with what is to be said of them."""

    phase: Phase | None
    remarks: list[str]
    statements: list[str]

    @property
    def text(self) -> str:
        """As it stands in the file."""
        return "\n".join([*map(_comment, self.remarks), *(f"{one};" for one in self.statements)])

    def follows(self, other: _Block) -> bool:
        """Whether it may stand below another one without a blank line between."""
        short = all("\n" not in one for one in (*self.statements, *other.statements))
        return short and self.phase == other.phase and not self.remarks


class _SectionWriter:
    """The SQL of a section.

    Args:
        renderer: how operations are written.
        types: the columns that get another type.
    """

    def __init__(self, renderer: SqlRenderer, types: Conversions) -> None:
        self.renderer, self.types = renderer, types

    def render(self, operations: list[ops.MigrateOperation], hints: Mapping[int, str]) -> str:
        """The section; `hints` are remarks by the place of an operation."""
        return _join_blocks(list(self.blocks(operations, hints)))

    def blocks(
        self, operations: list[ops.MigrateOperation], hints: Mapping[int, str]
    ) -> Iterator[_Block]:
        """Yield the parts of the section."""
        plain = self._plain_statements(operations)
        others = "\n".join(itertools.chain(*plain.values()))
        for place, one in enumerate(operations):
            remarks = [
                *data_loss_remarks(one, self.types),
                *([hints[place]] if place in hints else []),
            ]
            statements = plain.get(place, [])
            if isinstance(one, EnumChange):
                remarks, statements = [*one.remarks(others)], [*one.statements(others)]
            if statements:
                yield _Block(phase_of(one), remarks, statements)

    def replaced_types(self, operations: list[ops.MigrateOperation]) -> list[EnumChange]:
        """The changes of enumerated types that make the type anew."""
        others = "\n".join(itertools.chain(*self._plain_statements(operations).values()))
        changes = (one for one in operations if isinstance(one, EnumChange))
        return [one for one in changes if not one.changes_in_place(others)]

    def _plain_statements(self, operations: list[ops.MigrateOperation]) -> dict[int, list[str]]:
        """The statements of all others, by place."""
        return {
            place: self.renderer.statements(one)
            for place, one in enumerate(operations)
            if not isinstance(one, EnumChange)
        }


def _join_blocks(blocks: list[_Block]) -> str:
    text = blocks[0].text if blocks else "SELECT 1;"
    for before, block in itertools.pairwise(blocks):
        text += ("\n" if block.follows(before) else "\n\n") + block.text
    return text


def _cut_template(template: str, name: str) -> Iterator[str]:
    """Yield what stands before `-- UP`, that line, what is between, `-- DOWN`, what is behind."""
    text = template.encode()
    markers = {item.word: item for item in scan_sql(text) if isinstance(item, Marker)}
    if list(markers) != ["UP", "DOWN"]:
        raise ConfigurationError(
            "there are no lines `-- UP` and `-- DOWN` to write the SQL behind",
            "put them in",
            place=name,
        )
    up, down = markers["UP"], markers["DOWN"]
    edges = (0, up.start, up.end, down.start, down.end, len(text))
    return (text[start:end].decode().strip() for start, end in itertools.pairwise(edges))


def _comment(text: str) -> str:
    """A remark; whatever names are in it, it ends with its line."""
    lines = textwrap.wrap(text, _WIDTH - 3, break_long_words=False, break_on_hyphens=False)
    return "\n".join(f"-- {line}" for line in lines)
