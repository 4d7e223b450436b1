"""Exclusion constraints and a primary key."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table, text
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData()
Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", pg.INT4RANGE),
    Column("b", Integer),
    pg.ExcludeConstraint(("a", "&&"), where=text("b > 0"), name="fresh"),
)
