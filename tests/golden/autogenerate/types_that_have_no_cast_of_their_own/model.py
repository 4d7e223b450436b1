"""Types that have no cast of their own."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table, Text
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData()
Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", Integer, server_default="8"),
    Column("b", pg.UUID),
    Column("c", Integer),
    Column("d", Text),
)
