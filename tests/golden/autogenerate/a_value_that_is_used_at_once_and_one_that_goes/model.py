"""A value that is used at once, and one that goes."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table, text

metadata = sa.MetaData()
mood = sa.Enum("sad", "ok", "new", name="mood")
Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", mood, nullable=False, server_default="new"),
    Column("c", sa.ARRAY(mood), server_default="{sad}"),
    sa.CheckConstraint("a <> 'sad'"),
    sa.Index("i", "a", postgresql_where=text("a = 'ok'")),
    sa.Index("j", "a", "c"),
)
