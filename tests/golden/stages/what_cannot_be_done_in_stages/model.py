"""What cannot be done in stages."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData()

Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", pg.INT4RANGE),
    Column("b", Integer),
    Column("c", Integer, unique=True),
    sa.Index("i", "b", unique=True, postgresql_include=["c"]),
    pg.ExcludeConstraint(("a", "&&"), name="apart"),
)
Table("u", metadata, Column("id", Integer, primary_key=True), Column("t_b", sa.ForeignKey("t.b")))
