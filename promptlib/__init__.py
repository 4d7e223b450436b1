"""Raw SQL migrations, run by Alembic, on PostgreSQL.

Names load when they are asked for: to import the package alone costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing is slow to import
if TYPE_CHECKING:
    from promptlib.core.errors import (
        ChangedMeanwhileError,
        ConfigurationError,
        EditedMigrationError,
        FindingError,
        HalfDoneMigrationError,
        KeptDownError,
        LateMigrationError,
        LedgerError,
        LockLostError,
        LockNotAcquiredError,
        MigrationFileError,
        MissingExtraError,
        MissingMigrationError,
        NoConnectionError,
        NotAdoptedError,
        NotConfirmedError,
        NothingToAdoptError,
        PlanRefusedError,
        ProgramError,
        PromptlibError,
        ReadOnlyServerError,
        StatementError,
        UnknownVersionError,
    )
    from promptlib.core.events import Event, Kind
    from promptlib.engine.migrator import Migrator
    from promptlib.engine.results import DatabaseStatus, Deployment, MigrationStatus, RanSection
    from promptlib.ledger.history import Attempt, RecordedDeploy
    from promptlib.ledger.state import Execution, HalfDone
    from promptlib.plan.deploys import DeployProgress
    from promptlib.plan.states import State

__version__ = "0.1.0"
__all__ = [
    "Attempt",
    "ChangedMeanwhileError",
    "ConfigurationError",
    "DatabaseStatus",
    "DeployProgress",
    "Deployment",
    "EditedMigrationError",
    "Event",
    "Execution",
    "FindingError",
    "HalfDone",
    "HalfDoneMigrationError",
    "KeptDownError",
    "Kind",
    "LateMigrationError",
    "LedgerError",
    "LockLostError",
    "LockNotAcquiredError",
    "MigrationFileError",
    "MigrationStatus",
    "Migrator",
    "MissingExtraError",
    "MissingMigrationError",
    "NoConnectionError",
    "NotAdoptedError",
    "NotConfirmedError",
    "NothingToAdoptError",
    "PlanRefusedError",
    "ProgramError",
    "PromptlibError",
    "RanSection",
    "ReadOnlyServerError",
    "RecordedDeploy",
    "State",
    "StatementError",
    "UnknownVersionError",
    "__version__",
]
_ERRORS = "promptlib.core.errors"
_ELSEWHERE = {
    "Attempt": "promptlib.ledger.history",
    "DeployProgress": "promptlib.plan.deploys",
    "RecordedDeploy": "promptlib.ledger.history",
    "DatabaseStatus": "promptlib.engine.results",
    "Deployment": "promptlib.engine.results",
    "Event": "promptlib.core.events",
    "Execution": "promptlib.ledger.state",
    "HalfDone": "promptlib.ledger.state",
    "Kind": "promptlib.core.events",
    "MigrationStatus": "promptlib.engine.results",
    "Migrator": "promptlib.engine.migrator",
    "RanSection": "promptlib.engine.results",
    "State": "promptlib.plan.states",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - to import this costs nothing

    if name == "Migrator":  # by now, and not later: a thread that imports ssl meanwhile would fail
        import_module("promptlib.postgres.driver")
    return getattr(import_module(_ELSEWHERE.get(name, _ERRORS)), name)


def __dir__() -> list[str]:
    return __all__
