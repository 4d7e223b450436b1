"""Enumerated types."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()
mood = sa.Enum("sad", "it's ok", "100%", name="mood")
Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", mood, server_default="sad"),
    Column("b", mood),
    Column("c", sa.ARRAY(mood)),
)
