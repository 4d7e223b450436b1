"""pytest-alembic's four contracts: one head, upgrade, model equals schema, up and down again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.config import Config
from pytest_alembic.tests import (
    test_model_definitions_match_ddl as test_model_definitions_match_ddl,
)
from pytest_alembic.tests import test_single_head_revision as test_single_head_revision
from pytest_alembic.tests import test_up_down_consistency as test_up_down_consistency
from pytest_alembic.tests import test_upgrade as test_upgrade

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from support.databases import Database


@pytest.fixture
def alembic_config(root: Path) -> Config:
    """This project's configuration."""
    return Config(root / "alembic.ini")


@pytest.fixture
def alembic_engine(database: Database) -> Engine:
    """An empty database; the contracts migrate it."""
    return database.engine
