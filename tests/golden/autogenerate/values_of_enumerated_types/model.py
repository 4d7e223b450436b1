"""Values of enumerated types."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()
mood = sa.Enum("1st", "sad", "2", "3", "ok", "it's", "last", name="mood")
Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", mood, server_default="ok"),
    Column("c", sa.ARRAY(mood)),
)
