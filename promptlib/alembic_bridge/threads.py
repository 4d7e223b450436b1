"""Alembic's commands in several threads, one after the other, each with its own environment.

`alembic.context` is one module for all threads: it stands for the EnvironmentContext that was
entered last, and the first one that is left takes its names away. So env.py of a thread is given
the environment that its command made, and that one lets go of the module only while it is its own.
"""

from __future__ import annotations

import contextlib
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import alembic.context
from alembic.runtime.environment import EnvironmentContext
from alembic.util import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config
    from alembic.script import ScriptDirectory

_module: Any = alembic.context
_local = threading.local()
_one_at_a_time = threading.RLock()


@contextlib.contextmanager
def own_environment(config: Config, script: ScriptDirectory) -> Iterator[None]:
    """Remember which environment a command of this thread has entered, while env.py runs.

    Args:
        config: of the command.
        script: likewise.

    Raises:
        CommandError: when another thread entered its own in the same instant.
    """
    environment = getattr(_module, "_proxy", None)
    if environment is None or environment.script is not script:
        # There must be something to let go of, or the command ends in a KeyError.
        EnvironmentContext(config, script)._install_proxy()
        raise _meddled()
    environment._remove_proxy = partial(_let_go, environment)
    before = getattr(_local, "environment", None)
    with _one_at_a_time:  # alembic.op is one for all threads as well
        environment._install_proxy()
        _local.environment = environment
        try:
            yield
        finally:
            _local.environment = before


def environment_here(context: EnvironmentContext) -> EnvironmentContext:
    """The environment of this thread's command; else what a module or object stands for.

    Raises:
        CommandError: when another thread entered its own while env.py was read: what that has
            configured is nobody knows where.
    """
    here: EnvironmentContext | None = getattr(_local, "environment", None)
    stands_for: EnvironmentContext = getattr(context, "_proxy", context)
    if here and here is not stands_for:
        raise _meddled()
    return stands_for


def _meddled() -> CommandError:
    return CommandError(
        "another thread has begun a command of Alembic's in the same instant, and Alembic keeps "
        "one state for all threads; run them one after the other, or use promptlib.Migrator, "
        "which keeps its own"
    )


def _let_go(environment: EnvironmentContext) -> None:
    if getattr(_module, "_proxy", None) is environment:
        with contextlib.suppress(KeyError):  # another thread was quicker
            EnvironmentContext._remove_proxy(environment)
