"""Views on enumerated types."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()

Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", sa.Enum("sad", "ok", "new", name="mood")),
    Column("k", sa.Enum("b", "a", name="kind")),
    Column("g", sa.Boolean, sa.Computed("k = 'a'", persisted=True)),
)
