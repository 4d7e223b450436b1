"""What can go wrong, told so that the reader knows what to do next.

Each kind that a caller may want to treat otherwise is a class with a code of its own. Both are
public, and so are the attributes.
"""

from __future__ import annotations

import os
from types import MappingProxyType

from promptlib.core.light import TYPE_CHECKING
from promptlib.core.printable import printable, printable_line
from promptlib.core.remedies import NOTHING_GIVEN, Front, Given, spelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Any, ClassVar, Self, TypeVar

    E = TypeVar("E", bound="PromptlibError")


class PromptlibError(Exception):
    """A problem that promptlib can explain: `place: what; remedy`, then a line for each note.

    Args:
        what: what is wrong, lower case, without a full stop.
        remedy: what to do about it; empty where `what` says it all.
        place: where it is, as `path`, `path:line` or `path:line:column`.
        notes: further lines: the offending line, the server's detail and hint.
        others: further problems of the same run, which are told behind it.

    Attributes:
        code: the kind, in kebab case. It stays what it is; a message may change.
        stands: where the database stands, of what stopped a deploy that had begun; else empty.
    """

    code: ClassVar[str] = "error"
    stands: str = ""

    def __init__(
        self,
        what: str,
        remedy: str = "",
        *,
        place: str = "",
        notes: Sequence[str] = (),
        others: Sequence[PromptlibError] = (),
    ) -> None:
        self.what = what
        self.remedy = remedy
        self.place = place
        self.notes = tuple(notes)
        self.others = tuple(others)
        super().__init__(what)

    def __str__(self) -> str:
        return self.told(Front.PROMPTLIB)

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it be pickled whatever its class takes: by its attributes."""
        return _restored, (type(self), self.what, self.__dict__)

    def told(self, front: Front, given: Given = NOTHING_GIVEN) -> str:
        """The whole text, in the words of the command that was typed.

        Args:
            front: which that was.
            given: what was typed beside it.
        """
        remedy, stands = (spelled(each, front, given) for each in (self.remedy, self.stands))
        summary = printable_line("; ".join(part for part in (self.what, remedy) if part))
        place = f"{printable_line(self.place)}: " if self.place else ""
        others = (each.told(front, given) for each in self.others)
        behind = [stands] if stands else []
        return printable("\n".join([place + summary, *self.notes, *others, *behind]))

    def document(self, given: Given = NOTHING_GIVEN) -> dict[str, dict[str, str]]:
        """What `--json` prints of it; the argument is that of `told`."""
        remedy, stands = (
            spelled(each, Front.PROMPTLIB, given) for each in (self.remedy, self.stands)
        )
        behind = [stands] if stands else []
        message = "\n".join([self.what, *self.notes, *map(str, self.others), *behind])
        return {
            "error": {
                "code": self.code,
                "message": message,
                "place": self.place,
                "remedy": str(remedy),
            }
        }

    def but(self, **changes: object) -> Self:
        """A copy with other attributes."""
        return _restored(type(self), self.what, {**self.__dict__, **changes})


def _restored(class_: type[E], what: str, attributes: Mapping[str, object]) -> E:
    made = class_.__new__(class_, what)
    made.__dict__.update(attributes)
    return made


class MigrationFileError(PromptlibError):
    """A migration's file, or its name, is not as the file format wants it."""

    code = "migration-file"


class LexicalError(PromptlibError):
    """PostgreSQL text that cannot be cut into statements; whoever knows the file adds the place.

    Args:
        what: as in PromptlibError.
        remedy: as in PromptlibError.
        offset: where the offending character begins, in bytes.
    """

    def __init__(self, what: str, remedy: str, offset: int) -> None:
        super().__init__(what, remedy)
        self.offset = offset


class ConfigurationError(PromptlibError):
    """alembic.ini, an option, DATABASE_URL or env.py says what cannot be followed."""

    code = "configuration"


class MissingExtraError(PromptlibError):
    """A command needs what is installed with an extra of the package, or a program."""

    code = "missing-extra"


class UnknownVersionError(PromptlibError):
    """No migration, or more than one, is meant by what was asked for."""

    code = "unknown-version"


