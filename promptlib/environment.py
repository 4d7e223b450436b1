"""What every alembic/env.py names: `environment.run(context, metadata)`."""

from promptlib.alembic_bridge.env import run

__all__ = ["run"]
