"""What Alembic finds between a model and its database -> the SQL of a migration's two sections."""

from __future__ import annotations

import contextlib
import copy
import itertools
import textwrap
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypedDict

from alembic.operations import ops
from alembic.util import rev_id

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
from promptlib.autogenerate.write.lint_ignores import rules_to_ignore
from promptlib.autogenerate.write.ordering import order_operations, phase_of
from promptlib.autogenerate.write.rendering import SqlRenderer
from promptlib.autogenerate.write.restore import TableRestore
from promptlib.autogenerate.write.stages import Stage, plan_stages
from promptlib.autogenerate.write.views import ViewsAside
from promptlib.core.errors import ConfigurationError
from promptlib.syntax.statements import Marker, scan_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import MetaData

    from promptlib.autogenerate.compare.comparators import ModelComparison
    from promptlib.autogenerate.conversions import Conversions
    from promptlib.autogenerate.operations import Phase, SqlOperation
    from promptlib.autogenerate.scope import ComparisonScope

_WIDTH = 100
_LONGEST = 200  # characters of a line that tells a difference
_DO = "DO $"
_HEAD = (
    "Written by `alembic revision --autogenerate`: read it, then prove it with `promptlib verify`.",
    "Not compared: triggers, functions, views, sequences and grants.",
)
_ACCEPTED = " data_loss:accepted"
_ALONE = " transaction:false"


class Hooks(TypedDict, total=False):
    """What env.py gives Alembic to be called with: see `EnvironmentContext.configure`."""

    include_object: Callable[..., bool]
    include_name: Callable[..., bool]
    render_item: Callable[..., Any]
    process_revision_directives: Callable[..., None]


class Drafting(NamedTuple):
    """How migrations are drafted, and who takes them.

    Attributes:
        keep: takes what there is to write, once the comparison has ended.
        refuse: says what differs, with Alembic's differences, if `alembic check` finds any.
        in_stages: whether nobody shall wait for a migration who uses the tables.
    """

    keep: Callable[[Iterator[Draft]], None]
    refuse: Callable[[Draft, list[Any]], NoReturn]
    in_stages: bool


def autogenerate_options(
    models: Sequence[MetaData],
    scope: ComparisonScope,
    hooks: Hooks,
    drafting: Drafting,
) -> dict[str, Any]:
    """What `context.configure` needs for `alembic check` and `revision --autogenerate`.

    Args:
        models: what the database is compared with.
        scope: the tables that are compared.
        hooks: env.py's own, which are asked first.
        drafting: how migrations are drafted, and who takes them.
    """
    directives = hooks.get("process_revision_directives")

    def drafted(
        context: MigrationContext, revision: object, found: list[ops.MigrationScript]
    ) -> None:
        if directives:
            directives(context, revision, found)
        scope.tell_left_alone()
        drafts: list[Draft] = []
        for script in [*found]:
            stages = draft_migrations(context, script, in_stages=drafting.in_stages)
            drafted_ops: Any = [
                _DraftedOps(one.ops, partial(drafting.refuse, stages[0]))
                for one in script.upgrade_ops_list
            ]
            script.upgrade_ops, script.downgrade_ops = drafted_ops, ops.DowngradeOps()
            place = found.index(script)
            found[place : place + 1] = _scripts_of_stages(script, stages)
            drafts += stages
        drafting.keep(iter(drafts))

    return {
        **hooks,
        **comparison_options(models, _both(hooks.get("include_object"), scope.includes_object)),
        "include_schemas": scope.schemas > {None} or None not in scope.schemas,
        "include_name": _both(hooks.get("include_name"), scope.includes_name),
        "process_revision_directives": drafted,
    }


def _scripts_of_stages(
    script: ops.MigrationScript, stages: list[Draft]
) -> Iterator[ops.MigrationScript]:
    """Yield what makes Alembic ask for a file for each stage."""
    message = script.message
    for draft in stages:
        made = script if draft is stages[0] else copy.copy(script)
        if made is not script:
            made.rev_id = rev_id()
        made.message = draft.title(message)
        yield made


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


