"""Keeps what a migration does to the whole server from staying, or from being done at all.

Before a transaction of a trial is committed, it is known what it changes beyond its database. That
is undone at the end, if it can be: on a server of one's own all that has a statement to undo it; on
any other server the roles alone that the migrations make themselves. Everything else is refused.
What is to be undone is written down before it is committed, so that the next run does it when this
one is killed.
"""

from __future__ import annotations

import contextlib
import json
from functools import partial
from typing import TYPE_CHECKING

import psycopg2

from promptlib.core.errors import FindingError
from promptlib.core.logs import Log
from promptlib.verify.attempts import message_in_short
from promptlib.verify.far_effects import first_far_effect
from promptlib.verify.server_state import (
    ROLE,
    SharedObject,
    is_restorable,
    is_secret,
    may_have_changed,
    read_server_state,
    restoring_statements,
    state_changes,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from psycopg2.extensions import cursor as Cursor

    from promptlib.engine.runner import Step
    from promptlib.verify.server_state import ServerState, StateKey

_log = Log(__name__)
_AT_ONCE = "reaches beyond the database, and no rollback undoes it"
WHAT = "this changes what all databases of the server share"
_ELSEWHERE = "try it where that does no harm: --embedded, or --scratch with a server for it"
NOWHERE = "verify does not try that anywhere; leave it to whoever runs the server"


class ServerGuard:
    """Looks after one server while scratch databases are on it.

    Args:
        cursor: on the server, in autocommit, in none of the scratch databases.
        is_for_trials: whether nobody else is harmed when roles change for a while.
        write_down: keeps a text until what it says was undone.
    """

    def __init__(
        self, cursor: Cursor, write_down: Callable[[str], None], *, is_for_trials: bool
    ) -> None:
        self._cursor = cursor
        self._write_down = write_down
        self._is_for_trials = is_for_trials
        self._kept: dict[StateKey, SharedObject | None] = {}  # what is undone at the very end
        self._may_reach_far = False  # by functions that were made, for one
        self._passing: dict[StateKey, SharedObject | None] = {}  # with the database of the trial

    def check(self, cursor: Cursor, *, counted: bool = True) -> None:
        """Look at a transaction that is about to be committed.

        Args:
            cursor: in that transaction.
            counted: whether the server has counted all the time what it writes.

        Raises:
            FindingError: when it changes what it may not; it is to be rolled back.
        """
        if counted and not may_have_changed(cursor):
            return
        before = read_server_state(self._cursor)
        then = read_server_state(cursor)
        now = read_server_state(self._cursor)
        changes = state_changes(before, then)
        if before != now:  # what others do just now is theirs
            changes = {key: changes[key] for key in changes.keys() & state_changes(now, then)}
        self._require_allowed(changes, then)
        self._note(changes, then)

    @contextlib.contextmanager
    def watched(self, mentions: Callable[[str], bool]) -> Iterator[None]:
        """Look at a statement that ends its transactions itself: nothing can be known before.

        Args:
            mentions: whether its section says a name: what changes meanwhile may be others' doing.

        Raises:
            FindingError: when it has changed what it may not, which was put back.
        """
        before = read_server_state(self._cursor)
        yield
        after = read_server_state(self._cursor)
        changes = state_changes(before, after)
        if not self._is_for_trials:
            changes = {key: changes[key] for key in self._ours(changes, after, mentions)}
        try:
            self._require_allowed(changes, after)
        except FindingError:
            restore(self._cursor, changes)
            raise
        self._note(changes, after)

    def _ours(
        self,
        changes: Mapping[StateKey, SharedObject | None],
        then: ServerState,
        mentions: Callable[[str], bool],
    ) -> Iterator[StateKey]:
        """What changed that is the section's doing; the rest is named, for it may be as well."""
        for key, was in changes.items():
            names = [*filter(None, (was or then[key]).concerned)]
            if any(map(mentions, names or [key[1].rpartition(" in database ")[2]])):
                yield key
            else:
                said = "%s has changed on the server while a migration ran that does not name it"
                _log.warning(said, " ".join(key))

    def watching(self, step: Step) -> Callable[[], contextlib.AbstractContextManager[None]]:
        """Refuse a section that does at once what no rollback undoes, where that harms others.

        Returns:
            what looks at each of its statements, where one before may have done so.

        Raises:
            FindingError: naming what does it.
        """
        for index in range(len(step.section.statements)):
            if effect := first_far_effect(step.section, index):
                if not self._is_for_trials:
                    place = step.place(index)
                    raise FindingError(f"{effect} {_AT_ONCE}", _ELSEWHERE, place=place)
                self._may_reach_far = True
        if not self._may_reach_far:
            return contextlib.nullcontext
        return partial(self.watched, step.section.mentions)

    def _note(self, changes: Mapping[StateKey, SharedObject | None], then: ServerState) -> None:
        for key, was in changes.items():
            self._passing.setdefault(key, was)
        if changes:
            self._write_down(_journal({**self._passing, **self._kept}, then))

    def _require_allowed(
        self, changes: Mapping[StateKey, SharedObject | None], then: ServerState
    ) -> None:
        if refused := self._refused(changes, then):
            names = ", ".join(" ".join(key) for key in sorted(refused))
            raise FindingError(
                f"{WHAT}: {names}",
                _ELSEWHERE if all(map(is_restorable, refused)) else NOWHERE,
            )

    def _refused(
        self, changes: Mapping[StateKey, SharedObject | None], then: ServerState
    ) -> list[StateKey]:
        """What may not be changed."""
        if self._is_for_trials:
            return [key for key in changes if not is_restorable(key)]
        known = {**changes, **self._passing, **self._kept}
        own = {name for (kind, name), was in known.items() if kind == ROLE and not was}
        return [
            key
            for key, was in changes.items()
            if not own.intersection((was or then[key]).concerned)
        ]

    def keep(self) -> None:
        """Let what was done so far stay until `put_all_back`."""
        self._kept = {**self._passing, **self._kept}
        self._passing = {}

    def put_back(self) -> None:
        """Undo what was done since `keep`."""
        restore(self._cursor, self._passing)
        self._passing = {}

    def put_all_back(self) -> None:
        """Undo all that was done."""
        restore(self._cursor, {**self._passing, **self._kept})
        self._kept = self._passing = {}


def restore(cursor: Cursor, wanted: Mapping[StateKey, SharedObject | None]) -> None:
    """Make things again what they were, and say of what cannot be.

    Args:
        cursor: on their server, in autocommit.
        wanted: as they were; None for what was not there.
    """
    if not wanted:
        return
    for statement in restoring_statements(wanted, read_server_state(cursor)):
        try:
            cursor.execute(statement)
        except psycopg2.Error as error:
            said = message_in_short(error)
            undo = statement.partition(" PASSWORD ")[0]
            _log.warning("a migration changed the server, and %s fails: %s", undo, said)


def restore_from_journal(cursor: Cursor, text: str) -> None:
    """Undo what a killed run had written down, as far as it was done.

    Args:
        cursor: on the server, in autocommit.
        text: what it wrote.
    """
    now = read_server_state(cursor)
    wanted: dict[StateKey, SharedObject | None] = {}
    for kind, name, made, number in json.loads(text):
        key = (kind, name)
        if made is not None:
            wanted[key] = SharedObject((), made, number=number)
        elif key in now and now[key].number == number:  # not another one of that name
            wanted[key] = None
    restore(cursor, wanted)


def _journal(changes: Mapping[StateKey, SharedObject | None], then: ServerState) -> str:
    """What is to be undone, as a text that everybody may read."""
    return json.dumps(
        [
            (*key, was.made if was else None, (was or then[key]).number)
            for key, was in changes.items()
            if not is_secret(key) and (was or key in then)
        ]
    )