class NoConnectionError(PromptlibError):
    """The database cannot be reached, or the connection was lost.

    Attributes:
        sqlstate: what the server said of it, as `57P01`; empty, where it said nothing.
    """

    code = "no-connection"
    sqlstate: str = ""


class PlanRefusedError(PromptlibError):
    """Where the database stands, nothing may run. The classes below say why."""

    code = "plan-refused"


class LateMigrationError(PlanRefusedError):
    """A migration is older than the current revision and never ran here."""

    code = "late-migration"


class EditedMigrationError(PlanRefusedError):
    """The UP section of a migration is not the one that ran here."""

    code = "edited-migration"


class MissingMigrationError(PlanRefusedError):
    """A migration ran here, and its file is gone."""

    code = "missing-migration"


class HalfDoneMigrationError(PlanRefusedError):
    """A section outside a transaction was cut off, and stands in the way."""

    code = "half-done-migration"


class KeptDownError(PlanRefusedError):
    """The ledger alone has the DOWN section that would run, and nobody has agreed to it.

    Attributes:
        sections: these sections, marker and text, by version.
    """

    code = "kept-down"
    sections: Mapping[str, str] = MappingProxyType({})


class LedgerError(PlanRefusedError):
    """The ledger cannot be used: it is another program's, or at odds with alembic_version."""

    code = "ledger"


class NotAdoptedError(PlanRefusedError):
    """Another tool migrated the database, and nobody has taken that over yet."""

    code = "not-adopted"


class ReadOnlyServerError(PlanRefusedError):
    """The server takes no writes."""

    code = "read-only-server"


class ChangedMeanwhileError(PlanRefusedError):
    """Something has changed since the plan was made, so nothing was done."""

    code = "changed-meanwhile"


class NothingToAdoptError(PromptlibError):
    """No other tool has left anything to take over."""

    code = "nothing-to-adopt"


class LockNotAcquiredError(PromptlibError):
    """Another deploy holds the lock.

    Attributes:
        holders: who, as the server names its sessions.
    """

    code = "lock-not-acquired"
    holders: str = ""


class LockLostError(PromptlibError):
    """The connection that holds the deploy lock is gone, so the deploy stopped."""

    code = "lock-lost"


class StatementError(PromptlibError):
    """The server refused a statement; `place` is where it is written.

    Attributes:
        sqlstate: what the server says of the kind, as `42P01`; empty, where it said nothing.
        statement: the statement, its literals masked; empty for COMMIT and what is ours.
        raised_at: the C function of the server that refused it, `:` and the line of its source.
    """

    code = "statement-failed"
    sqlstate: str = ""
    statement: str = ""
    raised_at: str = ""


class FindingError(PromptlibError):
    """What was looked at is not as it should be."""

    code = "finding"


class NotConfirmedError(PromptlibError):
    """Somebody has to agree, and nobody can be asked."""

    code = "not-confirmed"


class ProgramError(PromptlibError):
    """A program that promptlib runs has failed: pg_dump, initdb, git, squawk."""

    code = "program-failed"


def combine_errors(problems: Iterable[PromptlibError]) -> PromptlibError:
    """One error that tells them all, in the order given; of the class that all of them share.

    Args:
        problems: at least one.
    """
    first, *others = problems
    if not others:
        return first
    classes = [type(each).__mro__ for each in (first, *others)]
    shared = next(each for each in classes[0] if all(each in line for line in classes))
    told = (*first.others, *others)
    return _restored(shared, first.what, {**first.__dict__, "others": told})


def error_chain(
    error: BaseException, until: BaseException | None = None
) -> Iterator[BaseException]:
    """Yield an error and those that it came up after: a rollback may fail too.

    Args:
        error: the last.
        until: what was being handled before all that began, which has no part in it.
    """
    found: BaseException | None = error
    while found and found is not until:
        yield found
        found = found.__cause__ or found.__context__


def display_path(path: Path | str) -> str:
    """The path as a reader at the shell would type it: relative where it lies below here."""
    try:
        relative = os.path.relpath(path)
    except FileNotFoundError:  # the folder that this process is in
        relative = os.pardir
    text = str(path) if relative.startswith(os.pardir) else relative
    return printable_line(text)
