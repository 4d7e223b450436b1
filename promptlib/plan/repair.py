"""Take the files for right where the ledger says something else: edited and missing migrations."""

from __future__ import annotations

from promptlib.core.errors import display_path
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.printable import printable, printable_line
from promptlib.files.checksum import text_checksum
from promptlib.ledger.history import KeptTexts
from promptlib.ledger.state import Execution
from promptlib.ledger.tables import LONGEST_UP, UP, LedgerSql, kept_section
from promptlib.plan.absorbing import replaced_in_part
from promptlib.plan.refusals import require_clear
from promptlib.plan.states import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from promptlib.ledger.state import HalfDone
    from promptlib.plan.states import Entry
    from promptlib.plan.status import Status

_OUTCOME = "repaired"
_UNKNOWN, _NOTHING_KEPT = Execution(), KeptTexts()
_NOT_SHOWN = {
    None: "what ran is not known: an earlier version of promptlib ran it, and kept no text",
    "": f"what ran is not known: its text was longer than {LONGEST_UP >> 20} MB, and was not kept",
}
_CHANGED = "what ran is not known: somebody has changed the text that the ledger keeps of it"


class Edited(NamedTuple):
    """A migration whose UP section is not the one that ran: its file has another checksum now."""

    entry: Entry
    checksum: str


class Repair(NamedTuple):
    """What a repair changes.

    Attributes:
        edited: migrations whose checksums and texts are replaced.
        missing: migrations that the ledger forgets.
        abandoned: sections that were cut off, of which there is neither a row nor a file.
        end: the current revision after it, or nothing.
    """

    edited: list[Edited]
    missing: list[Entry]
    abandoned: list[HalfDone]
    end: str

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.edited or self.missing or self.abandoned)

    @property
    def versions(self) -> list[str]:
        """The migrations that are concerned."""
        edited = [each.entry.version for each in self.edited]
        missing = [each.version for each in self.missing]
        return edited + missing + [each.version for each in self.abandoned]


class Question(NamedTuple):
    """One thing that a repair changes, as it is told, and what is asked about it."""

    lines: list[str]
    asked: str


def find_repairs(found: Status, agreed: Collection[str] | None = None) -> Repair:
    """Compare the files with the ledger.

    Args:
        found: the database and the files.
        agreed: the only versions that may be changed; None: all.

    Raises:
        PromptlibError: where a file is broken, or it is not clear what is right.
    """
    found.files.require_readable()
    require_clear(found)

    def taken(version: str) -> bool:
        return agreed is None or version in agreed

    edited = [entry for entry in found.in_states(State.EDITED) if taken(entry.version)]
    missing = [entry for entry in found.in_states(State.MISSING) if taken(entry.version)]
    _require_whole(found, missing)
    known = {entry.version for entry in found.entries}
    rest = [entry.version for entry in found.applied if entry not in missing]
    gone = any(entry.version == found.current for entry in missing)
    cut_off = [each for each in found.ledger.half_done if each.version not in known]
    return Repair(
        [Edited(entry, found.files.checksums[entry.version]) for entry in edited],
        missing,
        [each for each in cut_off if taken(each.version)],
        max(rest, default="") if gone else found.current,
    )


def _require_whole(found: Status, missing: Iterable[Entry]) -> None:
    """Refuse to forget a part of what one migration replaces: that would run all of it again.

    Raises:
        PlanRefusedError: saying what to do instead.
    """
    for entry in missing:
        whole = [
            each for each, one in found.files.replaced.items() if entry.version in one.versions
        ]
        refused = replaced_in_part(entry.version, found.files, found.ledger)
        if refused and not any(each in found.rows for each in whole):
            raise refused