def draft_migrations(
    context: MigrationContext, found: ops.MigrationScript, *, in_stages: bool
) -> list[Draft]:
    """The migrations that make what Alembic has found.

    Args:
        context: Alembic's, connected.
        found: the operations of UP and DOWN.
        in_stages: whether nobody shall wait for it who uses the tables.
    """
    assert context.connection
    comparison: ModelComparison = context.opts[COMPARISON_OPTION]
    writers = _section_writers(comparison, context.connection.dialect.default_schema_name)
    up = list(flatten_operations(found.upgrade_ops_list[-1].ops))
    raw = list(flatten_operations(found.downgrade_ops_list[-1].ops))
    with contextlib.closing(driver_cursor(context.connection)) as cursor:
        restore = TableRestore(cursor, up)
        ways = up, list(restore.put_back(raw))
        replaced = [writer.replaced_types(way) for writer, way in zip(writers, ways, strict=True)]
        before, behind = ViewsAside(cursor, up, replaced).operations()
    everything = order_operations([*up, *before])
    stages = [Stage("", True, everything, [*ways[1]])]  # noqa: FBT003 - the field's name says it
    if in_stages:
        stages = plan_stages(everything, raw, restore, writers[0].renderer)
    return [
        Draft(comparison, writers, everything, _with_views(stage, behind), place, len(stages))
        for place, stage in enumerate(stages, 1)
    ]


def _with_views(stage: Stage, behind: list[SqlOperation]) -> Stage:
    """The stage with what DOWN does with views, if it is that of the change itself."""
    return stage if stage.title else stage._replace(down=order_operations([*stage.down, *behind]))


def _section_writers(comparison: ModelComparison, schema: str | None) -> list[_SectionWriter]:
    """What writes UP, and what writes DOWN."""
    return [
        _SectionWriter(SqlRenderer(comparison.models[0], types), types)
        for types in comparison.conversions(schema)
    ]


class Draft(NamedTuple):
    """A migration that can be written without the database.

    Attributes:
        comparison: what was found out.
        writers: what writes UP, and what writes DOWN.
        everything: the operations of all stages.
        stage: this one.
        place: which it is.
        places: how many there are.
    """

    comparison: ModelComparison
    writers: list[_SectionWriter]
    everything: list[ops.MigrateOperation]
    stage: Stage
    place: int
    places: int

    def __bool__(self) -> bool:
        return bool(self.stage.up)

    def title(self, message: str | None) -> str | None:
        """What the migration is called, where the author calls it all so."""
        own = self.stage.title if self.places > 1 else ""
        return f"{message or ''} {own}".strip() if own else message

    def differences(self) -> list[str]:
        """The statements of all stages, each on one line, but for blocks of code; in one piece.

        Raises:
            ConfigurationError: when SQLAlchemy cannot write a part of the model.
        """
        writer, _ = self.writers
        blocks = writer.blocks(self.everything, {})
        statements = (sql for block in blocks for sql in block.statements)
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
        forth, back = self.writers
        up, down = self.stage.up, self.stage.down
        options = "" if self.stage.is_transactional else _ALONE
        accepted = _ACCEPTED if any(destroys_values(one, forth.types) for one in up) else ""
        guard = data_loss_guard(down, back.types)
        down_sql = back.render(down, {})
        if guard:
            down_sql = f"{guard};\n\n{down_sql}"
        before, up_line, between, down_line, behind = _cut_template(template, name)
        pieces = (
            before,
            f"{self._head()}\n\n{up_line}{options}{accepted}\n{forth.render(up, self._hints())}",
            between,
            f"{down_line}{options}\n{down_sql}",
            behind,
        )
        return "\n\n".join(filter(None, pieces)) + "\n"

    def _hints(self) -> dict[int, str]:
        return possible_renames(self.stage.up)

    def _head(self) -> str:
        """The comments that the file begins with."""
        which = f"Part {self.place} of {self.places}: they run one after the other."
        blocks = self.writers[0].blocks(self.stage.up, {})
        rules = rules_to_ignore(sql for block in blocks for sql in block.statements)
        lines = [*_HEAD, *([which] if self.places > 1 else []), *self.comparison.remarks]
        head = "\n".join(map(_comment, lines))
        return f"{head}\n-- squawk-ignore-file {', '.join(rules)}" if rules else head


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
