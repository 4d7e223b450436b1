"""Types, narrowed."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, String, Table
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData()
Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", String(10)),
    Column("b", Integer),
    Column("c", sa.Numeric(8, 2)),
    Column("d", sa.Date),
    Column("e", sa.Date),
    Column("f", pg.JSONB),
)