def explain_repairs(
    found: Status,
    changes: Repair,
    executions: Mapping[str, Execution],
    texts: Mapping[str, KeptTexts],
) -> dict[str, Question]:
    """Say what is different, and what becomes of it, by version.

    Args:
        found: the database and the files.
        changes: from `find_repairs`.
        executions: when its migrations ran, by version.
        texts: what ran of those that were edited, by version.
    """
    questions = {}
    for entry, _ in changes.edited:
        kept = texts.get(entry.version, _NOTHING_KEPT)
        lines = [*_explain_edited(found, entry, kept, _ran(executions, entry))]
        questions[entry.version] = Question(lines, "take the file for what ran? [y/N]")
    for entry in changes.missing:
        lines = [*_explain_missing(found, entry, _ran(executions, entry))]
        questions[entry.version] = Question(lines, "forget it? [y/N]")
    for half in changes.abandoned:
        lines = [
            f"{half.version}: its {half.direction.upper()} section was cut off, its file is gone",
            f"  the ledger would forget that {_statements(half.done)}; what they made stays",
        ]
        questions[half.version] = Question(lines, "forget it? [y/N]")
    return questions


def _statements(number: int) -> str:
    return "1 statement of it ran" if number == 1 else f"{number} statements of it ran"


def _explain_edited(found: Status, entry: Entry, kept: KeptTexts, ran: str) -> Iterator[str]:
    file = found.files[entry.version]
    yield f"{_path(found, entry)}: its UP section was edited after it {ran}"
    if entry.ran_as:
        yield f"  what ran had another name: {printable_line(entry.ran_as)}"
    yield from _difference(kept.up, file.up.text, found.rows[entry.version].checksum)
    if kept.down and text_checksum_of(kept.down) != text_checksum_of(kept_section(file.down)):
        yield from _unified("DOWN", kept.down, kept_section(file.down))
    yield "  the ledger would keep the file's text; what ran in the database stays as it is"


def _difference(kept: str | None, now: str, checksum: str) -> Iterator[str]:
    """The lines in which an UP section differs from what ran, or why nobody knows them."""
    if not kept:
        yield f"  {_NOT_SHOWN[kept]}"
    elif text_checksum_of(kept) != checksum:
        yield f"  {_CHANGED}"
    else:
        yield from _unified("UP", kept, now)


def _unified(section: str, ran: str, now: str) -> Iterator[str]:
    from difflib import unified_diff  # noqa: PLC0415 - which a deploy does without

    before, after = (
        text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
        for text in (ran, now)
    )
    names = f"{section} as it ran", f"{section} as the file has it"
    for line in unified_diff(before, after, *names, lineterm=""):
        yield f"  {printable(line, chr(9))}"


def text_checksum_of(text: str) -> str:
    """The checksum of a text, as `Section.checksum` has it."""
    content = text.encode()
    return text_checksum(content, 0, len(content))


def _explain_missing(found: Status, entry: Entry, ran: str) -> Iterator[str]:
    row = found.ledger.rows.get(entry.version)
    kept = row is not None and not row.is_foreign
    yield f"{_path(found, entry)}: it {ran}, and its file is gone"
    lost = ", and with it the DOWN section that it keeps, the last there is" if kept else ""
    yield f"  the ledger would forget it{lost}; what it made in the database stays"
    if entry.version == found.current:
        yield "  the database would be at what ran before it"


def repair_statements(found: Status, changes: Repair) -> Iterator[str]:
    """The SQL that writes a repair into the ledger."""
    tables = LedgerSql(found.ledger.names)
    if changes.edited:
        files = found.files.parse(each.entry.version for each in changes.edited)
        yield tables.took_over(files, _OUTCOME)
    if changes.missing:
        yield tables.forgotten([entry.version for entry in changes.missing], _OUTCOME)
    for half in changes.abandoned:
        yield tables.declared(half.version, UP, _OUTCOME)
    if changes.end != found.current:
        yield tables.moved(changes.end)


def _path(found: Status, entry: Entry) -> str:
    return display_path(found.files.path(entry.version, entry.name))


def _ran(executions: Mapping[str, Execution], entry: Entry) -> str:
    executed_at = executions.get(entry.version, _UNKNOWN).executed_at
    return f"ran here at {executed_at}" if executed_at else "was taken for executed here"
