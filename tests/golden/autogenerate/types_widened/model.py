"""Types, widened."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, String, Table

metadata = sa.MetaData()
Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", String(100), server_default="x"),
    Column("b", sa.BigInteger, server_default="0"),
    Column("c", sa.Numeric(12, 2)),
    Column("d", String),
    Column("e", sa.DateTime),
)
